"""Ways to the points of the command's verbs: a pack, a backup, a restore."""

from collections.abc import Mapping

from shared.domain.follow_ups import JobKind
from tests.faults.points.house import House
from tests.faults.points.machines import MAIL, SOME, UNROUTED
from tests.faults.points.people import BODY
from tests.faults.points.ways import Way
from tests.integration.town import Town, with_limit


def _another_pack(house: House) -> None:
    house.work("worker")  # it arms its daily tidying
    town = Town.of(house.stage)
    for _ in range(SOME):
        house.stage.dispatched()
    house.kept["to"] = town.load(with_limit(3))


def holds_once(house: House) -> None:
    """Prove one activation, with its recount."""
    assert Town.of(house.stage).active() == house.kept["to"]
    assert len(house.stage.rows("SELECT id FROM pack_activation WHERE note <> 'first start'")) == 1
    assert [job["state"] for job in house.stage.jobs(None, JobKind.RECOUNT)] == ["done", "todo"]


ACTIVATING = Way(
    "pack", _another_pack, words=("activate", "{house.kept[to].version}"), proves=holds_once, more=("worker",),
    but=(UNROUTED,),
)  # fmt: skip


def _some_tickets(house: House) -> None:
    for number in range(SOME):
        house.stage.register(body=f"{BODY}，{number}", email=MAIL)
    house.work("router", "worker")
    house.kept["tickets"] = house.stage.rows("SELECT * FROM ticket ORDER BY id")


def whole_again(house: House) -> None:
    """Prove that the backup is there, whole, and nothing of the half one."""
    assert [path.name for path in house.folder.glob("*backup.tar*")] == ["backup.tar"]
    assert [path.name for path in house.folder.glob(".*")] == []
    house.by_command("restore", str(house.folder / "backup.tar"), "--replace-everything")
    assert house.stage.rows("SELECT * FROM ticket ORDER BY id") == house.kept["tickets"]


BACKING_UP = Way("backup", _some_tickets, words=("{house.folder}/backup.tar",), proves=whole_again)


def _a_backup(house: House) -> None:
    _some_tickets(house)
    house.by_command("backup", str(house.folder / "backup.tar"))


def restored(house: House) -> None:
    """Prove that all of it is back and nothing leaves before a person lets it."""
    assert house.stage.rows("SELECT * FROM ticket ORDER BY id") == house.kept["tickets"]
    assert house.stage.rows("SELECT released_at FROM restoration WHERE released_at IS NULL") != []


RESTORING = Way(
    "restore", _a_backup, words=("{house.folder}/backup.tar", "--replace-everything"), proves=restored
)  # fmt: skip

WAYS: Mapping[str, Way] = {
    "pack.activated": ACTIVATING,
    "backup.tables": BACKING_UP,
    "backup.half": BACKING_UP,
    "restore.files": RESTORING,
    "restore.loaded": RESTORING,
}
