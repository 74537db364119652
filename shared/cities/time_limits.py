"""The sheets that say until when: time limits 时限 and the dates on which the city rests or works 节假日."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import chinese_calendar.constants as state_council

from shared.cities.problems import Problems
from shared.cities.sheet import Row, read_sheet
from shared.domain.calendar import CalendarError, DayKind, Hours, NamedDay, WorkingCalendar, hours_of
from shared.domain.limits import Case, Ends, Limit, LimitError, LimitLine, Limits, TimeUnit
from shared.domain.terms import Channel, Nature, Stage, UnitKind, Urgency

LIMITS, PROFILE, CALENDAR = "limits.csv", "profile.csv", "calendar.csv"
LIMIT_COLUMNS = (
    "stage", "nature", "urgency", "channel", "unit_class", "limit_class",
    "amount", "unit", "ends", "from", "inclusive", "warn", "source",
)  # fmt: skip
CALENDAR_COLUMNS = ("date", "kind", "name", "name_en", "hours")
PROFILES = Path(__file__).parent / "profiles"
FIRST_YEAR = 2025  # no ticket is older; the package reaches back to 2004
Kind = TypeVar("Kind", bound=StrEnum)
_NO_LIMIT = "none"
_WARN = re.compile(r"(?:(\d{1,2})d|(\d{1,2})%)")


def read_limits(sheets: Iterable[Path], classes: frozenset[str], problems: Problems) -> Limits:
    """Return the limits of the sheets, read one after the other from the top: the first line that fits decides.

    `classes` are the limit classes that the duties use. Every case needs a line for its reply.
    """
    lines: list[tuple[Row, LimitLine]] = []
    for path in sheets:
        for row in read_sheet(path, LIMIT_COLUMNS, problems):
            line = _line(row, classes)
            hiding = next((earlier for earlier, other in lines if other.hides(line)), None)
            if hiding is not None:
                row.say(f"never applies: {hiding.file} line {hiding.line} takes all its cases")
            lines.append((row, line))
    limits = Limits([line for _, line in lines])
    if lines:
        _check_all_cases(limits, [path.name for path in sheets][-1], classes, problems)
    return limits


def _line(row: Row, classes: frozenset[str]) -> LimitLine:
    named = frozenset(row.many("limit_class")) - {"*"}
    for unknown in sorted(named - classes) if row.file != PROFILE else ():  # a profile serves many cities
        row.say(f"limit_class '{unknown}' is that of no duty in duties.csv")
    return LimitLine(
        stage=row.choice("stage", Stage, Stage.REPLY),
        natures=_some(row, "nature", Nature),
        urgencies=_some(row, "urgency", Urgency),
        channels=_some(row, "channel", Channel),
        unit_classes=_some(row, "unit_class", UnitKind),
        limit_classes=named,
        limit=_limit(row),
    )


def _some(row: Row, column: str, kinds: type[StrEnum]) -> frozenset[Any]:
    """Return the kinds in a cell; `*` stands for all, the empty set."""
    values = row.many(column)
    if not values:
        row.say(f"column '{column}' is empty; write * for all")
    found = set()
    for value in values if values != ("*",) else ():
        try:
            found.add(kinds(value))
        except ValueError:
            row.say(f"column '{column}' is '{value}', not * or some of {', '.join(kinds)}")
    return frozenset(found)


def _limit(row: Row) -> Limit | None:
    source, amount = row.required("source"), row.text("amount")
    if amount == _NO_LIMIT:
        return None
    unit = row.choice("unit", TimeUnit, TimeUnit.WORKING_DAYS)
    in_days = unit in (TimeUnit.DAYS, TimeUnit.WORKING_DAYS)
    ends = row.choice("ends", Ends, Ends.CLOSING) if row.text("ends") else Ends.CLOSING
    begins = row.choice("from", _From, _From.INSTANT) if row.text("from") else None
    default = in_days and ends is Ends.CLOSING  # K2: days count from the next one, hours from the minute
    days, share = _warning(row)
    try:
        return Limit(
            amount=_amount(row, amount),
            unit=unit,
            source=source,
            ends=ends,
            from_next_day=begins is _From.NEXT_DAY if begins else default,
            inclusive=row.choice("inclusive", _YesNo, _YesNo.YES) is _YesNo.YES if row.text("inclusive") else True,
            warn_days=days,
            warn_share=share,
        )
    except LimitError as error:
        row.say(str(error))
        return None


class _From(StrEnum):
    INSTANT = "instant"
    NEXT_DAY = "next_day"


class _YesNo(StrEnum):
    YES = "yes"
    NO = "no"


def _amount(row: Row, text: str | None) -> int:
    if text is None:
        return 0
    try:
        return int(text)
    except ValueError:
        row.say(f"column 'amount' is '{text}', neither a whole number nor '{_NO_LIMIT}'")
        return 1


def _warning(row: Row) -> tuple[int, float]:
    text = row.text("warn")
    if text is None:
        return 0, 0.0
    match = _WARN.fullmatch(text)
    if match is None:
        row.say(f"column 'warn' is '{text}'; write 1d for a day before or 25% for the last quarter")
        return 0, 0.0
    return int(match[1] or 0), int(match[2] or 0) / 100


def _check_all_cases(limits: Limits, file: str, classes: frozenset[str], problems: Problems) -> None:
    """A reply without a line would have no due time, and nobody would notice: `none` must be written."""
    replies = [line for line in limits.lines if line.stage is Stage.REPLY]
    channels = _differing(Channel, (line.channels for line in replies))
    units = (None, *_differing(UnitKind, (line.unit_classes for line in replies)))
    for nature, urgency in product(Nature, Urgency):
        cases = (Case(nature, urgency, *more) for more in product(channels, units, (None, *sorted(classes))))
        missing = next((case for case in cases if not any(line.applies(Stage.REPLY, case) for line in replies)), None)
        if missing is not None:
            case = ", ".join(str(part or "*") for part in missing)
            problems.add(file, None, f"has no line for the reply of {case}")


def _differing(kinds: type[Kind], named: Iterable[frozenset[Kind]]) -> list[Kind]:
    """Return the kinds that some line names, and one that stands for all others."""
    some = frozenset[Kind]().union(*named)
    return [*sorted(some), *[kind for kind in kinds if kind not in some][:1]]


def read_days(
    sheet: Path, make_up: tuple[Hours, ...], problems: Problems, plain: WorkingCalendar | None = None
) -> dict[date, NamedDay]:
    """Return the dates that are not as their weekday. `make_up` are the hours of a make-up workday 调休上班.

    With the `plain` week a make-up workday must be a day of rest in it.
    """
    days: dict[date, NamedDay] = {}
    for row in read_sheet(sheet, CALENDAR_COLUMNS, problems):
        on = _date(row)
        kind, hours = row.choice("kind", DayKind, DayKind.REST), _hours(row)
        if kind is DayKind.WORK and not hours:
            hours = make_up
        if bool(hours) is (kind is DayKind.REST):
            row.say(
                "a rest day has no hours" if hours else f"a {kind} day needs hours, such as 09:00-12:00|13:00-17:00"
            )
        elif on is not None and on in days:
            row.say(f"{on} is already in this sheet")
        elif on is not None and kind is DayKind.WORK and plain is not None and plain.week[on.weekday()]:
            row.say(f"{on} is a working day anyway, not one to make up for")
        elif on is not None:
            days[on] = NamedDay(kind, row.required("name"), row.required("name_en"), hours)
    return days


def _date(row: Row) -> date | None:
    text = row.required("date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        row.say(f"column 'date' is '{text}', not a date such as 2026-10-01")
        return None


def _hours(row: Row) -> tuple[Hours, ...]:
    try:
        return tuple(hours_of(span) for span in row.many("hours"))
    except CalendarError as error:
        row.say(str(error))
        return ()


def state_council_days() -> str:
    """Return the State Council's holidays and make-up workdays, all years that are known, as a `calendar.csv`."""
    rows = [(on, DayKind.REST, name) for on, name in state_council.holidays.items() if on.year >= FIRST_YEAR]
    rows += [(on, DayKind.WORK, name) for on, name in state_council.workdays.items() if on.year >= FIRST_YEAR]
    chinese: Mapping[str, str] = {one.value: one.chinese for one in state_council.Holiday}
    lines = [f"{on},{kind},{_called(kind, chinese[name], name)}," for on, kind, name in sorted(rows)]
    return "\n".join([",".join(CALENDAR_COLUMNS), *lines]) + "\n"


def _called(kind: DayKind, chinese: str, english: str) -> str:
    return f"{chinese},{english}" if kind is DayKind.REST else f"{chinese}调休上班,Make-up workday for {english}"
