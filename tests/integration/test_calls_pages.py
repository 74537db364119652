"""Calls at the console: what rings at a seat, the ticket made of a call, whom to call back, and the figures."""

import json
import re

import pytest
import redis

from shared.bell import SEATS_CHANNEL, bell
from shared.domain.terms import Channel
from shared.settings import settings
from tests.integration.site import Page, Visitor
from tests.integration.telephony import PHONE, SEAT, Adapter, answered, event, missed, rings

MASKED = "138****5678"
E164 = "+8613812345678"


def seated(adapter: Adapter, login: str = "lin", extension: str = SEAT) -> Visitor:
    """Return an operator at a telephone, which an administrator has named."""
    site = adapter.api.site
    person, root = site.person(login), site.person("root")
    assert give_telephone(root, site.id_of(login), extension).status == 303
    return person


def give_telephone(root: Visitor, staff_id: int, extension: str) -> Page:
    version = root.get(f"/admin/people/{staff_id}").value("version")
    form = {"name": "Lin Xiao", "role": "operator", "extension": extension, "version": version}
    return root.post(f"/admin/people/{staff_id}", **form)


def register(lin: Visitor, body: str = "停水了", **more: str) -> str:
    """Register at the console and return where it leads."""
    form = lin.get("/console" + (f"?call={more['call']}" if "call" in more else ""))
    sent = lin.post("/console", key=form.value("key"), body=body, channel="phone", **more)
    assert sent.status == 303, sent.text
    return sent.location


def test_a_call_that_rings_is_shown_at_its_seat_and_nowhere_else(adapter: Adapter) -> None:
    lin, he = seated(adapter), seated(adapter, "he", "802")
    adapter.hear(*rings())
    assert MASKED in lin.get("/console").text
    assert "来电" in lin.get("/console").text
    for other in (he, adapter.api.site.person("zheng")):
        assert MASKED not in other.get("/console").text
    adapter.hear(event("abandoned", 9))
    assert "call.register" not in lin.get("/console").html
    assert not adapter.api.stage.rows("SELECT 1 FROM call WHERE rings_at IS NOT NULL")


def test_what_rings_stands_before_what_was_answered_however_much_that_is(adapter: Adapter) -> None:
    lin = seated(adapter)
    for n in range(4):
        adapter.hear(*answered(f"a{n}", "13900001111", seconds=n))
    adapter.hear(*rings("r"))
    page = lin.get("/console").text
    assert 0 < page.index(MASKED) < page.index("139****1111")


def test_the_consoles_at_the_seats_of_a_call_are_told(
    adapter: Adapter, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for login in ("he", "wu", "zheng", "lin"):
        seated(adapter, login, {"lin": SEAT}.get(login, ""))
    lin = adapter.api.site.id_of("lin")
    monkeypatch.setenv("REDIS_URL", valkey_url)
    settings.cache_clear()
    monkeypatch.setattr(bell(), "_quiet_until", 0.0)
    monkeypatch.setattr(bell(), "_redis", None)
    with redis.Redis.from_url(valkey_url) as client:
        listener = client.pubsub(ignore_subscribe_messages=True)
        listener.subscribe(SEATS_CHANNEL)
        listener.get_message(timeout=5)
        adapter.hear(*rings())
        while (told := listener.get_message(timeout=10)) is not None:
            if json.loads(told["data"]) == [lin]:
                break  # the channel is the whole run's: others are told of too
        listener.close()
    assert told is not None


def test_the_whole_number_is_on_no_page_of_a_call(adapter: Adapter) -> None:
    lin = seated(adapter)
    adapter.hear(*answered(), *missed("c2", "13900001111"))
    call_id = adapter.api.stage.rows("SELECT id FROM call WHERE subject = 'c1'")[0]["id"]
    for path in ("/console", f"/console?call={call_id}"):
        html = lin.get(path).html
        assert MASKED in html
        assert PHONE not in html
        assert "13900001111" not in html


def test_the_seat_sees_the_tickets_of_the_number_but_none_that_it_may_not_see(adapter: Adapter) -> None:
    lin, stage = seated(adapter), adapter.api.stage
    register(lin, "路灯不亮", phone=PHONE)
    register(lin, "别人的事", phone="13900000000")
    he = adapter.api.site.person("he")
    he.get("/console")
    he.post("/console", body="秘密的事", channel="phone", phone=PHONE, confidential="true")
    assert len(stage.rows("SELECT 1 FROM ticket")) == 3
    adapter.hear(*rings())
    page = lin.get("/console").text
    assert "路灯不亮" in page
    assert "别人的事" not in page
    assert "秘密的事" not in page


def test_a_ticket_registered_from_a_call_has_its_number_and_is_bound_to_it(adapter: Adapter) -> None:
    lin, stage = seated(adapter), adapter.api.stage
    adapter.hear(*answered())
    call_id = stage.rows("SELECT id FROM call")[0]["id"]
    register(lin, call=str(call_id))
    ticket = stage.rows("SELECT id, channel FROM ticket")[0]
    assert ticket["channel"] == Channel.PHONE
    assert stage.rows("SELECT ticket_id FROM call") == [{"ticket_id": ticket["id"]}]
    sealed = stage.rows("SELECT phone FROM caller")[0]["phone"]
    assert stage.keys.decrypt(sealed) == E164
    assert f"call={call_id}" not in lin.get("/console").html


def test_a_ticket_is_bound_to_its_call_in_the_transaction_that_makes_it(adapter: Adapter) -> None:
    lin, stage = seated(adapter), adapter.api.stage
    adapter.hear(*answered())
    register(lin, call=str(stage.rows("SELECT id FROM call")[0]["id"]))
    assert stage.rows("SELECT 1 FROM ticket JOIN call ON call.ticket_id = ticket.id WHERE call.xmin = ticket.xmin")


def test_a_number_typed_by_the_operator_stands_before_that_of_the_call(adapter: Adapter) -> None:
    lin, stage = seated(adapter), adapter.api.stage
    adapter.hear(*answered())
    register(lin, call=str(stage.rows("SELECT id FROM call")[0]["id"]), phone="13911112222")
    assert stage.keys.decrypt(stage.rows("SELECT phone FROM caller")[0]["phone"]) == "+8613911112222"


def test_a_mistake_in_the_form_keeps_the_call(adapter: Adapter) -> None:
    lin = seated(adapter)
    adapter.hear(*answered())
    call_id = str(adapter.api.stage.rows("SELECT id FROM call")[0]["id"])
    form = lin.get(f"/console?call={call_id}")
    wrong = lin.post("/console", key=form.value("key"), body="停水了", channel="phone", call=call_id, phone="12")
    assert (wrong.status, wrong.value("call")) == (400, call_id)


@pytest.mark.parametrize("odd", ["", "x", "-1", "9" * 30, "٣"])
def test_a_call_that_is_none_is_passed_over(adapter: Adapter, odd: str) -> None:
    lin = seated(adapter)
    assert lin.get("/console", query_string={"call": odd}).status == 200
    lin.get("/console")
    assert lin.post("/console", body="停水了", channel="phone", call=odd).status == 303


def test_nobody_makes_a_ticket_of_a_call_at_somebody_elses_seat(adapter: Adapter) -> None:
    he, stage = seated(adapter, "he", "802"), adapter.api.stage
    adapter.hear(*answered())
    register(he, call=str(stage.rows("SELECT id FROM call")[0]["id"]))
    assert stage.rows("SELECT ticket_id FROM call") == [{"ticket_id": None}]
    assert stage.rows("SELECT phone FROM caller") == [{"phone": None}]


def test_a_missed_call_waits_to_be_called_back_until_somebody_reached_them(adapter: Adapter) -> None:
    lin, stage = seated(adapter), adapter.api.stage
    adapter.hear(*missed(), *missed("c2", seconds=60))
    page = lin.get("/console")
    assert page.text.count(MASKED) == 1
    assert "漏接 2 次" in page.text
    call_id = stage.rows("SELECT max(id) AS id FROM call")[0]["id"]
    shown = lin.post(f"/calls/{call_id}/number")
    assert E164 in shown.text
    assert stage.rows("SELECT action, fields FROM access_log WHERE action = 'revealed'") == [
        {"action": "revealed", "fields": ["call", str(call_id)]}
    ]
    assert lin.post(f"/calls/{call_id}/reached").status == 303
    assert MASKED not in lin.get("/console").text
    assert stage.rows("SELECT DISTINCT call_back FROM call") == [{"call_back": "reached"}]
    late = lin.post(f"/calls/{call_id}/number")
    assert E164 not in late.text
    assert "现在没有要回拨的号码" in late.text
    assert len(stage.rows("SELECT id FROM access_log WHERE action = 'revealed'")) == 1  # nothing was shown


def test_numbers_of_missed_calls_count_as_revealed_with_the_same_alarm_and_end(
    adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin, he, stage = seated(adapter), seated(adapter, "he", "802"), adapter.api.stage
    adapter.hear(*missed())
    call_id = stage.rows("SELECT id FROM call")[0]["id"]
    monkeypatch.setenv("HOTLINE_LIMITS", "reveal_alarm=1/3600 reveal=2/3600")
    settings.cache_clear()
    lin.get("/console?lang=en")
    paths = (f"/calls/{call_id}/number", "/calls/next", "/calls/next")
    pages = [lin.post(path) for path in paths]
    assert [page.status for page in pages] == [200, 200, 429]
    assert [E164 in page.text for page in pages] == [True, True, False]
    assert "Too many were shown" in pages[-1].text
    noted = stage.rows("SELECT action, reason FROM access_log WHERE action LIKE 'reveal%' ORDER BY id")
    revealed, alarm = {"action": "revealed", "reason": "回拨"}, {"action": "reveal_alarm", "reason": None}
    assert noted == [revealed, revealed, alarm, alarm]
    he.get("/console")
    assert E164 in he.post("/calls/next").text  # nobody holds what nobody was shown


def test_who_could_not_be_reached_three_times_leaves_the_list(adapter: Adapter) -> None:
    lin, stage = seated(adapter), adapter.api.stage
    adapter.hear(*missed())
    call_id = stage.rows("SELECT id FROM call")[0]["id"]
    for tries in (1, 2):
        lin.get("/console")
        lin.post(f"/calls/{call_id}/unreached")
        assert f"已试 {tries} 次" in lin.get("/console").text
    lin.post(f"/calls/{call_id}/unreached")
    assert MASKED not in lin.get("/console").text
    assert stage.rows("SELECT call_back FROM call") == [{"call_back": "given_up"}]


@pytest.mark.parametrize("news_first", [True, False])
def test_a_call_back_is_moot_once_the_same_number_got_through_whichever_news_came_first(
    adapter: Adapter, news_first: bool
) -> None:
    lin = seated(adapter, extension="809")
    got_through = answered("c2", seconds=300)
    adapter.hear(*(got_through + missed() if news_first else missed() + got_through))
    assert MASKED not in lin.get("/console").text
    adapter.hear(*missed("c3", seconds=600))
    assert MASKED in lin.get("/console").text


def test_a_withheld_number_is_counted_but_nobody_can_call_it_back(adapter: Adapter) -> None:
    lin = seated(adapter, extension="809")
    adapter.hear(*missed(phone="anonymous"))
    assert "漏接" not in lin.get("/console").text


def test_an_extension_belongs_to_one_person(adapter: Adapter) -> None:
    seated(adapter)
    root = adapter.api.site.person("root")
    adapter.api.site.person("he")
    he = adapter.api.site.id_of("he")
    taken = give_telephone(root, he, SEAT)
    assert (taken.status, "这个分机已经给了别人" in taken.text) == (409, True)
    assert give_telephone(root, he, "").status == 303


def test_the_figures_match_a_count_by_hand(adapter: Adapter) -> None:
    def after(wait: float, call: str) -> None:
        came = event("offered", 0, call, direction="in", caller={"number": PHONE})
        adapter.hear(came, event("queued", 1, call), event("answered", 1 + wait, call, leg={"agent_id": SEAT}))

    for wait, name in ((5, "a"), (15, "b"), (15.1, "c"), (0.9, "d")):
        after(wait, name)
    adapter.hear(*missed("e"))
    adapter.hear(event("offered", 0, "out", direction="out"), event("answered", 50, "out"))
    page = adapter.api.site.person("zheng").get("/overview").html
    table = page.partition('data-live="calls"')[2].partition("</section>")[0]
    cells = re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", table)
    assert cells[-6:] == ["2026-09-07", "5", "80.0%", "60.0%", "1", "9.0 秒"]


def test_the_metrics_tell_of_the_last_day(adapter: Adapter) -> None:
    now = adapter.api.stage.rows("SELECT clock_timestamp() - interval '1 hour' AS at")[0]["at"]
    old, new = event("offered", call="old"), event("offered", call="new") | {"time": now.isoformat()}
    adapter.hear(old | {"time": "2026-01-01T00:00:00Z"}, new)
    text = adapter.api.staff().get("/metrics").get_data(as_text=True)
    assert 'hotline_calls{figure="offered"} 1.0' in text
    assert 'hotline_calls{figure="answered"} 0.0' in text
