"""Whatever comes from outside as text or bytes is read, or refused by name: nothing stumbles over it."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from intake.call_events import reports_of
from intake.fields import Phone, e164, whole_number
from shared.cities.load import read_pack
from shared.cities.problems import PackError, Problems
from shared.cities.sheet import read_sheet
from shared.cities.time_limits import CALENDAR, CALENDAR_COLUMNS
from shared.command.calendar_import import with_year
from shared.command.feed_file import LONGEST_TITLE, UnusableFile, read_messages
from shared.domain.rules import Rules
from shared.phones import is_mainland_mobile
from tests.integration.telephony import NAME, answered, event, missed
from tests.unit.tiny_pack import FILES

DIALLED = st.one_of(
    st.text(max_size=40), st.text("0123456789+-() ext.;=tel:０１２３", max_size=40),
    st.integers(0, 10**20).map(lambda n: f"+86{n}"),
)  # fmt: skip
CELLS = st.one_of(
    st.text(max_size=12), st.dates().map(str),
    st.sampled_from(("", "2027-13-01", "20270101", "rest", "work", "09:00-12:00|", "１２", "9" * 5000)),
)  # fmt: skip
SHEETS = st.one_of(
    st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(st.lists(CELLS, min_size=5, max_size=5).map(",".join), max_size=6).map(
        lambda lines: "\n".join([",".join(CALENDAR_COLUMNS), *lines]).encode("utf-8", "surrogatepass")
    ),
)  # fmt: skip
MESSAGES = st.text(max_size=300).map(lambda text: f"title,text\n{text}".encode("utf-8", "surrogatepass"))
in_a_folder = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(DIALLED)
def test_any_phone_is_one_for_good_or_none(typed: str) -> None:
    number = e164(typed)
    if number is None:
        with pytest.raises(ValidationError):
            Phone(40).deserialize(typed)
        return
    assert number.startswith("+")
    assert number[1:].isdecimal()
    assert e164(number) == number or "00" in number  # zeros in front are for the library to guess
    assert is_mainland_mobile(number) in (True, False)


@given(st.one_of(st.text(max_size=25), st.integers().map(str)), st.integers(1, 18))
def test_any_number_in_an_address_is_small_and_none_of_ours_is_lost(typed: str, most: int) -> None:
    number = whole_number(typed, most)
    if number is None:
        assert not (typed and len(typed) <= most and set(typed) <= set("0123456789"))
    else:
        assert 0 <= number < 10**most


@given(SHEETS)
@in_a_folder
def test_any_sheet_is_read_or_named(tmp_path: Path, content: bytes) -> None:
    sheet, problems = tmp_path / "calendar.csv", Problems()
    sheet.write_bytes(content)
    rows = read_sheet(sheet, CALENDAR_COLUMNS, problems)
    assert rows or problems.found
    assert all(set(row.cells) == set(CALENDAR_COLUMNS) for row in rows)


@given(SHEETS)
@in_a_folder
def test_any_years_sheet_is_taken_whole_or_refused_by_line(tmp_path: Path, content: bytes) -> None:
    sheet = tmp_path / "year.csv"
    sheet.write_bytes(content)
    old = f"{','.join(CALENDAR_COLUMNS)}\n2026-10-01,rest,国庆节,National Day,\n".encode()
    with suppress(PackError):
        year, _, files = with_year({CALENDAR: old}, sheet)
        assert str(year) in files[CALENDAR].decode()


@given(st.sampled_from(sorted(FILES)), st.integers(0, 3000), st.one_of(st.binary(max_size=6), st.text(max_size=6)))
@settings(max_examples=60)
def test_any_damage_to_a_pack_is_named_or_harmless(name: str, at: int, damage: bytes | str) -> None:
    content = bytearray(FILES[name].encode())
    put = damage if isinstance(damage, bytes) else damage.encode("utf-8", "surrogatepass")
    content[at % (len(content) + 1) : at % (len(content) + 1) + len(put)] = put
    files = {other: text.encode() for other, text in FILES.items()} | {name: bytes(content)}
    with suppress(PackError):
        assert isinstance(read_pack("qinghe", files), Rules)


@given(st.one_of(SHEETS, MESSAGES))
@in_a_folder
def test_any_file_of_messages_is_fed_or_refused_by_name(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "messages.csv"
    file.write_bytes(content)
    with suppress(UnusableFile):
        for message in read_messages(file):
            assert message.body
            assert 0 < len(message.title) <= LONGEST_TITLE


def with_one_thing_odd(told: dict[str, Any], way: list[int], odd: Any) -> dict[str, Any]:
    """Return an event with one value, wherever the way leads, replaced."""
    changed: dict[str, Any] = json.loads(json.dumps(told))
    inside: Any = changed
    for step in way:
        name = sorted(inside)[step % len(inside)]
        if isinstance(inside[name], dict) and inside[name] and step % 2:
            inside = inside[name]
        else:
            inside[name] = odd
            break
    return changed


TOLD: list[dict[str, Any]] = [*answered(), *missed(), event("ended", 30, ended_by="caller", reported={"talk_s": 9.5})]
ODD_EVENTS = st.builds(with_one_thing_odd, st.sampled_from(TOLD), st.lists(st.integers(0, 99), min_size=3), JSON)


@given(st.one_of(JSON, ODD_EVENTS))
def test_any_call_event_is_taken_or_refused_by_its_fields(value: Any) -> None:
    with suppress(ValidationError):
        assert all(report.source == f"/pbx/{NAME}" for report in reports_of(value, NAME))
