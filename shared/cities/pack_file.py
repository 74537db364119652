"""Reading `pack.yaml`: the city's name, zone, working week, policy and public wording."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from shared.cities.problems import Problems
from shared.domain.calendar import CalendarError, Hours, WorkingCalendar, hours_of
from shared.domain.rules import Policy

FILE = "pack.yaml"
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PLACEHOLDERS = {"unit", "due"}
# Who says on which dates the city rests: the State Council's notices, a calendar.csv of its own, or nobody.
STATE_COUNCIL, OWN, NO_NOTICES = "state_council", "own", "none"
HOLIDAYS = (STATE_COUNCIL, OWN, NO_NOTICES)


@dataclass(frozen=True, slots=True)
class PackFile:
    """What `pack.yaml` says."""

    city: str
    version: str
    name: str
    name_en: str
    zone: ZoneInfo
    calendar: WorkingCalendar
    make_up: tuple[Hours, ...]
    has_notices: bool
    policy: Policy
    wording: Mapping[str, tuple[str, str]]


class _Reader:
    """Looks values up by path and complains with the line they stand on."""

    def __init__(self, root: yaml.MappingNode, problems: Problems) -> None:
        self._lines: dict[tuple[str, ...], int] = {}
        self._note((), root)
        self.values: dict[str, Any] = yaml.SafeLoader("").construct_document(root)
        self._problems = problems

    def _note(self, path: tuple[str, ...], node: yaml.MappingNode) -> None:
        for key, value in node.value:
            below = (*path, str(key.value))
            self._lines[below] = key.start_mark.line + 1
            if isinstance(value, yaml.MappingNode):
                self._note(below, value)

    def say(self, path: tuple[str, ...], message: str) -> None:
        self._problems.add(FILE, self._lines.get(path), f"{'.'.join(path)}: {message}")

    def get(self, path: tuple[str, ...], kind: type | tuple[type, ...], default: Any) -> Any:
        """Return the value at `path`; missing or of another type it is a problem."""
        here: Any = self.values
        for key in path:
            here = here.get(key) if isinstance(here, dict) else None
        if not isinstance(here, kind) or (isinstance(here, bool) and kind is not bool):
            self.say(path, "is missing" if here is None else f"cannot be {here!r}")
            return default
        return here

    def text(self, *path: str) -> str:
        value: str = self.get(path, str, "")
        if not value.strip():
            self.say(path, "is empty")
        return value.strip()

    def one_of(self, known: tuple[str, ...], *path: str) -> str:
        value = self.text(*path)
        if value and value not in known:
            self.say(path, f"'{value}' is not one of {', '.join(known)}")
        return value

    def number(self, low: float, high: float, *path: str) -> float:
        value = float(self.get(path, (int, float), low))
        if not low <= value <= high:
            self.say(path, f"must be between {low:g} and {high:g}")
        return value


def read_pack_file(folder: Path, problems: Problems) -> PackFile | None:
    """Return the file's content, or None when it cannot be read at all."""
    try:
        root = yaml.compose((folder / FILE).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        problems.add(FILE, None, "the file is missing")
        return None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        problems.add(FILE, mark.line + 1 if mark else None, f"cannot be read: {getattr(error, 'problem', error)}")
        return None
    if not isinstance(root, yaml.MappingNode):
        problems.add(FILE, 1, "must be a list of names and values")
        return None
    reader = _Reader(root, problems)
    zone = _zone(reader)
    calendar, make_up = _calendar(reader, zone)
    return PackFile(
        city=reader.text("city"),
        version=reader.text("version"),
        name=reader.text("name"),
        name_en=reader.text("name_en"),
        zone=zone,
        calendar=calendar,
        make_up=make_up,
        has_notices=reader.one_of(HOLIDAYS, "holidays") != NO_NOTICES,
        policy=Policy(
            threshold=reader.number(0, 1, "policy", "threshold"),
            approval_required=reader.get(("policy", "approval_required"), bool, False),
            urge_window=timedelta(hours=reader.number(0, 240, "policy", "urge_window_hours")),
            max_returns=int(reader.number(1, 20, "policy", "max_returns")),
        ),
        wording=_wording(reader),
    )


def _zone(reader: _Reader) -> ZoneInfo:
    name = reader.text("zone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # an empty or odd name is not always ZoneInfoNotFoundError
        reader.say(("zone",), f"'{name}' is no time zone, such as Asia/Shanghai")
        return ZoneInfo("UTC")


def _calendar(reader: _Reader, zone: ZoneInfo) -> tuple[WorkingCalendar, tuple[Hours, ...]]:
    """Return the plain week, and the hours of a make-up workday 调休上班 (else those of the first working day)."""
    listed = reader.get(("week",), dict, {})
    for unknown in sorted(set(map(str, listed)) - set(WEEK)):
        reader.say(("week", unknown), f"is not one of {', '.join(WEEK)}")
    week = tuple(_hours(reader, "week", day) if day in listed else () for day in WEEK)
    make_up = _hours(reader, "make_up_hours") if "make_up_hours" in reader.values else next(filter(None, week), ())
    try:
        return WorkingCalendar(zone, week), make_up
    except CalendarError as error:
        reader.say(("week",), str(error))
        return WorkingCalendar(zone, ((hours_of("09:00-17:00"),),) * 7), make_up


def _hours(reader: _Reader, *path: str) -> tuple[Hours, ...]:
    hours: list[Hours] = []
    for span in reader.get(path, list, []):
        try:
            hours.append(hours_of(str(span)))
        except CalendarError as error:
            reader.say(path, str(error))
    return tuple(hours)


def _wording(reader: _Reader) -> dict[str, tuple[str, str]]:
    wording: dict[str, tuple[str, str]] = {}
    for kind in map(str, reader.get(("wording",), dict, {})):
        sentences = (reader.text("wording", kind, "zh"), reader.text("wording", kind, "en"))
        for language, sentence in zip(("zh", "en"), sentences, strict=True):
            for name in sorted(set(re.findall(r"\{(.*?)\}", sentence)) - PLACEHOLDERS):
                reader.say(("wording", kind, language), f"{{{name}}} is not one of {{due}}, {{unit}}")
        wording[kind] = sentences
    return wording
