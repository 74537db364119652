"""What must hold of every due time, in calendars and zones nobody thought of: order, exactness, sums."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.domain.calendar import DayKind, Hours, NamedDay, WorkingCalendar
from shared.domain.limits import Ends, Limit, TimeUnit, count
from shared.domain.segments import SegmentKind, counted, segments
from tests.unit.calendars import CHANGES, IN_DAYS, MINUTE, calendars, limits, scenes, slow_due, suspensions, utc

Scene = tuple[WorkingCalendar, datetime]
TICK = timedelta(microseconds=1)
a_while = st.one_of(st.timedeltas(timedelta(), timedelta(hours=3)), st.timedeltas(timedelta(), timedelta(days=12)))
slowly = settings(deadline=None, max_examples=400)


@slowly
@given(scenes(), limits(), a_while, st.data())
def test_a_later_start_never_gives_an_earlier_instant(
    scene: Scene, limit: Limit, later: timedelta, data: st.DataObject
) -> None:
    calendar, start = scene
    held = data.draw(st.one_of(st.just([]), suspensions(start + later)))
    first, second = count(limit, calendar, start, held), count(limit, calendar, start + later, held)
    assert first.counted_from <= second.counted_from
    assert first.due_at <= second.due_at
    assert first.red_at <= second.red_at
    if first.warn_at is not None and second.warn_at is not None:
        assert first.warn_at <= second.warn_at


@slowly
@given(scenes(), limits())
def test_overdue_is_strictly_after_due_and_the_cards_come_in_order(scene: Scene, limit: Limit) -> None:
    calendar, start = scene
    due = count(limit, calendar, start)
    assert start <= due.counted_from <= due.due_at < due.overdue_at <= due.red_at
    assert due.overdue_at == due.due_at + TICK
    assert due.warn_at is None or start <= due.warn_at <= due.due_at
    exclusive = count(replace(limit, inclusive=False), calendar, start)
    assert exclusive.overdue_at == exclusive.due_at == due.due_at


@slowly
@given(scenes(), limits(), st.data())
def test_resuming_moves_the_due_by_exactly_the_working_time_that_was_held(
    scene: Scene, limit: Limit, data: st.DataObject
) -> None:
    calendar, start = scene
    held = data.draw(suspensions(start))
    without, due = count(limit, calendar, start), count(limit, calendar, start, held)
    axis = limit.axis(calendar)
    lost = sum((axis.between(begins, min(ends, due.due_at)) for begins, ends in held), timedelta())
    assert due.due_at >= without.due_at
    assert axis.between(without.due_at, due.due_at) == lost
    if limit.ends is Ends.CLOSING and (limit.amount or limit.unit is TimeUnit.SAME_DAY):
        assert due.due_at == (axis.advance(without.due_at, lost) if lost else without.due_at)
    assert not any(begins < due.due_at < ends for begins, ends in held)


@slowly
@given(scenes(), limits(), st.data())
def test_the_segments_tile_the_way_and_what_counted_is_the_budget(
    scene: Scene, limit: Limit, data: st.DataObject
) -> None:
    calendar, start = scene
    held = data.draw(st.one_of(st.just([]), suspensions(start - timedelta(days=2))))
    due, without = count(limit, calendar, start, held), count(limit, calendar, start)
    parts = segments(due)
    assert all(part.length > timedelta() for part in parts)
    assert all(earlier.end == later.start for earlier, later in pairwise(parts))
    assert due.start == due.due_at or (parts[0].start, parts[-1].end) == (due.start, due.due_at)
    assert counted(parts) == limit.axis(calendar).between(without.counted_from, without.due_at)
    if limit.unit in (TimeUnit.HOURS, TimeUnit.WORKING_HOURS):
        assert counted(parts) == timedelta(hours=limit.amount)
    for part in parts:
        inside = limit.axis(calendar).between(part.start, part.end)
        if part.kind in (SegmentKind.COUNTED, SegmentKind.NOT_YET, SegmentKind.HELD, SegmentKind.GIVEN_BACK):
            assert inside == part.length
        else:
            assert inside == timedelta()


@slowly
@given(scenes(), st.timedeltas(timedelta(microseconds=1), timedelta(days=20)), a_while)
def test_measuring_is_the_inverse_of_going_on(scene: Scene, budget: timedelta, later: timedelta) -> None:
    calendar, start = scene
    end = calendar.advance(start, budget)
    assert calendar.between(start, end) == budget
    assert calendar.between(start, end - TICK) == budget - TICK  # no earlier instant would do
    middle = start + later
    assert calendar.between(start, middle) + calendar.between(middle, middle + later) == calendar.between(
        start, middle + later
    )
    assert calendar.advance(start, calendar.between(start, middle)) <= max(middle, calendar.first_instant(start))


@slowly
@given(scenes(), limits(), st.integers(0, 24 * 60))
def test_splitting_an_interval_of_hours_changes_nothing(scene: Scene, limit: Limit, at: int) -> None:
    calendar, start = scene

    def split(spans: tuple[Hours, ...]) -> tuple[Hours, ...]:
        found: list[Hours] = []
        for span in spans:
            parts = [span.opens, at * 60, span.closes] if span.opens < at * 60 < span.closes else [*span.ends]
            found += [Hours(*ends) for ends in pairwise(parts)]
        return tuple(found)

    days = {on: replace(day, hours=split(day.hours)) for on, day in calendar.days.items()}
    finer = WorkingCalendar(calendar.zone, tuple(map(split, calendar.week)), days)
    assert count(limit, finer, start) == count(limit, calendar, start)
    assert segments(count(limit, finer, start)) == segments(count(limit, calendar, start))


@slowly
@given(scenes(), limits(), st.sets(st.integers(-1, 15), min_size=1, max_size=6))
def test_more_holidays_never_give_an_earlier_due(scene: Scene, limit: Limit, numbers: set[int]) -> None:
    calendar, start = scene
    rest = NamedDay(DayKind.REST, "放假")
    more = {start.astimezone(calendar.zone).date() + timedelta(days=n): rest for n in numbers}
    longer = WorkingCalendar(calendar.zone, calendar.week, {**calendar.days, **more})
    before, after = count(limit, calendar, start), count(limit, longer, start)
    assert before.due_at <= after.due_at
    assert before.red_at <= after.red_at


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_counting_minute_by_minute_gives_the_same_due(data: st.DataObject) -> None:
    zone = data.draw(st.sampled_from(sorted(CHANGES)))
    start = utc(data.draw(st.sampled_from(CHANGES[zone]))) + data.draw(st.integers(-4000, 4000)) * MINUTE
    calendar = data.draw(calendars(zone, start))
    limit = data.draw(limits([unit for unit in TimeUnit if unit not in IN_DAYS]) | limits(IN_DAYS))
    assume(limit.ends is Ends.CLOSING)
    gaps = st.integers(1, 2000).map(lambda n: n * MINUTE)
    begins = start + data.draw(gaps)
    held = data.draw(st.sampled_from([[], [(begins, begins + data.draw(gaps))]]))
    expected = slow_due(limit, calendar, start, held)
    assume(expected is not None)
    assert count(limit, calendar, start, held).due_at == expected
