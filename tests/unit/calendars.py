"""Calendars, limits and starts for property tests, and a reference that counts minute by minute."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from shared.domain.calendar import DayKind, Hours, NamedDay, WorkingCalendar
from shared.domain.limits import Ends, Limit, TimeUnit

MINUTE = timedelta(minutes=1)
# Each zone with instants near which its clocks change: by half an hour, a minute after midnight, by a whole day.
CHANGES = {
    "Asia/Shanghai": ("2026-09-29T00:00", "1991-04-13T18:00", "2026-12-30T00:00"),
    "Europe/Berlin": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "America/St_Johns": ("2005-10-30T02:31", "2010-11-07T02:31", "2010-03-14T03:31", "2026-11-01T04:30"),
    "America/Havana": ("2026-03-08T05:00", "2026-11-01T05:00"),
    "Australia/Lord_Howe": ("2026-04-04T15:00", "2026-10-03T15:30"),
    "Pacific/Apia": ("2011-12-30T10:00", "2012-04-01T14:00"),
}
ZONES = {name: ZoneInfo(name) for name in CHANGES}
IN_DAYS = (TimeUnit.DAYS, TimeUnit.WORKING_DAYS)

Intervals = list[tuple[datetime, datetime]]


def at(text: str, zone: ZoneInfo = ZONES["Asia/Shanghai"]) -> datetime:
    """Return the instant that a clock on the wall shows."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@st.composite
def a_days_hours(draw: st.DrawFn) -> tuple[Hours, ...]:
    steps = st.lists(st.integers(0, 24 * 12), min_size=2, max_size=6, unique=True)
    ends = [step * 300 for step in sorted(draw(steps))]
    return tuple(Hours(*pair) for pair in zip(ends[::2], ends[1::2], strict=False))


OFFICE = (Hours(9 * 3600, 12 * 3600), Hours(13 * 3600, 17 * 3600))
WHOLE = (Hours(0, 24 * 3600),)
hours = st.one_of(st.just(OFFICE), st.just(WHOLE), a_days_hours())


@st.composite
def calendars(draw: st.DrawFn, zone: str, around: datetime) -> WorkingCalendar:
    works = draw(st.lists(st.booleans(), min_size=7, max_size=7).filter(any))
    week = tuple(draw(hours) if day else () for day in works)
    first = around.date() - timedelta(days=3)
    numbers = draw(st.lists(st.integers(0, 25), max_size=8, unique=True))
    return WorkingCalendar(ZONES[zone], week, {first + timedelta(days=n): draw(named_days()) for n in numbers})


@st.composite
def named_days(draw: st.DrawFn) -> NamedDay:
    kind = draw(st.sampled_from(DayKind))
    return NamedDay(kind, str(kind), str(kind), () if kind is DayKind.REST else draw(hours))


@st.composite
def starts(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and an instant near a change of its clocks."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    near = utc(draw(st.sampled_from(CHANGES[zone])))
    away = st.one_of(
        st.timedeltas(timedelta(hours=-3), timedelta(hours=3)), st.timedeltas(timedelta(days=-9), timedelta(days=9))
    )
    return zone, near + draw(away)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[WorkingCalendar, datetime]:
    zone, start = draw(starts())
    return draw(calendars(zone, start)), start


@st.composite
def limits(draw: st.DrawFn, units: Sequence[TimeUnit] = tuple(TimeUnit)) -> Limit:
    unit = draw(st.sampled_from(units))
    most = 12 if unit in IN_DAYS else 3000 if "minutes" in unit else 60
    amount = 0 if unit is TimeUnit.SAME_DAY else draw(st.integers(0 if unit.startswith("working_") else 1, most))
    if unit in IN_DAYS:
        amount = max(amount, 1)
        ends = draw(st.sampled_from(Ends))
        is_next = ends is Ends.CLOSING and draw(st.booleans())
        return Limit(amount, unit, "测试", ends, is_next, warn_days=draw(st.integers(0, amount)))
    share = draw(st.sampled_from((0.0, 0.25, 0.5)))
    return Limit(amount, unit, "测试", from_next_day=draw(st.booleans()), warn_share=share)


@st.composite
def suspensions(draw: st.DrawFn, after: datetime) -> Intervals:
    """Up to three suspensions that begin after an instant, to the minute or not, the next perhaps at once."""
    gaps = st.one_of(st.timedeltas(timedelta(), timedelta(days=6)), st.integers(0, 3000).map(lambda n: n * MINUTE))
    held, at = [], after
    for _ in range(draw(st.integers(1, 3))):
        begins = at + draw(gaps)
        at = begins + max(draw(gaps), timedelta(microseconds=1))
        held.append((begins, at))
    return held


def minutes(calendar: WorkingCalendar, start: datetime, until: datetime) -> Iterator[tuple[datetime, date, bool]]:
    """Yield every minute, its date, and whether it is working time, looking only at the wall clock.

    The wall clock counts as far as it has been: what it shows a second time is no second morning.
    """
    at, shown = start - timedelta(days=2), datetime.min  # noqa: DTZ901
    while at < until:
        shown = max(shown, at.astimezone(calendar.zone).replace(tzinfo=None))
        if at >= start:
            day, second = shown.date(), shown.hour * 3600 + shown.minute * 60
            named = calendar.days.get(day)
            spans = calendar.week[day.weekday()] if named is None else named.hours
            yield at, day, any(span.opens <= second < span.closes for span in spans)
        at += MINUTE


def slow_due(limit: Limit, calendar: WorkingCalendar, start: datetime, held: Intervals) -> datetime | None:
    """Count minute by minute, None if three weeks do not suffice; no `same_clock_time`."""
    axis = WorkingCalendar(calendar.zone, (WHOLE,) * 7) if limit.by_the_clock else calendar
    found = list(minutes(axis, start, start + timedelta(days=21)))
    received = found[0][1]
    working = [(at, day) for at, day, works in found if works and not (limit.from_next_day and day == received)]
    end = _end(limit, working)
    if end is None or not held:
        return end
    owed = sum(works for at, _, works in found if at < end)
    free = [at for at, _, works in found if works and not any(begins <= at < ends for begins, ends in held)]
    if not owed:
        return free[0] if free else None
    # Holding never makes earlier: an end at an opening does not fall back to the closing before it.
    return max(free[owed - 1] + MINUTE, end) if len(free) >= owed else None


def _end(limit: Limit, working: list[tuple[datetime, date]]) -> datetime | None:
    if limit.in_days or limit.unit is TimeUnit.SAME_DAY:
        days = list(dict.fromkeys(day for _, day in working))
        number = max(limit.amount, 1)
        # One day more must be seen: the last one may not be over yet.
        return [at for at, day in working if day == days[number - 1]][-1] + MINUTE if len(days) > number else None
    budget = limit.amount * (60 if "hours" in limit.unit else 1)
    if not budget:
        return working[0][0] if working else None
    return working[budget - 1][0] + MINUTE if len(working) >= budget else None
