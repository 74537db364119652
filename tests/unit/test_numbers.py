"""Ticket numbers: read aloud, typed with mistakes, never short of new ones."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.numbers import in_fours, number_of, ticket_id_of
from tests.unit.scene import RULES

MONDAY = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)
IDS = st.integers(1, 10**12)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def number(ticket_id: int, day: datetime = MONDAY) -> str:
    return number_of(ticket_id, day, RULES.zone)


def test_a_number_is_the_citys_date_the_padded_id_and_a_check_digit() -> None:
    assert number(614)[:-1] == "26090700614"
    evening_in_greenwich = datetime(2026, 9, 7, 16, 30, tzinfo=UTC)
    assert number(614, evening_in_greenwich).startswith("260908")


@given(IDS)
def test_a_number_leads_back_to_its_ticket(ticket_id: int) -> None:
    assert ticket_id_of(number(ticket_id)) == ticket_id


@given(st.integers(1, 10**9))
def test_id_and_check_digit_alone_are_enough(ticket_id: int) -> None:
    short = f"{ticket_id}{number(ticket_id)[-1]}"
    assert ticket_id_of(short) == ticket_id
    if ticket_id < 10_000:
        assert ticket_id_of(short.zfill(6)) == ticket_id


@given(IDS, st.data())
def test_one_digit_heard_wrongly_is_noticed(ticket_id: int, data: st.DataObject) -> None:
    right = number(ticket_id)
    place = data.draw(st.integers(6, len(right) - 1))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != right[place]]))
    assert ticket_id_of(right[:place] + digit + right[place + 1 :]) is None


@given(IDS, st.data())
def test_two_neighbouring_digits_in_the_wrong_order_are_noticed(ticket_id: int, data: st.DataObject) -> None:
    right = number(ticket_id)
    place = data.draw(st.integers(6, len(right) - 2))
    assume(right[place] != right[place + 1])
    assert ticket_id_of(right[:place] + right[place + 1] + right[place] + right[place + 2 :]) is None


@given(IDS, st.data())
def test_blanks_hyphens_and_full_width_digits_are_forgiven(ticket_id: int, data: st.DataObject) -> None:
    spaced = "".join(digit + data.draw(st.sampled_from(("", " ", "-", "\u3000", " - "))) for digit in number(ticket_id))
    assert ticket_id_of(f" {spaced}\n".translate(FULL_WIDTH)) == ticket_id
    assert ticket_id_of(in_fours(number(ticket_id))) == ticket_id


@given(st.text())
def test_whatever_is_typed_is_a_number_or_it_is_not(typed: str) -> None:
    found = ticket_id_of(typed)
    assert found is None or 0 < found < 2**62


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "-",
        "5",
        "abc",
        "12a4",
        "²³",
        "1.5",
        "+12",
        "0000",
        "260907000000",
        "9" * 25,
        "1" * 10_000,
        "½",
        "\u0000",
        "\ud800",
    ],
)
def test_what_cannot_be_a_number_names_no_ticket(typed: str) -> None:
    assert ticket_id_of(typed) is None


def test_a_day_of_120000_tickets_has_120000_numbers() -> None:
    numbers = {number(ticket_id) for ticket_id in range(10_000_000, 10_120_000)}
    assert len(numbers) == 120_000


def test_there_is_no_ceiling() -> None:
    assert [len(number(10**n)) for n in (0, 4, 5, 9, 15)] == [12, 12, 13, 17, 23]
    assert ticket_id_of(number(10**15)) == 10**15


def test_numbers_of_two_days_differ_even_for_one_id() -> None:
    assert number(614) != number(614, MONDAY + timedelta(days=1))


def test_numbers_are_shown_in_groups_of_four() -> None:
    assert in_fours("260923006148") == "2609 2300 6148"
