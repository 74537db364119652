"""Pick-up codes, follow links, encrypted fields: what one secret opens and what it does not (SECURITY 2.2)."""

import base64
from dataclasses import astuple

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from shared.keys import Keys, keys_of, text_digest

KEYS = keys_of(b"a secret of thirty-two bytes or more")
OTHER_HOUSE = keys_of(b"another secret of thirty-two bytes or more")
IDS, VERSIONS = st.integers(1, 2**62), st.integers(1, 1000)
NEIGHBOUR = {"0": "O", "1": "I", "V": "U"}


def test_a_secret_gives_one_key_for_each_purpose_and_another_secret_none_of_them() -> None:
    assert len({*astuple(KEYS), *astuple(OTHER_HOUSE)}) == 2 * len(astuple(KEYS))
    assert keys_of(b"a secret of thirty-two bytes or more") == KEYS


@given(IDS, VERSIONS)
def test_a_code_is_ten_characters_that_nobody_confuses(ticket_id: int, version: int) -> None:
    code = KEYS.pick_up_code(ticket_id, version)
    assert len(code) == 10
    assert set(code) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert KEYS.is_pick_up_code(code, ticket_id, version)


@given(IDS, VERSIONS, st.data())
def test_case_blanks_hyphens_and_look_alikes_are_forgiven(ticket_id: int, version: int, data: st.DataObject) -> None:
    code = KEYS.pick_up_code(ticket_id, version)
    typed = "".join(NEIGHBOUR.get(letter, letter) if data.draw(st.booleans()) else letter for letter in code)
    typed = typed.replace("1", data.draw(st.sampled_from("1IlL")))
    typed = f" {typed[:5].lower()}- {typed[5:]} "
    assert KEYS.is_pick_up_code(typed, ticket_id, version)


@given(IDS, VERSIONS)
def test_a_new_version_revokes_code_and_link(ticket_id: int, version: int) -> None:
    assert not KEYS.is_pick_up_code(KEYS.pick_up_code(ticket_id, version), ticket_id, version + 1)
    assert not KEYS.is_link(KEYS.link_token(ticket_id, version), ticket_id, version + 1)


@given(IDS, IDS, VERSIONS)
def test_what_opens_one_ticket_opens_no_other(ticket_id: int, other_id: int, version: int) -> None:
    if ticket_id != other_id:
        assert not KEYS.is_pick_up_code(KEYS.pick_up_code(ticket_id, version), other_id, version)
        assert not KEYS.is_link(KEYS.link_token(ticket_id, version), other_id, version)


@pytest.mark.parametrize("typed", ["", " ", "OOOOOOOOOO", "提取码", "x" * 100_000, "\ud800", "\0"])
def test_whatever_else_is_typed_is_the_wrong_code(typed: str) -> None:
    assert not KEYS.is_pick_up_code(typed, 614, 1)
    assert not KEYS.is_link(typed, 614, 1)


@given(IDS, VERSIONS)
def test_a_link_names_its_ticket_and_carries_128_bits(ticket_id: int, version: int) -> None:
    token = KEYS.link_token(ticket_id, version)
    assert KEYS.ticket_id_of_link(token) == ticket_id
    assert KEYS.is_link(token, ticket_id, version)
    assert not OTHER_HOUSE.is_link(token, ticket_id, version)
    assert len(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))) >= 17


@given(IDS, st.data())
def test_a_link_with_one_character_changed_opens_nothing(ticket_id: int, data: st.DataObject) -> None:
    token = KEYS.link_token(ticket_id, 1)
    place = data.draw(st.integers(0, len(token) - 1))
    forged = token[:place] + data.draw(st.sampled_from([c for c in "Aa0-_b" if c != token[place]])) + token[place + 1 :]
    assert not KEYS.is_link(forged, ticket_id, 1)


@given(st.text())
def test_whatever_stands_in_a_link_is_read_or_refused(token: str) -> None:
    found = KEYS.ticket_id_of_link(token)
    assert found is None or 0 <= found < 2**64


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_an_encrypted_field_comes_back_and_looks_different_every_time(clear: str) -> None:
    first, second = KEYS.encrypt(clear), KEYS.encrypt(clear)
    assert first is not None
    assert first != second
    assert (KEYS.decrypt(first), KEYS.decrypt(memoryview(second or b""))) == (clear, clear)


def test_nothing_is_encrypted_to_nothing() -> None:
    assert (KEYS.encrypt(None), KEYS.decrypt(None), KEYS.blind_index(None)) == (None, None, None)


@pytest.mark.parametrize("place", [0, 1, 12, 13, -1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    sealed = bytearray(KEYS.encrypt("+8613800000000") or b"")
    sealed[place] ^= 1
    with pytest.raises(InvalidTag):
        KEYS.decrypt(bytes(sealed))


def test_another_house_cannot_read_it() -> None:
    with pytest.raises(InvalidTag):
        OTHER_HOUSE.decrypt(KEYS.encrypt("+8613800000000"))


def test_equal_phones_are_found_without_being_known() -> None:
    index = KEYS.blind_index("+8613800000000")
    assert index == KEYS.blind_index("+8613800000000")
    assert index not in (KEYS.blind_index("+8613800000001"), OTHER_HOUSE.blind_index("+8613800000000"))


def test_a_text_is_named_by_a_digest_that_says_nothing_without_its_salt() -> None:
    assert text_digest(b"a", "停水") != text_digest(b"b", "停水")
    assert text_digest(b"a", "停水") == text_digest(b"a", "停水")


@pytest.mark.parametrize("of", [Keys.pick_up_code, Keys.link_token])
def test_codes_and_links_can_be_derived_again(of: object) -> None:
    assert callable(of)
    assert of(KEYS, 614, 1) == of(keys_of(b"a secret of thirty-two bytes or more"), 614, 1)
