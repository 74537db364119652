"""Many at one instant, through the door: one wins and everybody else is told, nothing is done twice (FAULTS 5.7)."""

import re
from collections import Counter
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from intake.identity import staff_cookie
from shared import people
from shared.domain.terms import Role
from shared.people import NewStaff
from tests.integration.api import BODY, Api
from tests.integration.crowd import at_once, behind_turns
from tests.integration.site import Site, Visitor
from tests.integration.stage import ANSWER, CITY, UNIT

CROWD = 32
REPLY = {"public": ANSWER, "internal": "换管", "contacted": True}
# Each transition with who make it, and the steps before it.
RACES: dict[str, tuple[tuple[str, ...], dict[str, Any], tuple[str, ...]]] = {
    "dispatch": (("lin", "he", "zheng"), {"unit": UNIT}, ()),
    "sign": (("zhou", "chen"), {}, ("dispatch",)),
    "reply": (("zhou", "chen"), REPLY, ("dispatch", "sign")),
    "resolve": (("zhou", "chen"), {}, ("dispatch", "sign", "reply")),
    "redo": (("lin", "zheng"), {"reason": "还是没有水"}, ("dispatch", "sign", "reply", "resolve")),
    "withdraw": (("lin", "he"), {"reason": "不用了"}, ("dispatch",)),
}


@pytest.fixture
def crowded(api: Api) -> Api:
    behind_turns(api.site)
    return api


@pytest.mark.parametrize("act", RACES)
def test_of_32_who_do_the_same_to_one_ticket_one_does_it_and_31_are_told(crowded: Api, act: str) -> None:
    who, form, before = RACES[act]
    number = crowded.file_at_console()["number"]
    for step in before:
        crowded.done("zhou" if step != "dispatch" else "lin", number, step, **RACES[step][1])
    (was,) = crowded.stage.rows("SELECT id, seq FROM ticket")
    clients = [crowded.staff(who[n % len(who)]) for n in range(CROWD)]

    def do(client: FlaskClient) -> TestResponse:
        return client.post(f"/api/v1/tickets/{number}/{act}", json=form | {"seen_seq": was["seq"]})

    answers = at_once(clients, do)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: CROWD - 1}
    (winner,) = (answer.json for answer in answers if answer.status_code == 200)
    (stands,) = crowded.stage.rows("SELECT seq, state FROM ticket")
    assert (winner["seq"], winner["state"]) == (stands["seq"], stands["state"])
    assert stands["seq"] - was["seq"] == winner["event_count"]
    assert len(crowded.stage.events(was["id"])) == stands["seq"]


@pytest.mark.parametrize("surface", ["public", "staff"])
def test_one_key_from_fifty_threads_is_one_ticket_and_everybody_gets_it(crowded: Api, surface: str) -> None:
    key = crowded.key()
    clients = [crowded.public() if surface == "public" else crowded.staff("lin") for _ in range(50)]
    answers = at_once(clients, lambda client: client.post("/api/v1/tickets", json={"body": BODY}, headers=key))
    assert Counter(answer.status_code for answer in answers) == {201: 50}
    assert all(answer.json == answers[0].json for answer in answers)
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert crowded.stage.rows("SELECT count(*) FROM ticket") == [{"count": 1}]
    assert crowded.stage.rows("SELECT count(*) FROM job WHERE kind = 'route'") == [{"count": 1}]


def operator(site: Site, n: int) -> int:
    with site.stage.engine.begin() as connection:
        new = NewStaff(city=CITY, login=f"op{n}", password=None, name=f"Op {n}", role=Role.OPERATOR)
        return people.add_staff(connection, new)


def at_page(site: Site, staff_id: int, path: str) -> Visitor:
    """Return a member of staff with a window of their own open."""
    visitor = Visitor(site.staff)
    with site.stage.engine.begin() as connection:
        visitor.client.set_cookie(staff_cookie(), people.open_session(connection, staff_id))
    assert visitor.get(path).status == 200
    return visitor


def test_32_who_ask_for_the_next_one_get_each_once_and_the_rest_are_told_that_there_is_none(crowded: Api) -> None:
    site = crowded.site
    waiting = {site.number(site.stage.resolved().id) for _ in range(20)}
    asking = [at_page(site, operator(site, n), "/followups") for n in range(CROWD)]
    pages = at_once(asking, lambda one: one.post("/followups/next"))
    assert {page.status for page in pages} == {303}
    given = [found[1] for page in pages if (found := re.search(r"t=(\d+)", page.location))]
    assert (len(given), set(given)) == (20, waiting)


def test_of_two_windows_that_reply_one_is_sent_and_the_other_keeps_its_words(crowded: Api) -> None:
    site = crowded.site
    ticket = site.stage.dispatched()
    number = site.number(ticket.id)
    crowded.done("zhou", number, "sign")
    zhou = site.id_of("zhou")
    windows = {
        words: at_page(site, zhou, f"/tickets/{number}") for words in ("一号窗口：已修好。", "二号窗口：已修好。")
    }
    form = REPLY | {"contacted": "1", "seen_seq": "3"}
    pages = at_once(
        list(windows), lambda words: windows[words].post(f"/tickets/{number}/reply", **(form | {"public": words}))
    )
    assert sorted(page.status for page in pages) == [303, 409]
    sent, kept = (words for _, words in sorted(zip([page.status for page in pages], windows, strict=True)))
    refused = next(page for page in pages if page.status == 409)
    assert kept in refused.html
    texts = site.stage.rows("SELECT text FROM ticket_text WHERE part = 'public'")
    assert [row["text"] for row in texts] == [sent]
