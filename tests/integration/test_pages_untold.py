"""What staff see of notices: on the ticket what became of each, and a list of callers whom none has reached."""

from shared import notices
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.notices import Receipt, Result
from shared.reads.notices import untold, untold_count
from tests.integration.site import Site
from tests.integration.stage import CITY, rules_of

PART = "sms:caller"


def told(site: Site, ticket_id: int, seq: int, state: str, error: str | None = None) -> None:
    with site.stage.engine.begin() as connection:
        begun = notices.begin(connection, ticket_id, seq, PART)
        assert begun is not None
        notices.end(connection, begun, Result(state, error, "aliyun", f"biz-{ticket_id}-{seq}"))


def undelivered(site: Site, ticket_id: int, seq: int) -> None:
    with site.stage.engine.begin() as connection:
        assert notices.receive(connection, "aliyun", Receipt(f"biz-{ticket_id}-{seq}", "", False, "MK:0001"))


def test_the_ticket_says_what_became_of_each_notice(site: Site) -> None:
    ticket_id = site.stage.dispatched(tell_by_sms=True).id
    told(site, ticket_id, 1, "sent")
    told(site, ticket_id, 2, "failed", "isv.MOBILE_NUMBER_ILLEGAL")
    page = site.person("lin").get(f"/tickets/{site.number(ticket_id)}")
    assert "已发出" in page.text
    assert "没有发出" in page.text
    assert "isv.MOBILE_NUMBER_ILLEGAL" in page.text
    undelivered(site, ticket_id, 1)
    assert "MK:0001" in site.person("lin").get(f"/tickets/{site.number(ticket_id)}").text
    assert "isv.MOBILE" not in site.person("zhou").get(f"/desk?t={site.number(ticket_id)}").text, (
        "not the unit's matter"
    )


def test_callers_whom_nothing_has_reached_are_listed_until_something_does(site: Site) -> None:
    lost, found, unseen = (site.stage.dispatched(tell_by_sms=True).id for _ in range(3))
    told(site, lost, 1, "failed", "number_capped")
    told(site, found, 1, "failed", "number_capped")
    told(site, found, 2, "sent")
    told(site, unseen, 1, "sent")
    undelivered(site, unseen, 1)
    page = site.person("lin").get("/untold")
    numbers = [site.number(one) in page.text.replace(" ", "") for one in (lost, found, unseen)]
    assert numbers == [True, False, True]
    told(site, unseen, 2, "sent")
    assert site.number(unseen) not in site.person("zheng").get("/untold").text.replace(" ", "")


def test_a_confidential_ticket_is_in_no_other_operators_list(site: Site) -> None:
    ticket_id = site.stage.dispatched(tell_by_sms=True, confidential=True).id
    told(site, ticket_id, 1, "failed", "no_mobile")
    with site.stage.engine.connect() as connection:
        seen = {who: len(untold(Viewer(Role.OPERATOR, CITY, who), connection, rules_of(CITY))) for who in (1, 10**6)}
        assert seen == {1: 1, 10**6: 0}
        assert untold_count(Viewer(Role.OPERATOR, CITY, 10**6), connection) == 0
