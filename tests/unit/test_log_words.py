"""Every action that the access log may hold has words for whoever reads the log, in both languages."""

import re
from collections.abc import Iterator

import pytest

from intake.pages.words import WORDS
from shared.command.paths import ROOT

# How actions are spelt where they are noted: `note(connection, viewer, "action"…` and `Change("action", …`.
_NOTED = re.compile(r'\bnote(?:_look)?\(\s*connection,\s*[\w.]+,\s*(?:"([a-z_]+)"(?: if [^,]* else "([a-z_]+)")?)')
_CHANGED = re.compile(r'\bChange\(\s*"([a-z_]+)"')


def noted() -> Iterator[str]:
    for service in ("intake", "shared", "worker"):
        for file in (ROOT / service).rglob("*.py"):
            text = file.read_text("utf-8")
            yield from (action for found in _NOTED.findall(text) for action in found if action)
            yield from _CHANGED.findall(text)


def test_there_are_actions_to_look_at() -> None:
    assert {"logged_in", "viewed", "denied", "staff_changed", "webhook_rotated"} <= set(noted())


@pytest.mark.parametrize("action", sorted(set(noted())))
def test_an_action_that_is_noted_has_words(action: str) -> None:
    assert f"log.did.{action}" in WORDS
