"""The log as administrators read it: search, pages, export, the command; units and seats without people (S33, S50)."""

import csv
import io
import json
from typing import Any

import pytest

from intake.pages.csv_answer import cell
from shared import access_log
from shared.access_log import Change
from shared.command.__main__ import VERBS
from shared.command.log import in_words
from shared.command.staff import run as run_staff
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.reads.log_lines import LogSearch, log_lines
from tests.integration.site import Site
from tests.integration.stage import ADMIN, CITY, UNIT, Stage, rules_of


def arguments_of(verb: str, *words: str) -> Any:
    import argparse
    from importlib import import_module

    parser = argparse.ArgumentParser()
    import_module(f"shared.command.{VERBS[verb].module}").arguments(parser)
    return parser.parse_args(words)


def test_the_log_is_searched_by_person_ticket_action_and_day(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    number = site.number(ticket_id)
    zhou, luo, root = site.person("zhou"), site.person("luo"), site.person("root")
    zhou.get(f"/tickets/{number}")
    zhou.post(f"/tickets/{number}/reveal", reason="回电话核实地点")
    luo.post(f"/tickets/{number}/take")
    of_ticket = root.get(f"/admin/log?number={number}").text
    assert "显示完整号码" in of_ticket
    assert "回电话核实地点" in of_ticket
    assert "被拒" in of_ticket
    assert "13800000000" not in of_ticket
    assert "回电话核实地点" not in root.get("/admin/log?who=luo").text
    denied = root.get("/admin/log?who=luo&action=denied").text
    assert "Luo Jin" in denied
    assert "没有符合的记录" in root.get("/admin/log?until=2020-01-01").text
    for wrong in ("who=nobody", "number=12", "since=yesterday", "until=99999-01-01"):
        assert root.get(f"/admin/log?{wrong}").status == 400, wrong


def test_the_log_has_pages_of_fifty(site: Site) -> None:
    with site.stage.engine.begin() as connection:
        for at in range(120):
            access_log.note(connection, ADMIN, "tried", fields=(f"no-{at}-",))
    root, seen = site.person("root"), []
    address = "/admin/log?action=tried"
    while address and len(seen) < 9:
        page = root.get(address)
        seen.append(page.text.count("no-"))
        links = [a.get("href") or "" for tag, a in page.tags if tag == "a" and a.get("class") == "button"]
        address = next((link for link in links if "below=" in link), "")
    assert seen == [50, 50, 20]


def test_an_export_holds_no_formula_and_stands_in_the_log(site: Site) -> None:
    with site.stage.engine.begin() as connection:
        access_log.note(connection, ADMIN, "tried", reason="=HYPERLINK(1)")
    root = site.person("root")
    root.get("/admin/log")
    sent = root.post("/admin/log.csv", action="tried").response
    rows = list(csv.DictReader(io.StringIO(sent.get_data(as_text=True).lstrip("\ufeff"))))
    assert [row["reason"] for row in rows[:-1]] == ["'=HYPERLINK(1)"]
    assert "root" in rows[-1].values()  # who took it
    noted = site.stage.rows("SELECT fields FROM access_log WHERE action = 'exported'")
    assert noted == [{"fields": ["log", "lines=1", "action=tried"]}]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠"])
def test_no_cell_begins_like_a_formula(start: str) -> None:
    assert cell(f"{start}1") == f"'{start}1"
    assert cell("plain") == "plain"


def test_only_administrators_read_lines_and_only_of_their_city(stage: Stage) -> None:
    with stage.engine.begin() as connection:
        access_log.note_change(connection, None, Change("key_changed", "key:1", {}, {"a": 1}))
        rules = rules_of(CITY)
        assert len(log_lines(ADMIN, connection, rules, LogSearch())) == 1
        for role in (Role.SUPERVISOR, Role.OPERATOR, Role.HANDLER):
            assert log_lines(Viewer(role, CITY, 1, UNIT), connection, rules, LogSearch()) == []


def test_a_line_for_a_terminal_cannot_be_forged_by_what_was_typed(stage: Stage) -> None:
    with stage.engine.begin() as connection:
        access_log.note(connection, ADMIN, "revealed", reason="x\n2026-01-01 forged \x1b[31m")
        [line] = log_lines(ADMIN, connection, rules_of(CITY), LogSearch())
    assert len(in_words(line).splitlines()) == 1
    assert "\x1b" not in in_words(line)


def test_units_and_seats_without_anybody_stand_out(site: Site) -> None:
    site.add("chen")
    site.add("wu")
    root = site.person("root")
    names = {code: unit.name for code, unit in rules_of(CITY).units.items()}
    units = root.get(f"/admin/units?q={names[UNIT]}")
    assert "Chen Ke" in units.text
    assert f'unit={UNIT}"' in units.html
    empty = root.get("/admin/units?only=empty").text
    assert names["urban_management"] in empty
    assert names[UNIT] not in empty
    seats = root.get("/admin/seats").text
    assert "Wu Lan" in seats
    assert "没有人" in seats


def test_the_command_adds_changes_and_disables_as_the_pages_do(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.add("root")

    def staff(*words: str) -> tuple[int, str]:
        code = run_staff(arguments_of("staff", *words))
        said = capsys.readouterr()
        return code, said.out + said.err

    code, said = staff("add", "New", "--name", "新人", "--role", "handler", "--unit", UNIT, "--leads", "yes")
    assert code == 0
    password = said.split()[1]
    visitor = site.person("root")
    assert (visitor.get("/admin?q=new").status, password not in visitor.get("/admin?q=new").text) == (200, True)
    assert staff("set", "new", "--role", "expert", "--skills", "tax")[0] == 0
    assert [one["skills"] for one in json.loads(staff("list", "new", "--json")[1])] == [["tax"]]
    assert staff("set", "new", "--unit", "nowhere")[0] == 1
    assert staff("disable", "root") == (1, staff("disable", "root")[1])
    assert "last_admin" in staff("disable", "root")[1]
    assert staff("password", "nobody")[0] == 2
    assert staff("disable", "new")[0] == 0
    assert "DISABLED" in staff("list", "new")[1]
    noted = site.stage.rows("SELECT action, address FROM access_log WHERE object IS NOT NULL ORDER BY id")
    assert [line["action"] for line in noted] == ["staff_added", "password_given", "staff_changed", "staff_disabled"]
    assert all(line["address"].startswith("command:") for line in noted)
