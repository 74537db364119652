"""What a person types for `due`, read: words, instants, suspensions, limits and a calendar's file."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from shared.cities.pack_file import WEEK
from shared.domain.calendar import (
    CalendarError,
    DayKind,
    Hours,
    Intervals,
    NamedDay,
    WorkingCalendar,
    checked_intervals,
    hours_of,
)  # fmt: skip
from shared.domain.labels import Label
from shared.domain.limits import Ends, Limit, LimitError, TimeUnit
from shared.domain.terms import UnitKind

Kind = TypeVar("Kind", bound=StrEnum)

_LIMIT = re.compile(r"(\d{1,7}) *(\D+)")
_WARN = re.compile(r"(?:(\d{1,2})d|(\d{1,2})%)")
_UNITS = {
    "分钟": TimeUnit.MINUTES, "小时": TimeUnit.HOURS, "工作分钟": TimeUnit.WORKING_MINUTES,
    "工作小时": TimeUnit.WORKING_HOURS, "当日": TimeUnit.SAME_DAY, "天": TimeUnit.DAYS, "日": TimeUnit.DAYS,
    "工作日": TimeUnit.WORKING_DAYS,
}  # fmt: skip


class Unclear(Exception):
    """What was typed cannot be used; the words say what to write instead."""

    def __init__(self, chinese: str, english: str) -> None:
        super().__init__(english)
        self.words = Label(chinese, english)


def one_of(text: str, known: Mapping[Kind, Label], option: str) -> Kind:
    """Return the kind of that code, Chinese or English word."""
    for kind, label in known.items():
        if text.strip().lower() in (kind.value, label.zh, label.en.lower()):
            return kind
    listed = [kind if label.zh == kind else f"{kind} {label.zh}" for kind, label in known.items()]
    raise Unclear(
        f"{option}：没有“{text}”，请写其中一个：{'、'.join(listed)}。",
        f"{option}: there is no '{text}'. Write one of: {', '.join(known)}.",
    )


def unit_class_in(text: str | None) -> UnitKind | None:
    """Return the sort of body; none was given before anybody has the ticket."""
    labels = {kind: Label(kind.value, kind.value) for kind in UnitKind}
    return None if text is None else one_of(text, labels, "--unit-class")


def instant_in(text: str, option: str, zone: ZoneInfo) -> datetime:
    """Read an instant; without an offset it is refused, and the words show how it would be in the city."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Unclear(
            f"{option}：“{text}”不是日期和时间，请写成 2026-09-29T10:00+08:00 的样子。",
            f"{option}: '{text}' is no date and time. Write it like 2026-09-29T10:00+08:00.",
        ) from error
    if at.utcoffset() is None:
        example = at.replace(tzinfo=zone).isoformat() if date.min.year < at.year < date.max.year else "…+08:00"
        raise Unclear(
            f"{option}：“{text}”没有写明与世界时的偏移，说不准是哪一刻。当地时间请写成 {example}。",
            f"{option}: '{text}' has no offset from UTC, so it is no instant. For local time write {example}.",
        )
    return at


def suspensions_in(texts: Sequence[str], zone: ZoneInfo) -> Intervals:
    """Read suspensions, each `FROM/TO`, and put them in order."""
    held = []
    for text in texts:
        parts = text.split("/")
        if len(parts) != 2:
            raise Unclear(
                f"--suspend：“{text}”不是一段时间，请写成 起/止，如 2026-09-30T09:00+08:00/2026-10-08T09:00+08:00。",
                f"--suspend: '{text}' is no stretch of time. Write FROM/TO, such as "
                "2026-09-30T09:00+08:00/2026-10-08T09:00+08:00.",
            )
        start, end = (instant_in(part, "--suspend", zone) for part in parts)
        if start >= end:
            raise Unclear(
                f"--suspend：“{text}”的终点不晚于起点，请先写起点、再写终点。",
                f"--suspend: '{text}' does not end after it begins. Write the earlier instant first.",
            )
        held.append((start, end))
    try:
        return checked_intervals(held)
    except CalendarError as error:
        raise Unclear(
            f"--suspend：几段时间有重叠，请合并成一段。（{error}）", f"--suspend: {error}. Join them."
        ) from error


def limit_in(text: str, ends: str | None, begins: str | None, warn: str | None) -> Limit:
    """Read a limit such as `8 working_hours`, `3 工作日` or `same_day`; days count from the next one unless told."""
    unit, amount = _amount(text)
    end = Ends(ends or Ends.CLOSING)
    match = _WARN.fullmatch(warn or "0d")
    if match is None:
        raise Unclear(
            f"--warn：请写 1d（提前一天）或 25%（剩下四分之一），不是“{warn}”。",
            f"--warn: write 1d for a day before or 25% for the last quarter, not '{warn}'.",
        )
    is_next = begins == "next_day" if begins else end is Ends.CLOSING and unit in (TimeUnit.DAYS, TimeUnit.WORKING_DAYS)
    try:
        return Limit(
            amount, unit, "--limit", ends=end, from_next_day=is_next,
            warn_days=int(match[1] or 0), warn_share=int(match[2] or 0) / 100,
        )  # fmt: skip
    except LimitError as error:
        raise Unclear(f"--limit：{error}", f"--limit: {error}") from error


def _amount(text: str) -> tuple[TimeUnit, int]:
    words = text.strip().lower().replace("same day", "same_day")
    match = _LIMIT.fullmatch(words) or re.fullmatch(r"(0?)(same_day|当日)", words)
    name = match[2].strip().removeprefix("个").replace(" ", "_") if match else ""
    unit = _UNITS.get(name) or next((unit for unit in TimeUnit if name in (unit.value, unit.value.rstrip("s"))), None)
    if match is None or unit is None:
        raise Unclear(
            f"--limit：“{text}”不是时限，请写数目和单位，如 15 working_days；单位有 {'、'.join(TimeUnit)}。",
            f"--limit: '{text}' is no limit. Write a number and one of {', '.join(TimeUnit)}, such as 15 working_days.",
        )
    return unit, int(match[1] or 0)


def calendar_in(path: Path) -> WorkingCalendar:
    """Read a calendar from JSON or YAML: `zone`, `week` by weekday, and `days` that are not as their weekday."""
    try:
        return calendar_of(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise Unclear(f"--calendar：读不到 {path}。", f"--calendar: {path} cannot be read.") from error
    except (CalendarError, ValueError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise Unclear(f"--calendar：{path} 不能用：{why}", f"--calendar: {path} cannot be used: {why}") from error


def calendar_of(said: Any) -> WorkingCalendar:
    """Return the calendar that a parsed file describes; CalendarError says what is wrong with it."""
    whole = _as(dict, said, "a calendar is names and values: zone, week, days")
    _only(whole, ("zone", "week", "days"))
    try:
        zone = ZoneInfo(str(whole.get("zone")))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CalendarError(f"zone: '{whole.get('zone')}' is no time zone, such as UTC or Europe/Paris") from error
    week = _as(dict, whole.get("week"), "week: write the hours by weekday, such as monday: ['09:00-17:00']")
    _only(week, WEEK)
    days = {}
    for one in _as(list, whole.get("days") or [], "days: write a list of {date, kind, hours}"):
        on, named = _day(_as(dict, one, "days: each needs a date and a kind"))
        if on in days:
            raise CalendarError(f"{on} is written twice")
        days[on] = named
    return WorkingCalendar(zone, tuple(_hours(week.get(day)) for day in WEEK), days)


def _day(said: Mapping[str, Any]) -> tuple[date, NamedDay]:
    _only(said, ("date", "kind", "hours", "name"))
    kind = str(said.get("kind", DayKind.REST))
    if kind not in set(DayKind):
        raise CalendarError(f"kind: '{kind}' is not one of {', '.join(DayKind)}")
    try:
        on = date.fromisoformat(str(said.get("date")))
    except ValueError as error:
        raise CalendarError(f"date: '{said.get('date')}' is not a date such as 2026-10-01") from error
    name = str(said.get("name", ""))
    return on, NamedDay(DayKind(kind), name, name, _hours(said.get("hours")))


def _hours(said: Any) -> tuple[Hours, ...]:
    spans = [said] if isinstance(said, str) else _as(list, said or [], "hours: write a list such as ['09:00-17:00']")
    return tuple(hours_of(str(span)) for span in spans)


def _as(kind: Callable[..., Any], value: Any, otherwise: str) -> Any:
    if not isinstance(value, kind):  # type: ignore[arg-type]
        raise CalendarError(otherwise)
    return value


def _only(said: Mapping[str, Any], known: Sequence[str]) -> None:
    for unknown in sorted(set(map(str, said)) - set(known)):
        raise CalendarError(f"'{unknown}' is not one of {', '.join(known)}")
