"""Time left in words and bars, the due picture, marked words and spoken numbers: pure functions of the pages."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.pages.due_picture import due_picture
from intake.pages.marked import marked
from intake.pages.speaking import code_words, digits_spoken
from intake.pages.time_left import time_left
from shared.domain.clocks import Card, Clock
from shared.domain.limits import Case
from shared.domain.terms import Channel, HolderKind, Nature, Stage, Urgency
from shared.domain.timing import started
from tests.unit.scene import RULES

FRIDAY = datetime(2026, 9, 11, 7, 0, tzinfo=UTC)  # three in the afternoon in Chengdu
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@dataclass(frozen=True)
class Row:
    """What the functions look at."""

    reply_clock: Clock | None = None
    holder_kind: HolderKind = HolderKind.UNIT


def clock(nature: Nature, urgency: Urgency = Urgency.NORMAL, start: datetime = FRIDAY) -> Clock:
    """Return the unit's clock of a case."""
    clocks = started(RULES, Case(nature, urgency, Channel.PHONE), (Stage.REPLY,), start)
    found = clocks[Stage.REPLY]
    assert found is not None
    return found


def due_row(urgency: Urgency = Urgency.NORMAL, card: Card = Card.NONE) -> Row:
    """Return a consultation sent on Friday at three."""
    return Row(replace(clock(Nature.CONSULTATION, urgency), card=card))


@pytest.mark.parametrize(
    ("after", "words", "english"),
    [
        (timedelta(0), "剩 3 工作日", "3 working days left"),
        (timedelta(days=2), "剩 3 工作日", "3 working days left"),  # a weekend costs nothing
        (timedelta(days=3, hours=1), "剩 2 工作日 1 时", "2 working days 1 h left"),
        (timedelta(days=4, hours=21), "剩 4 时 0 分", "4 h 0 min left"),
        (timedelta(days=6), "超 5 时 0 分", "5 h 0 min over"),
        (timedelta(days=5, hours=2), "剩 0 分", "0 min left"),
        (timedelta(days=5, hours=3), "已超期", "Overdue"),  # the office is closed: nothing has been counted yet
    ],
)  # fmt: skip
def test_time_is_said_in_working_days_and_under_a_day_in_minutes(after: timedelta, words: str, english: str) -> None:
    left = time_left(due_row(), RULES, FRIDAY + after)
    assert (left.words.zh, left.words.en) == (words, english)


def test_a_limit_in_hours_runs_by_the_clock() -> None:
    left = time_left(due_row(Urgency.URGENT), RULES, FRIDAY + timedelta(hours=6))
    assert (left.words.zh, left.is_natural, left.spent) == ("剩 18 时 0 分", True, 25.0)


def test_cards_follow_the_marks_and_the_due_instant() -> None:
    assert time_left(due_row(), RULES, FRIDAY).card is None
    assert time_left(due_row(card=Card.YELLOW), RULES, FRIDAY).card == "yellow"
    late = time_left(due_row(card=Card.OVERDUE), RULES, FRIDAY + timedelta(days=5, hours=3))
    assert (late.mood, late.card) == ("late", "yellow")
    assert time_left(due_row(card=Card.RED), RULES, FRIDAY + timedelta(days=6)).card == "red"
    assert time_left(Row(), RULES, FRIDAY).mood == "none"
    assert time_left(Row(holder_kind=HolderKind.ARCHIVE), RULES, FRIDAY).mood == "done"


@given(INSTANTS, INSTANTS, INSTANTS)
def test_working_time_adds_up(a: datetime, b: datetime, c: datetime) -> None:
    first, second, third = sorted((a, b, c))
    between = RULES.calendar.between
    assert between(first, second) + between(second, third) == between(first, third)


@given(INSTANTS, st.sampled_from(list(Urgency)), st.floats(0, 1.2))
def test_the_picture_is_as_wide_as_the_budget_and_now_lies_where_the_time_is(
    start: datetime, urgency: Urgency, part: float
) -> None:
    due = clock(Nature.HELP, urgency, start)
    row = Row(due)
    now = start + (due.due_at - start) * part
    picture = due_picture(row, RULES, now)
    assert picture is not None
    assert sum(block.width for block in picture.blocks) == pytest.approx(100, abs=0.2)
    assert (picture.now is None) == (not picture.start <= now < picture.due_at)
    assert all(0 <= block.spent <= block.width + 0.01 for block in picture.blocks)
    assert 0 <= time_left(row, RULES, now).spent <= 100


def test_the_picture_begins_with_the_first_day_that_counts() -> None:
    picture = due_picture(due_row(), RULES, FRIDAY + timedelta(days=3))
    assert picture is not None
    assert [(block.is_gap, block.days, block.hours) for block in picture.blocks] == [
        (False, 1, "7"), (False, 1, "7"), (False, 1, "7"),
    ]  # fmt: skip
    assert picture.hours == "21"


def test_the_picture_shows_a_weekend_as_a_gap() -> None:
    picture = due_picture(Row(clock(Nature.HELP)), RULES, FRIDAY)
    assert picture is not None
    assert [block.days for block in picture.blocks if block.is_gap] == [1]  # the Sunday makes up for National Day
    assert picture.hours == "49"


@given(st.text(max_size=30), st.text(max_size=60), st.lists(st.tuples(st.integers(-5, 100), st.integers(-5, 100))))
def test_marking_loses_no_character(title: str, body: str, spans: list[tuple[int, int]]) -> None:
    marks = [{"start": start, "end": end, "speaks_for": "x"} for start, end in spans]
    in_title, in_body = marked(title, body, marks)
    assert "".join(piece.text for piece in in_title) == title
    assert "".join(piece.text for piece in in_body) == body


def test_marks_count_from_the_title() -> None:
    _, body = marked("停水", "小区停水了", [{"start": 5, "end": 7, "speaks_for": "供水"}])
    assert [(piece.text, piece.speaks_for) for piece in body] == [("小区", None), ("停水", "供水"), ("了", None)]


def test_numbers_are_spoken_in_fours_and_letters_with_a_word() -> None:
    assert digits_spoken("261010004871") == "二六幺零　幺零零零　四八七幺"
    assert code_words("7K4M992XDK") == "K 开　M 马　X 西　D 大"
