"""The table of sentences that must come out right: `router_sentences.csv`, written by hand.

`a|b` where two people who know the city would each be right. `co_handlers` are those of the chosen one.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

from router.decision import decide_route
from shared.cities.load import load_city
from shared.domain.routing import Decision, RoutingInput

_SHEET = Path(__file__).with_name("router_sentences.csv")
SENTENCES = list(csv.DictReader(_SHEET.read_text(encoding="utf-8").splitlines()))


def _wrong(row: Mapping[str, str], decision: Decision) -> dict[str, str]:
    said = {
        "holder": decision.chosen.holder_id if decision.chosen else "triage",
        "nature": str(decision.nature),
        "urgency": str(decision.urgency),
        "referral": decision.referral or "",
    }
    beside = "|".join(decision.chosen.co_handlers) if decision.chosen else ""
    wrong = {name: one for name, one in said.items() if one not in row[name].split("|")}
    return wrong if beside == row["co_handlers"] else wrong | {"co_handlers": beside}


@pytest.mark.parametrize("row", SENTENCES, ids=[row["text"] for row in SENTENCES])
def test_the_sentence_goes_where_the_table_says(row: dict[str, str]) -> None:
    decision = decide_route(RoutingInput(1, row["text"], ""), load_city("chengdu"))
    assert not _wrong(row, decision), decision.why


@pytest.mark.parametrize("row", SENTENCES, ids=[row["text"] for row in SENTENCES])
def test_the_same_words_as_body_without_title_go_the_same_way(row: dict[str, str]) -> None:
    decision = decide_route(RoutingInput(1, "", row["text"]), load_city("chengdu"))
    assert (decision.chosen.holder_id if decision.chosen else "triage") in row["holder"].split("|"), decision.why
