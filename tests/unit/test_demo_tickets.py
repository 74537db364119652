"""The demo's requests: repeatable, varied, plainly invented, and such as the router can route."""

import re
from itertools import islice

from router.decision import decide_route
from shared.cities.load import load_city
from shared.command.demo_tickets import REPLIES, generate, reply_for
from shared.domain.routing import RoutingInput
from shared.domain.terms import Channel

RULES = load_city("chengdu")
SOME = list(islice(generate(7), 1_500))


def test_the_same_seed_gives_the_same_requests_and_another_others() -> None:
    assert list(islice(generate(7), 50)) == SOME[:50]
    assert list(islice(generate(8), 50)) != SOME[:50]


def test_many_duties_and_every_channel_occur_and_texts_vary() -> None:
    written = {ticket.duty for ticket in SOME} - {None}
    assert written <= set(RULES.duties)
    assert len(written) > 100
    assert len({ticket.body for ticket in SOME}) > 1_000
    assert {ticket.channel for ticket in SOME} >= {Channel.PHONE, Channel.WECHAT, Channel.WEB}


def test_no_blank_is_left_and_numbers_are_plainly_invented() -> None:
    for ticket in SOME:
        assert not re.search(r"[{}]", ticket.title + ticket.body)
        assert re.fullmatch(r"1990000\d{4}", ticket.phone)


def test_all_counties_occur() -> None:
    found = {decide_route(RoutingInput(1, ticket.title, ticket.body), RULES).county for ticket in SOME}
    assert found >= set(RULES.counties)


def test_the_router_finds_the_duty_a_request_was_written_for() -> None:
    written = [ticket for ticket in SOME if ticket.duty]
    chosen = [decide_route(RoutingInput(1, ticket.title, ticket.body), RULES).chosen for ticket in written]
    right = sum(one is not None and one.duty == ticket.duty for one, ticket in zip(chosen, written, strict=True))
    assert right / len(written) > 0.95


def test_every_duty_written_for_has_its_replies_without_empty_words() -> None:
    assert set(REPLIES) <= {*RULES.duties, "other"}
    assert {ticket.duty for ticket in SOME if ticket.duty} <= set(REPLIES)
    assert reply_for(None) == REPLIES["other"]
    for reply in REPLIES.values():
        assert all((reply.public, reply.internal, reply.return_reason))
        assert not any(
            word in reply.public for word in ("相关部门", "积极协调", "敬请谅解", "耐心等待", "感谢您的支持")
        )
