"""Reading `pack.yaml`: the city's name, zone, working week and policy; its words are read by `pack_words`."""

import re
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from shared.cities.pack_words import PackWords, read_words
from shared.cities.problems import Problems
from shared.cities.yaml_reader import FILE, YamlReader
from shared.domain.calendar import Hours, WorkingCalendar
from shared.domain.rules import Policy

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class PackFile:
    """What `pack.yaml` says."""

    city: str
    version: str
    name: str
    name_en: str
    zone: ZoneInfo
    calendar: WorkingCalendar
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
    return PackFile(
        city=reader.text("city"),
        version=reader.text("version"),
        name=reader.text("name"),
        name_en=reader.text("name_en"),
        zone=zone,
        calendar=_calendar(reader, zone),
        policy=Policy(
            threshold=reader.number(0, 1, "policy", "threshold"),
            approval_required=reader.get(("policy", "approval_required"), bool, False),
            urge_window=timedelta(hours=reader.number(0, 240, "policy", "urge_window_hours")),
            max_returns=int(reader.number(1, 20, "policy", "max_returns")),
        ),
        words=read_words(reader),
    )


def _zone(reader: YamlReader) -> ZoneInfo:
    name = reader.text("zone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # an empty or odd name is not always ZoneInfoNotFoundError
        reader.say(("zone",), f"'{name}' is no time zone, such as Asia/Shanghai")
        return ZoneInfo("UTC")


def _calendar(reader: YamlReader, zone: ZoneInfo) -> WorkingCalendar:
    week: list[tuple[Hours, ...]] = []
    for unknown in sorted(set(map(str, reader.get(("week",), dict, {}))) - set(WEEK)):
        reader.say(("week", unknown), f"is not one of {', '.join(WEEK)}")
    for day in WEEK:
        listed = reader.values.get("week") or {}
        spans = reader.get(("week", day), list, []) if isinstance(listed, dict) and day in listed else []
        week.append(tuple(hours for span in spans if (hours := _hours(reader, day, span))))
    try:
        return WorkingCalendar(zone, tuple(week))
    except ValueError as error:
        reader.say(("week",), str(error))
        return WorkingCalendar(zone, ((Hours(time(9), time(17)),),) * 7)


def _hours(reader: YamlReader, day: str, span: object) -> Hours | None:
    match = _HOURS.fullmatch(str(span))
    if match is None:
        reader.say(("week", day), f"'{span}' is no working time, such as 09:00-12:00")
        return None
    opens, shuts, closes, ends = map(int, match.groups())
    return Hours(time(opens, shuts), time(closes, ends))
