"""Every refusal that a page can meet has its words in both languages."""

import re
from collections.abc import Iterator

import pytest

from intake.pages.words import WORDS
from shared.command.paths import ROOT

# How refusals are spelt where they are raised; one whose sentence is the pages' own has its words by that.
_REFUSED = re.compile(r'(?:\bRefused|super\(\).__init__|\bTooMany)\(\s*(?:wait,\s*)?"([a-z_]+)"(?!,\s*say\()')
# What only a program's request or a command meets.
_NO_PAGE = {
    "bad_json",
    "bad_key",
    "key_may_not",
    "bad_signature",
    "code_needed",
    "enrol_first",
    "vanished",
    "over_quota",
}


def refused() -> Iterator[str]:
    for service in ("intake", "shared"):
        for file in (ROOT / service).rglob("*.py"):
            if "command" not in file.relative_to(ROOT).parts:
                yield from _REFUSED.findall(file.read_text("utf-8"))


def test_there_are_refusals_to_look_at() -> None:
    known = set(refused())
    assert {"not_found", "level_too_low", "bad_address", "too_many_reveals", "no_such_pack", "vanished"} <= known
    assert "digits_too_few" not in known


@pytest.mark.parametrize("code", sorted(set(refused()) - _NO_PAGE))
def test_a_refusal_that_a_page_can_meet_has_words(code: str) -> None:
    assert f"refusal.{code}" in WORDS
