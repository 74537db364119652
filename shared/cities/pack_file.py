"""Reading `pack.yaml`: the city's name, zone, working week and policy; its words are read by `pack_words`."""

from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from shared.cities.pack_words import PackWords, read_words
from shared.cities.problems import Problems
from shared.cities.yaml_reader import FILE, YamlReader
from shared.domain.calendar import CalendarError, Hours, WorkingCalendar, hours_of
from shared.domain.rules import Policy, QuietHours

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
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
    words: PackWords


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
    reader = YamlReader(root, problems)
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
            approval_units=tuple(reader.list_or_none("policy", "approval_units")),
            contact_evidence=reader.flag_or(False, "policy", "contact_evidence"),
            urge_window=timedelta(hours=reader.number(0, 240, "policy", "urge_window_hours")),
            max_returns=int(reader.number(1, 20, "policy", "max_returns")),
            reopen_window=timedelta(days=reader.number_or(15, 0, 365, "policy", "reopen_days")),
            draft_life=timedelta(hours=reader.number_or(24, 1, 720, "policy", "draft_hours")),
            max_caller_redos=int(reader.number_or(2, 0, 20, "policy", "max_caller_redos")),
            quiet=_quiet(reader),
            digest_above=int(reader.number_or(5, 0, 1000, "policy", "digest_above")),
            digest_window=timedelta(minutes=reader.number_or(15, 1, 240, "policy", "digest_window_minutes")),
        ),
        words=read_words(reader),
    )


def _quiet(reader: YamlReader) -> QuietHours:
    """Return the quiet hours, `"21:30-08:00"`; those of most cities where the file does not speak of them."""
    if "quiet_hours" not in reader.get(("policy",), dict, {}):
        return Policy().quiet
    said = reader.text("policy", "quiet_hours")
    try:
        start, end = (time.fromisoformat(part.strip()) for part in said.split("-"))
    except ValueError:
        reader.say(("policy", "quiet_hours"), f"'{said}' is no span of a day, such as 21:30-08:00")
        return Policy().quiet
    return QuietHours(start, end)


def _zone(reader: YamlReader) -> ZoneInfo:
    name = reader.text("zone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # an empty or odd name is not always ZoneInfoNotFoundError
        reader.say(("zone",), f"'{name}' is no time zone, such as Asia/Shanghai")
        return ZoneInfo("UTC")


def _calendar(reader: YamlReader, zone: ZoneInfo) -> tuple[WorkingCalendar, tuple[Hours, ...]]:
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


def _hours(reader: YamlReader, *path: str) -> tuple[Hours, ...]:
    hours: list[Hours] = []
    for span in reader.get(path, list, []):
        try:
            hours.append(hours_of(str(span)))
        except CalendarError as error:
            reader.say(path, str(error))
    return tuple(hours)
