"""A lost code: the operator revokes it and reads out the new one; nobody else gets to see it."""

from shared.command.audit import audit
from shared.domain import commands as c
from tests.integration.site import Site
from tests.integration.stage import OPERATOR

WHY = "报对了姓名和地址，纸条丢了"


def test_the_operator_renews_a_lost_code_and_reads_it_out(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    number, caller, operator = site.number(ticket_id), site.caller(ticket_id), site.person("lin")
    assert caller.get("/ticket").status == 200
    operator.get(f"/tickets/{number}")
    page = operator.follow(operator.post(f"/tickets/{number}/renew_code", reason=WHY))
    code = site.stage.keys.pick_up_code(ticket_id, 2)
    assert f"{code[:5]} {code[5:]}" in page.text
    assert caller.get("/ticket").status == 303
    visitor = site.visitor()
    visitor.get("/")
    assert "换了新的提取码" in visitor.follow(visitor.post("/follow", number=number, code=code)).text
    assert site.stage.rows("SELECT count(*) FROM access_log WHERE action = 'code_read'") == [{"count": 1}]


def test_nobody_but_who_renewed_a_code_gets_to_see_it(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    number = site.number(ticket_id)
    site.stage.act(c.RenewCode, ticket_id, OPERATOR, reason=WHY)
    site.person("zhou")  # the first account: OPERATOR's id is taken by somebody who may not open the page at all
    for login, status in (("he", 303), ("zheng", 303), ("zhou", 403)):
        page = site.person(login).get(f"/tickets/{number}/code")
        assert page.status == status
        assert site.stage.keys.pick_up_code(ticket_id, 2) not in page.html


def test_a_renewal_without_a_reason_changes_nothing(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    number, operator = site.number(ticket_id), site.person("lin")
    operator.get(f"/tickets/{number}")
    assert operator.post(f"/tickets/{number}/renew_code", reason=" ").status == 400
    assert site.stage.ticket(ticket_id).code_version == 1


def test_a_renewal_is_a_legal_step_also_after_the_end(site: Site) -> None:
    ticket_id = site.stage.register()
    site.stage.act(c.AnswerDirectly, ticket_id, OPERATOR, public="请带身份证办理。")
    site.stage.act(c.RenewCode, ticket_id, OPERATOR, reason=WHY)
    assert audit(site.stage.engine.url.render_as_string(hide_password=False)).differences == []
