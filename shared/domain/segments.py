"""Why a time is due when it is: the way from start to due as counted and skipped stretches that add up. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from shared.domain.calendar import DayKind, WorkingCalendar
from shared.domain.limits import Due
from shared.domain.working_year import Span, instant, outside, ticks, wall_clock


class SegmentKind(StrEnum):
    """What becomes of a stretch of time."""

    COUNTED = "counted"
    NOT_YET = "not_yet"  # the day of receipt, where counting begins with the next
    CLOSED = "closed"  # outside the hours of a working day
    REST = "rest"  # weekend
    HOLIDAY = "holiday"
    HELD = "held"  # suspended 挂起
    GIVEN_BACK = "given_back"  # what was held before counting began moves the due all the same (K8)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch [start, end), aware UTC; the names are the holiday's or the make-up workday's, else empty."""

    kind: SegmentKind
    start: datetime
    end: datetime
    name: str = ""
    name_en: str = ""

    @property
    def length(self) -> timedelta:
        """How long it is; of COUNTED ones this is what counts."""
        return self.end - self.start


def segments(due: Due) -> tuple[Segment, ...]:
    """Return the stretches from `due.start` to `due.due_at`, without gap; the COUNTED ones sum up to the budget."""
    axis = due.limit.axis(due.calendar)
    held = [(ticks(start), ticks(end)) for start, end in due.held]
    found: list[Segment] = []
    for piece in _pieces(due, axis, held):
        if found and (found[-1].kind, found[-1].name, found[-1].end) == (piece.kind, piece.name, piece.start):
            found[-1] = replace(found[-1], end=piece.end)
        else:
            found.append(piece)
    return tuple(_give_back(found, due))


def counted(parts: Sequence[Segment]) -> timedelta:
    """Return the time that counts."""
    return sum((part.length for part in parts if part.kind is SegmentKind.COUNTED), timedelta())


def _pieces(due: Due, axis: WorkingCalendar, held: Sequence[Span]) -> Iterator[Segment]:
    begins = ticks(due.counted_from) if due.limit.from_next_day else ticks(due.start)
    for day, start, end in _days(due.start, due.due_at, axis):
        reason, names = _day_of(axis, day)
        at = ticks(start)
        for opens, closes in axis.spans(start, end):
            yield from _idle(at, opens, reason, names)
            at = closes
            free = list(outside((opens, closes), held))
            for piece in _cut(opens, closes, free):
                kind = SegmentKind.HELD if piece not in free else SegmentKind.COUNTED
                if kind is SegmentKind.COUNTED and piece[0] < begins:
                    kind = SegmentKind.NOT_YET
                yield Segment(kind, instant(piece[0]), instant(piece[1]), *names)
        yield from _idle(at, ticks(end), reason, names)


def _days(start: datetime, end: datetime, axis: WorkingCalendar) -> Iterator[tuple[date, datetime, datetime]]:
    while start < end:
        day = axis.local_date(start)
        midnight = wall_clock(datetime.combine(day + timedelta(days=1), time()), axis.zone)
        until = min(instant(midnight), end)
        yield day, start, until
        start = until


def _day_of(axis: WorkingCalendar, day: date) -> tuple[SegmentKind, tuple[str, str]]:
    """Return what time outside working hours is on a date, and the date's names."""
    named = axis.days.get(day)
    if named is not None:
        kind = SegmentKind.HOLIDAY if named.kind is DayKind.REST else SegmentKind.CLOSED
        return kind, (named.name, named.name_en)
    return SegmentKind.CLOSED if axis.is_working_day(day) else SegmentKind.REST, ("", "")


def _idle(start: int, end: int, kind: SegmentKind, names: tuple[str, str]) -> Iterator[Segment]:
    if start < end:
        yield Segment(kind, instant(start), instant(end), *names)


def _cut(start: int, end: int, free: Sequence[Span]) -> list[Span]:
    """Return [start, end) cut at the ends of its free parts."""
    ends = sorted({start, end, *(at for part in free for at in part)})
    return list(pairwise(ends))


def _give_back(parts: list[Segment], due: Due) -> list[Segment]:
    """Mark at the end what makes good for time held on the day of receipt, which did not count anyway."""
    first = due.counted_from
    before = (part for part in parts if part.kind is SegmentKind.HELD and part.start < first)
    early = (min(part.end, first) - part.start for part in before)
    owed = sum(early, timedelta()) if due.limit.from_next_day else timedelta()
    marked: list[Segment] = []
    for part in reversed(parts):
        if part.kind is not SegmentKind.COUNTED or not owed:
            marked.append(part)
            continue
        given = min(owed, part.length)
        owed -= given
        marked.append(replace(part, kind=SegmentKind.GIVEN_BACK, start=part.end - given))
        if part.start < part.end - given:
            marked.append(replace(part, end=part.end - given))
    return marked[::-1]
