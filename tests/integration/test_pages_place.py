"""Where it is, on the pages: as near as the router read it, unless a person has said otherwise."""

from router.decision import decide_batch
from router.handlers import command_of
from shared.domain import commands as c
from shared.domain.routing import RoutingInput
from tests.integration.site import Site
from tests.integration.stage import OPERATOR, ROUTER, rules_of


def routed(site: Site, title: str, body: str) -> int:
    """Return a ticket that the real router has decided."""
    ticket_id = site.stage.register(title=title, body=body)
    [decision] = decide_batch([RoutingInput(ticket_id, title, body)], rules_of("chengdu"))
    site.stage.ledger.execute(command_of(site.stage.ticket(ticket_id), decision, ROUTER))
    return ticket_id


def test_the_ticket_page_shows_street_and_community(site: Site) -> None:
    ticket_id = routed(site, "停水三天", "武侯区火车南站街道桐梓林社区停水三天了")
    page = site.person("lin").get(f"/tickets/{site.number(ticket_id)}")
    assert "武侯区火车南站街道 · 桐梓林社区" in page.text
    assert site.stage.ticket(ticket_id).county == "wuhou"


def test_a_county_that_a_person_corrected_is_shown_without_the_street_of_the_old_one(site: Site) -> None:
    ticket_id = routed(site, "停水三天", "武侯区火车南站街道停水三天了")
    site.stage.act(c.Amend, ticket_id, OPERATOR, reason="地点登记错了", county="jinjiang")
    page = site.person("lin").get(f"/tickets/{site.number(ticket_id)}")
    assert "<dd>锦江区</dd>" in page.html
    assert "<dd>武侯区火车南站街道" not in page.html


def test_triage_is_asked_which_county_it_is_and_offered_each_ones_bureau(site: Site) -> None:
    ticket_id = routed(site, "路灯坏了", "石羊那边的路灯坏了一周")
    page = site.person("lin").get(f"/tickets/{site.number(ticket_id)}")
    assert "“石羊”可能在高新区、都江堰市：请问是哪个区（市）县？" in page.text
    assert "成都高新区生态环境和城市管理局" in page.text
    assert "都江堰市综合行政执法局" in page.text
