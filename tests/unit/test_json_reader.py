"""The strict JSON reader: what is not plain JSON for plain data is refused with a sentence (SECURITY S41)."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.json_reader import DEEPEST, BadJson, is_storable, parse_json

STORABLE = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | STORABLE
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STORABLE, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(STORABLE, PLAIN, max_size=5), st.booleans())
def test_plain_json_comes_through_unchanged(value: dict[str, object], ascii_only: bool) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only)) == value


@given(st.text())
def test_any_other_text_is_refused_and_never_breaks(text: str) -> None:
    with suppress(BadJson):
        assert isinstance(parse_json(text), dict)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("[]", id="a list"),
        pytest.param('"x"', id="a string"),
        pytest.param("null", id="null"),
        pytest.param('{"a":1', id="cut off"),
        pytest.param('{"a":1}x', id="more behind"),
        pytest.param('\ufeff{"a":1}', id="byte order mark"),
        pytest.param('{"a":NaN}', id="NaN"),
        pytest.param('{"a":Infinity}', id="Infinity"),
        pytest.param('{"a":[-Infinity]}', id="-Infinity"),
        pytest.param('{"a":1e400}', id="a number beyond all numbers"),
        pytest.param('{"a":[-1e400]}', id="a number below all numbers"),
        pytest.param('{"a":1,"a":2}', id="a field twice"),
        pytest.param('{"b":{"a":1,"a":1}}', id="a field twice inside"),
        pytest.param('{"a":"\\ud800"}', id="lone surrogate"),
        pytest.param('{"\\udfff":1}', id="lone surrogate as a name"),
        pytest.param('{"a":["x\\u0000"]}', id="NUL"),
        pytest.param('{"a":' + "1" * 5000 + "}", id="five thousand digits"),
        pytest.param("[" * 5_000, id="nested five thousand times"),
        pytest.param('{"a":' * 100_000, id="nested a hundred thousand times"),
        pytest.param('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", id="nested and closed again"),
    ],
)
def test_what_is_not_plain_json_is_refused(text: str) -> None:
    with pytest.raises(BadJson) as refusal:
        parse_json(text)
    assert refusal.value.code == "bad_json"


def test_nesting_is_allowed_to_a_depth_and_no_further() -> None:
    def nested(depth: int) -> str:
        return '{"a":' * depth + "1" + "}" * depth

    assert parse_json(nested(DEEPEST))
    with pytest.raises(BadJson, match="嵌套"):
        parse_json(nested(DEEPEST + 1))


@given(st.text())
def test_what_is_storable_can_be_encoded_for_postgresql(text: str) -> None:
    if is_storable(text):
        assert b"\0" not in text.encode("utf-8")
    else:
        assert "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)
