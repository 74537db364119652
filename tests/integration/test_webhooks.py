"""What systems that listen are told, in which order, signed how, and what they never learn (SECURITY S10, S35)."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared import webhooks
from shared.domain import commands as c
from shared.domain.events import PUBLIC
from shared.domain.numbers import number_of
from tests.integration.hook_city import City, opened
from tests.integration.listener import sample
from tests.integration.stage import ADMIN, CITY, HANDLER, MONDAY, OPERATOR, UNIT, Stage, rules_at


@pytest.fixture
def city(stage: Stage) -> Iterator[City]:
    with opened(stage) as found:
        yield found


def test_public_steps_are_told_in_order_signed_and_without_a_word_of_the_matter(city: City) -> None:
    endpoint = city.listen()
    ticket = city.stage.resolved(email="wang@caller.example")
    while city.send():
        pass
    told = [json.loads(body) for body in city.listener.bodies]
    number = number_of(ticket.id, ticket.registered_at, rules_at(None, CITY).zone)  # type: ignore[arg-type]
    assert [one["type"] for one in told] == [
        f"hotline.ticket.{kind}.v1" for kind in city.stage.events(ticket.id) if kind in PUBLIC
    ]
    assert len(city.listener.receiver.seen) == len(told), "each verifies, with an id of its own"
    seqs = [one["data"]["seq"] for one in told]
    assert seqs == sorted(seqs)
    assert told[1] == {
        "specversion": "1.0", "id": f"{number}-2-{endpoint}", "source": "/12345/chengdu",
        "type": "hotline.ticket.dispatched.v1", "subject": number, "time": told[1]["time"],
        "datacontenttype": "application/json",
        "data": {
            "number": number, "seq": 2, "state": "dispatched",
            "unit": {"code": UNIT, "name": "成都市水务局", "name_en": told[1]["data"]["unit"]["name_en"]},
            "promised_at": "2026-09-16T09:00:00+00:00",
        },
    }  # fmt: skip
    whole = b"".join(city.listener.bodies).decode()
    for secret in ("王", "1380000", "自来水", "恢复供水", "caller.example", city.stage.keys.pick_up_code(ticket.id, 1)):
        assert secret not in whole
    assert {row["state"] for row in city.rows()} == {"sent"}


def test_nobody_listens_and_nothing_is_armed(city: City) -> None:
    city.stage.dispatched()
    assert city.stage.rows("SELECT 1 FROM job WHERE kind = 'hook'") == []


def test_who_wants_some_kinds_is_told_of_these_alone(city: City) -> None:
    city.listen("resolved")
    city.stage.resolved()
    city.send()
    assert [json.loads(body)["type"] for body in city.listener.bodies] == ["hotline.ticket.resolved.v1"]


def test_confidential_and_discipline_tickets_do_not_exist_for_who_listens(city: City) -> None:
    city.listen()
    city.stage.register(confidential=True)
    city.stage.register(accused_unit="urban_management")
    open_one = city.stage.register()
    city.stage.as_owner("UPDATE ticket SET confidential = true WHERE id = :id", id=open_one)
    city.send()
    assert city.listener.calls == []
    jobs = city.stage.rows("SELECT outcome, error FROM job WHERE kind = 'hook'")
    assert jobs == [{"outcome": "moot", "error": "not_public"}]


def test_what_has_failed_is_sent_again_by_hand_under_its_old_id(city: City) -> None:
    endpoint = city.listen("registered")
    ids = [city.stage.register() for _ in range(2)]
    city.listener.behave = lambda: "410"
    city.send()
    with city.stage.engine.begin() as connection:
        webhooks.set_state(connection, ADMIN, endpoint, is_active=True)
        assert webhooks.replay_failed(connection, ADMIN, endpoint, MONDAY + timedelta(hours=1)) == 0
        assert webhooks.replay_failed(connection, ADMIN, endpoint, MONDAY) == 2
    city.listener.behave = lambda: "ok"
    city.send()
    assert [row["state"] for row in city.rows()] == ["sent", "sent"]
    with city.stage.engine.begin() as connection:
        assert webhooks.replay(connection, ADMIN, endpoint, [(ids[0], 1), (10**9, 1)]) == 1
    city.send()
    assert len(city.listener.ids) > len(set(city.listener.ids)) == 2
    assert len(city.listener.receiver.seen) == 2, "who keeps the ids is told of nothing twice"


def test_a_later_step_waits_for_an_earlier_one(city: City) -> None:
    city.listen()
    city.listener.behave = lambda: "500"
    ticket = city.stage.dispatched()
    city.send()
    city.listener.behave = lambda: "ok"
    for _ in range(6):
        city.send_later()
    seqs = [json.loads(body)["data"]["seq"] for body in city.listener.bodies]
    assert seqs == [1, 1, 2]
    assert ticket.seq == 2


def test_both_secrets_sign_while_one_takes_the_others_place(city: City) -> None:
    endpoint = city.listen("registered")
    with city.stage.engine.begin() as connection:
        new = webhooks.rotate(connection, ADMIN, city.stage.keys, endpoint)
    city.stage.register()
    city.send()
    assert len(city.listener.receiver.seen) == 1, "the old secret still verifies"
    again = sample.Receiver(new)
    assert again.receive(city.listener.bodies[0], city.listener.calls[0]) == 204
    with city.stage.engine.begin() as connection:
        webhooks.rotate(connection, ADMIN, city.stage.keys, endpoint)
    city.stage.register()
    city.send()
    assert len(city.listener.receiver.seen) == 1, "after a second rotation the first secret is worth nothing"
    kept = city.stage.rows("SELECT secrets FROM webhook")[0]["secrets"]
    assert b"whsec" not in bytes(kept)


def test_the_sample_refuses_what_was_changed_is_old_or_comes_from_elsewhere(city: City) -> None:
    city.listen("registered")
    city.stage.register()
    city.send()
    receiver, call, body = city.listener.receiver, city.listener.calls[0], city.listener.bodies[0]
    assert receiver.receive(body, call) == 204, "a replay is answered and forgotten"
    assert len(receiver.seen) == 1
    at = int(call["webhook-timestamp"])
    for changed in (
        {"webhook-timestamp": str(at - 360)}, {"webhook-timestamp": str(at + 360)}, {"webhook-id": "x.y"},
        {"webhook-signature": "v1,AAAA"}, {"webhook-signature": "nonsense"}, {"webhook-timestamp": "soon"},
    ):  # fmt: skip
        assert receiver.receive(body, call | changed) == 400, changed
    assert receiver.receive(body + b" ", call) == 400
    assert receiver.receive(body, {}) == 400
    assert sample.Receiver("whsec_" + "A" * 43 + "=").receive(body, call) == 400


def test_a_test_goes_out_at_once_and_leaves_its_answer(city: City) -> None:
    endpoint = city.listen()
    with city.stage.engine.begin() as connection:
        webhooks.test(connection, ADMIN, endpoint)
    city.send()
    assert json.loads(city.listener.bodies[0])["type"] == "hotline.test.v1"
    assert (city.endpoint(endpoint).answer, city.rows()) == ("http_204", [])
    city.listener.behave = lambda: "500"
    with city.stage.engine.begin() as connection:
        webhooks.test(connection, ADMIN, endpoint)
    city.send()
    assert city.endpoint(endpoint).answer == "http_500"


def test_the_unit_that_works_on_it_learns_nothing_of_who_listens(city: City) -> None:
    city.listen()
    ticket = city.stage.dispatched()
    city.stage.act(c.Sign, ticket.id, HANDLER)
    city.stage.act(c.Supplement, ticket.id, OPERATOR, text="还没有水")
    assert not any("webhook" in kind for kind in city.stage.events(ticket.id))
