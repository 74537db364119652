"""The table of sentences that must come out right: `router_sentences.csv`, written by hand."""

import csv
from pathlib import Path

import pytest

from router.decision import decide_route
from shared.cities.load import load_city
from shared.domain.routing import RoutingInput

_SHEET = Path(__file__).with_name("router_sentences.csv")
SENTENCES = list(csv.DictReader(_SHEET.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("row", SENTENCES, ids=[row["text"] for row in SENTENCES])
def test_the_sentence_goes_where_the_table_says(row: dict[str, str]) -> None:
    decision = decide_route(RoutingInput(1, row["text"], ""), load_city("chengdu"))
    holder = decision.chosen.holder_id if decision.chosen else "triage"
    assert (holder, decision.nature, decision.urgency) == (row["holder"], row["nature"], row["urgency"]), decision.why


@pytest.mark.parametrize("row", SENTENCES, ids=[row["text"] for row in SENTENCES])
def test_the_same_words_as_body_without_title_go_the_same_way(row: dict[str, str]) -> None:
    decision = decide_route(RoutingInput(1, "", row["text"]), load_city("chengdu"))
    assert (decision.chosen.holder_id if decision.chosen else "triage") == row["holder"], decision.why
