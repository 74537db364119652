"""Lines of the access log: what differs, who, from where; none can be changed (SECURITY S50)."""

from typing import Any

from shared import access_log
from shared.access_log import Change
from tests.integration.site import Site
from tests.integration.stage import ADMIN, Stage


def last(stage: Stage) -> dict[str, Any]:
    return dict(stage.rows("SELECT * FROM access_log ORDER BY id DESC LIMIT 1")[0])


def test_a_change_names_what_differs_before_and_after_and_nothing_else(stage: Stage) -> None:
    with stage.engine.begin() as connection:
        change = Change("key_changed", "key:3", {"name": "a", "quota": 5}, {"name": "a", "quota": 6})
        access_log.note_change(connection, ADMIN, change)
    line = last(stage)
    noted = (line["action"], line["object"], line["staff_id"], line["role"])
    assert noted == ("key_changed", "key:3", ADMIN.id, "admin")
    assert (line["before"], line["after"], line["fields"]) == ({"quota": 5}, {"quota": 6}, ["quota"])


def test_what_changes_nothing_leaves_no_line(stage: Stage) -> None:
    with stage.engine.begin() as connection:
        access_log.note_change(connection, ADMIN, Change("key_changed", "key:3", {"quota": 5}, {"quota": 5}))
    assert stage.rows("SELECT count(*) AS n FROM access_log") == [{"n": 0}]


def test_an_administrators_change_says_from_which_address(site: Site) -> None:
    root = site.person("root")
    root.get("/admin")
    assert root.post("/admin/people", login="new", name="新人", role="operator").status == 200
    line = site.stage.rows("SELECT * FROM access_log WHERE action = 'staff_added'")[0]
    assert (line["action"], line["address"], line["before"]) == ("staff_added", "127.0.0.1", {})
    assert line["after"]["role"] == "operator"
    assert "password" not in line["after"]
