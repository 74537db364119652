"""Webhooks in the administrator's hands: the page and the command."""

import re
from argparse import ArgumentParser

import pytest

from shared import webhooks
from shared.command import webhook as verb
from shared.domain.errors import NotYours
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.settings import settings
from tests.integration.site import Site
from tests.integration.stage import ADMIN, Stage

URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def here(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("HOTLINE_WEBHOOK_NETWORKS", "127.0.0.0/8")
    settings.cache_clear()
    return site


def endpoints(stage: Stage) -> list[webhooks.Endpoint]:
    with stage.engine.connect() as connection:
        return webhooks.list_endpoints(connection, ADMIN)


def command(*words: str) -> int:
    parser = ArgumentParser()
    verb.arguments(parser)
    return verb.run(parser.parse_args(words))


def test_an_endpoint_is_made_its_secret_shown_once_and_every_step_written_down(here: Site) -> None:
    admin = here.person("root")
    admin.get("/admin/webhooks")
    made = admin.post("/admin/webhooks", url=URL, kinds="resolved")
    secret = re.search(r"whsec_[\w+/=]+", made.html)
    assert secret is not None
    again = admin.get("/admin/webhooks")
    assert secret[0] not in again.html
    assert URL in again.text
    [one] = endpoints(here.stage)
    assert (one.kinds, one.state) == (("resolved",), "active")
    page = admin.follow(admin.post(f"/admin/webhooks/{one.id}/disable"))
    assert "由人停用" in page.text
    admin.follow(admin.post(f"/admin/webhooks/{one.id}/enable"))
    rotated = admin.post(f"/admin/webhooks/{one.id}/rotate")
    assert secret[0] not in rotated.html
    assert "whsec_" in rotated.html
    for what in ("test", "replay"):
        assert admin.post(f"/admin/webhooks/{one.id}/{what}", days="3").status == 303
    logged = here.stage.rows("SELECT action, before, after FROM access_log ORDER BY id")
    actions = [row["action"] for row in logged if row["action"].startswith("webhook")]
    assert actions == [
        "webhook_added", "webhook_changed", "webhook_changed", "webhook_rotated", "webhook_replayed",
    ]  # fmt: skip
    assert "whsec_" not in repr(logged)


def test_an_address_inside_is_refused_and_what_was_typed_stays(site: Site) -> None:
    admin = site.person("root")
    admin.get("/admin/webhooks")
    page = admin.post("/admin/webhooks", url="https://169.254.169.254/latest", kinds="resolved")
    assert (page.status, page.value("url")) == (400, "https://169.254.169.254/latest")
    assert "这个地址在内网" in page.text
    assert endpoints(site.stage) == []


def test_the_endpoints_of_another_city_do_not_exist(here: Site) -> None:
    assert command("add", URL) == 0
    [one] = endpoints(here.stage)
    elsewhere = Viewer(Role.ADMIN, "qinghe", 9)
    with here.stage.engine.begin() as connection:
        assert webhooks.list_endpoints(connection, elsewhere) == []
        with pytest.raises(NotYours):
            webhooks.set_state(connection, elsewhere, one.id, is_active=False)


def test_the_command_does_the_same(
    here: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("add", URL, "--kind", "closed", "--kind", "resolved") == 0
    assert "whsec_" in capsys.readouterr().out
    [one] = endpoints(here.stage)
    name = str(one.id)
    for words in (("disable", name), ("enable", name), ("rotate", name), ("list",)):
        assert command(*words) == 0, words
    assert "active" in capsys.readouterr().out
    assert command("replay", name, "--since", "2026-09-01T00:00+08:00") == 0
    assert command("replay", name, "--since", "2026-09-01") == 1
    assert command("add", "https://10.0.0.1/") == 1
    assert command("add", URL, "--kind", "warned") == 1
    assert "warned" in capsys.readouterr().err
    monkeypatch.setattr(verb, "WAIT_SECONDS", 0.0)
    assert command("test", name) == 1, "nobody sends here"
    assert [job["part"] for job in here.stage.rows("SELECT part FROM job WHERE kind = 'hook'")] == [f"webhook:{name}"]
