"""`hotline pack` and `hotline calendar import` as a person uses them, on a database of the test's own."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.command.__main__ import main
from shared.domain.follow_ups import JobKind
from tests.conftest import Database
from tests.integration.api import Api
from tests.integration.site import Site
from tests.integration.stage import Stage
from tests.integration.town import SHIPPED, Town, with_limit

NOTICE = (
    "date,kind,name,name_en,hours\n"
    "2027-01-01,rest,元旦,New Year,\n2027-01-04,rest,元旦,New Year,\n2027-01-05,rest,元旦,New Year,\n"
    "2027-01-09,work,元旦调休上班,Make-up workday,\n"
)
YEAR_END = datetime(2026, 12, 24, 2, tzinfo=UTC)


@pytest.fixture
def town(
    stage: Stage,
    database: Database,
    as_settings: Callable[[Stage], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Town:
    """A city whose commands find this database as one that somebody else runs."""
    as_settings(stage)
    monkeypatch.setenv("DATABASE_OWNER_URL", database.owner_url)
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path / "data"))
    return Town.of(stage)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack with a shorter limit."""
    return written(tmp_path / "pack", with_limit(3))


def written(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def hotline(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Run a verb; return its exit code and all it said."""
    capsys.readouterr()  # what the ledger logged before
    code = main(list(words))
    said = capsys.readouterr()
    return code, said.out + said.err


def test_check_sums_up_a_good_pack_and_lists_all_mistakes_of_a_bad_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = hotline(capsys, "pack", "check", str(folder))
    assert code == 0
    for words in ("chengdu 2026", "261 streets", "duties", "official years 2025, 2026"):
        assert words in said
    (folder / "skills.csv").write_text("code,name\n")
    (folder / "pack.yaml").write_text("city: chengdu\n")
    code, said = hotline(capsys, "pack", "check", str(folder))
    assert code == 1
    assert "skills.csv line 1: the columns must be" in said
    assert "pack.yaml: zone" in said


def test_a_pack_is_loaded_compared_activated_and_taken_back(
    town: Town, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ticket, shipped = town.stage.dispatched(), town.active()
    code, said = hotline(capsys, "pack", "load", str(folder))
    assert (code, "loaded as 2" in said) == (0, True)
    assert "known before as 2" in hotline(capsys, "pack", "load", str(folder))[1]
    code, said = hotline(capsys, "pack", "diff")
    assert "profile.csv: +0 -0 ~1" in said
    assert "amount: 7 → 3" in said
    assert "1 open tickets would be due at another time" in said
    assert "2026-09-16 17:00 → 2026-09-10 17:00" in said
    assert town.active() == shipped
    assert hotline(capsys, "pack", "diff", str(folder))[1] == said  # a folder as well
    assert hotline(capsys, "pack", "activate", "2")[0] == 0
    town.recount()
    assert town.stage.ticket(ticket.id).due_at == datetime(2026, 9, 10, 9, tzinfo=UTC)
    assert hotline(capsys, "pack", "activate", "2")[1].endswith("already.\n")
    assert hotline(capsys, "pack", "rollback")[0] == 0
    assert town.active() == shipped
    said = hotline(capsys, "pack", "list")[1]
    assert f"*    1  {shipped.version}" in said
    assert "rollback" in said


def test_whoever_expects_another_version_is_refused_and_told_who_was_first(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped, other = town.active(), town.load(with_limit(4))
    town.activate(with_limit(3))
    code, said = hotline(capsys, "pack", "activate", str(other.id), "--expect", shipped.version)
    assert (code, "pack_overtaken: test, 2026-09-07" in said) == (1, True)


def test_a_version_that_nobody_loaded_is_not_there(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    assert hotline(capsys, "pack", "activate", "99")[0] == 2
    assert hotline(capsys, "pack", "rollback")[0] == 2


def test_a_notice_moves_the_tickets_that_counted_through_its_year(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage, notice = town.stage, tmp_path / "2027.csv"
    notice.write_text(NOTICE, encoding="utf-8")
    early = stage.dispatched()
    stage.set_clock(YEAR_END)
    late = stage.dispatched(email="a@example.com")
    assert late.reply_clock is not None
    assert late.reply_clock.is_provisional
    code, said = hotline(capsys, "calendar", "import", str(notice))
    assert (code, "Nothing was changed" in said, town.active().id) == (0, True, 1)
    assert "2027: 3 days of rest, 1 days of work" in said
    code, said = hotline(capsys, "calendar", "import", str(notice), "--apply", "--json")
    moves = {move["stage"]: (move["before"], move["after"]) for move in json.loads(said)["moves"]}
    town.recount()
    after = stage.ticket(late.id)
    assert after.reply_clock is not None
    assert after.due_at == datetime.fromisoformat(moves["reply"][1]) != datetime.fromisoformat(moves["reply"][0])
    assert (after.reply_clock.is_provisional, after.promised_at) == (False, after.due_at)
    assert stage.jobs(late.id, JobKind.NOTIFY)[-1]["cause_seq"] == after.seq
    assert stage.ticket(early.id).due_at == early.due_at
    assert (
        "3 days of rest, 1 days of work or other hours, instead of 4 days"
        in hotline(capsys, "calendar", "import", str(notice))[1]
    )


def test_an_old_clock_is_explained_by_the_calendar_it_was_counted_with(
    town: Town, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = town.stage
    ticket = stage.dispatched()
    said = hotline(capsys, "explain", site.number(ticket.id))[1]
    calendar = SHIPPED["calendar.csv"] + "2026-09-09,rest,市运会,Games,\n".encode()
    town.activate({**SHIPPED, "calendar.csv": calendar})
    assert hotline(capsys, "explain", site.number(ticket.id))[1] == said


def test_health_and_overview_say_how_far_the_calendar_is_known(api: Api) -> None:
    stage = api.stage
    said = api.public().get("/health/ready").json["calendar"]
    assert said == {
        "official_years": [2025, 2026], "known_until": "2026-12-31", "ends_soon": False, "provisional_due_times": False,
    }  # fmt: skip
    supervisor = api.site.person("zheng")
    assert "放假安排只到" not in supervisor.get("/overview").text
    stage.set_clock(YEAR_END)
    stage.dispatched()
    said = api.staff().get("/health/ready").json["calendar"]
    assert (said["ends_soon"], said["provisional_due_times"]) == (True, True)
    page = api.site.person("zheng").get("/overview").text
    assert "放假安排只到 2026-12-31" in page
    assert "暂定" in page
