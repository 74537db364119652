"""An answer of `due`: as JSON for machines, in words for a terminal. No I/O."""

import argparse
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.command.due_words import Clockwork
from shared.domain.labels import NATURES, STAGES, URGENCIES, Label
from shared.domain.limits import Case, Due, Limit
from shared.domain.rules import Rules
from shared.domain.segments import Segment, SegmentKind
from shared.domain.terms import Stage
from shared.domain.wording import limit_in_words
from shared.domain.working_year import TICK

_INSTANTS = ("start", "counted_from", "warn_at", "due_at", "overdue_at", "red_at")
_WIDTH = 14  # of the words before a line; a Chinese letter takes two


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose limit was asked for."""

    stage: Stage
    case: Case


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked, and when it is due: `rules` is None without a city, `due` where the city sets no limit."""

    rules: Rules | None
    zone: ZoneInfo
    asked: Asked | None
    due: Due | None
    parts: tuple[Segment, ...]


def as_json(found: Answer) -> dict[str, Any]:
    """Return an answer as JSON has it: instants with the zone's offset, exact to the microsecond."""
    rules, due = found.rules, found.due
    about: dict[str, Any] = {"zone": found.zone.key}
    if rules is not None:
        about = {"city": rules.city, "rules_version": rules.version, **about}
    if found.asked is not None:
        about |= {"stage": found.asked.stage, **found.asked.case._asdict()}
    if due is None:
        return {**about, "limit": None}
    return {
        **about,
        "limit": _limit(due.limit),
        **{name: _local(getattr(due, name), found.zone) for name in _INSTANTS},
        "is_provisional": due.is_provisional,
        "years_without_notice": unknown_years(due),
        "held": [{"start": _local(start, found.zone), "end": _local(end, found.zone)} for start, end in due.held],
        "segments": [_segment(part, found.zone) for part in found.parts],
        "sums": {kind: _seconds(length) for kind, length in sums(found.parts).items()},
    }


def sums(parts: Sequence[Segment]) -> dict[SegmentKind, timedelta]:
    """Return how much time of each kind lies between start and due."""
    kinds = [kind for kind in SegmentKind if any(part.kind is kind for part in parts)]
    return {kind: sum((part.length for part in parts if part.kind is kind), timedelta()) for kind in kinds}


def unknown_years(due: Due) -> list[int]:
    """Return the years on the way whose holiday notice is not out yet."""
    if not due.is_provisional or due.calendar.official_years is None:
        return []
    first, last = (due.calendar.local_date(at).year for at in (due.start, due.due_at - TICK))
    return sorted({*range(first, last + 1)} - due.calendar.official_years)


def in_words(found: Answer, args: argparse.Namespace) -> str:
    """Return an answer in one language, about a screen of lines; `--all-segments` adds every stretch."""
    time = Clockwork(found.zone, english=args.english)
    lines = [_title(found, time)]
    if found.due is None:
        return "\n".join([*lines, time.say(Label("这里不设时限。", "There is no time limit for this."))])
    lines += _provisional(found.due, time)
    lines += [_padded(time.say(label)) + value for label, value in _rows(found, found.due, time)]
    if args.all_segments:
        lines += ["", *time.table(found.parts)]
    return "\n".join(lines)


def _title(found: Answer, time: Clockwork) -> str:
    rules, parts = found.rules, []
    if rules is not None:
        parts += [time.say(Label(rules.name, rules.name_en)), rules.version]
    if found.asked is not None:
        case = found.asked.case
        parts += [time.say(one) for one in (STAGES[found.asked.stage], NATURES[case.nature], URGENCIES[case.urgency])]
    return "  ".join([*parts, found.zone.key])


def _provisional(due: Due, time: Clockwork) -> Iterator[str]:
    if due.is_provisional:
        years = ", ".join(map(str, unknown_years(due)))
        yield time.say(
            Label(
                f"【暂定】{years} 年的放假通知还没有载入，只按周末计算；载入后会重新计算，日期可能改变。",
                f"PROVISIONAL: the holiday notice of {years} is not loaded. Only weekends rest; the dates may move.",
            )
        )


def _rows(found: Answer, due: Due, time: Clockwork) -> Iterator[tuple[Label, str]]:
    limit = due.limit
    yield Label("时限", "limit"), time.say(limit_in_words(limit.amount, limit.unit))
    yield Label("依据", "source"), limit.source
    yield Label("起点", "start"), time.instant(due.start)
    next_day = time.say(Label("（次日起）", " (the next day)")) if limit.from_next_day else ""
    yield Label("计时自", "counted from"), time.instant(due.counted_from) + next_day
    if due.warn_at is not None:
        yield Label("黄牌预警", "yellow card"), time.instant(due.warn_at)
    yield Label("到期", "due"), time.instant(due.due_at)
    after = Label("{} 之后", "after {}") if limit.inclusive else Label("{} 起", "from {}")
    yield Label("超期", "overdue"), time.say(after).format(time.instant(due.due_at))
    yield Label("红牌", "red card"), time.instant(due.red_at)
    days = time.counted_days(found.parts)
    if days:
        yield Label("计入的日子", "days counted"), days
    for position, skipped in enumerate(time.skipped(found.parts)):
        yield (Label("", "") if position else Label("不计", "not counted")), skipped
    told = [f"{time.of_kind(kind)} {time.span(length)}" for kind, length in sums(found.parts).items()]
    yield Label("合计", "sums"), time.say(Label("，", ", ")).join(told)


def _limit(limit: Limit) -> dict[str, Any]:
    share = f"{limit.warn_share:.0%}" if limit.warn_share else None
    return {
        "amount": limit.amount,
        "unit": limit.unit,
        "ends": limit.ends,
        "from": "next_day" if limit.from_next_day else "instant",
        "inclusive": limit.inclusive,
        "warn": f"{limit.warn_days}d" if limit.warn_days else share,
        "source": limit.source,
    }


def _segment(part: Segment, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "start": _local(part.start, zone),
        "end": _local(part.end, zone),
        "seconds": _seconds(part.length),
        "name": part.name,
        "name_en": part.name_en,
    }


def _local(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat()


def _seconds(length: timedelta) -> int | float:
    whole = length.total_seconds()
    return int(whole) if whole == int(whole) else whole


def _padded(text: str) -> str:
    width = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return text + " " * (_WIDTH - width)
