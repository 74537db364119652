"""Ways to the points of the consumers: router, worker and sender."""

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from shared import access_log, attachments, jobs
from shared.attachments import FileState, NewFile
from shared.domain.follow_ups import JobKind
from shared.domain.rules import Policy
from shared.ledger.write import business_now
from shared.storage import Storage
from tests.faults.points.house import House
from tests.faults.points.people import BODY, tidy_now
from tests.faults.points.ways import Way
from tests.integration.post_office import DIGEST, WINDOW
from tests.integration.stage import CITY, MONDAY, OPERATOR, UNIT, UNIT_MAIL
from tests.integration.test_files_scan import VIRUS, Scanner
from tests.integration.town import SHIPPED, Town, with_limit

MAIL, SOME = "wang@caller.example", 5
UNROUTED = "its route job, done"  # a person was faster
GIVEN_UP = "was given up"


# The router takes a batch.


def _file_some(house: House) -> None:
    for number in range(SOME):
        house.stage.register(body=f"{BODY}，{number}")


def routed_once(house: House) -> None:
    """Prove that each ticket has its unit, and that no job was claimed more often than its consumers died."""
    assert house.stage.rows("SELECT id FROM ticket WHERE holder_kind = 'router'") == []
    tries = house.stage.rows("SELECT DISTINCT attempts FROM job WHERE kind = 'route'")
    assert [row["attempts"] for row in tries] in ([1], [2]), tries


ROUTING = Way("router", _file_some, proves=routed_once)


def _nobody_survived(house: House) -> None:
    house.stage.register(body=BODY)
    house.stage.as_owner(
        "UPDATE job SET attempts = :most, leased_until = clock_timestamp() WHERE kind = 'route'", most=jobs.MAX_ATTEMPTS
    )


def buried_once(house: House) -> None:
    """Prove that a person has the ticket."""
    [ticket] = house.stage.rows("SELECT id, holder_kind FROM ticket")
    assert ticket["holder_kind"] == "triage"
    assert house.stage.events(ticket["id"]).count("job_buried") == 1


BURYING = Way("router", _nobody_survived, proves=buried_once, but=(UNROUTED, GIVEN_UP))

# A notice leaves.


def _mail_waits(house: House) -> None:
    house.stage.register(body=BODY, email=MAIL)


def _text_waits(house: House) -> None:
    house.stage.register(body=BODY, tell_by_sms=True)


def told(copies: int) -> Callable[[House], None]:
    """Return the proof that every notice is sent and that one of them left so often."""

    def proves(house: House) -> None:
        assert {row["state"] for row in house.stage.rows("SELECT state FROM notice")} == {"sent"}
        references = {row["reference"] for row in house.stage.rows("SELECT reference FROM notice")}
        assert len(house.copies()) == len(references), "I8 every notice that says sent has left"
        assert max(house.copies().values()) == copies
        assert sum(count > 1 for count in house.copies().values()) == (copies > 1)

    return proves


def _mail(copies: int) -> Way:
    return Way("worker", _mail_waits, proves=told(copies), more=("router",))


def _text(copies: int) -> Way:
    return Way("sender", _text_waits, proves=told(copies), more=("router",))


def _digest_waits(house: House) -> None:
    units = SHIPPED["units.csv"].decode().splitlines(keepends=True)
    mine = next(number for number, line in enumerate(units) if line.startswith(f"{UNIT},"))
    units[mine] = units[mine].rstrip("\n")[: units[mine].rstrip("\n").rindex(",")] + f",{UNIT_MAIL}\n"
    Town.of(house.stage).activate({**SHIPPED, "units.csv": "".join(units).encode()})
    for _ in range(Policy().digest_above + SOME):
        house.stage.dispatched()
    house.work("worker")
    assert len(house.mails.mails) == Policy().digest_above
    house.stage.set_clock(MONDAY + WINDOW * 2)


def one_digest(house: House) -> None:
    """Prove that what waited went in one mail, once."""
    assert sum(DIGEST in mail["Subject"] for mail in house.mails.mails) == 1
    assert set(house.copies().values()) == {1}


DIGESTING = Way("worker", _digest_waits, proves=one_digest, but=(UNROUTED,))

# Another pack holds, and every open ticket is counted again.


def _another_pack(house: House) -> None:
    town = Town.of(house.stage)
    for _ in range(SOME):
        house.stage.dispatched()
    town.activate(with_limit(3))


def recounted_once(house: House) -> None:
    """Prove that each ticket was recounted by one event."""
    for ticket in house.stage.rows("SELECT id FROM ticket"):
        assert house.stage.events(ticket["id"]).count("recounted") == 1
    assert [job["state"] for job in house.stage.jobs(None, JobKind.RECOUNT)] == ["done", "todo"]


RECOUNTING = Way("worker", _another_pack, proves=recounted_once, but=(UNROUTED,))

# A file holds a virus.


def _infected(house: House) -> None:
    house.environment["HOTLINE_CLAMD_URL"] = house.cleanup.enter_context(scanner())
    house.kept["file"] = _stored(house, VIRUS, FileState.QUARANTINED)
    with house.stage.engine.begin() as connection:
        jobs.arm_untied(connection, JobKind.SCAN, house.kept["file"], business_now(connection))


def _stored(house: House, content: bytes, state: FileState) -> str:
    with house.stage.engine.begin() as connection:
        file_id = attachments.begin(connection, NewFile(CITY, None, b"x", "txt", len(content), "0" * 64))
        attachments.set_state(connection, file_id, state)
    Storage(house.environment["HOTLINE_FILES_URL"]).put(attachments.stored_as(file_id), content)
    return file_id


def no_virus_is_left(house: House) -> None:
    """Prove that its bytes are gone and that its row says why."""
    [row] = house.stage.rows("SELECT state FROM attachment")
    assert row["state"] == "infected"
    assert not (house.folder / "files" / attachments.stored_as(house.kept["file"])).exists()


SCANNING = Way("worker", _infected, proves=no_virus_is_left)


@contextmanager
def scanner() -> Iterator[str]:
    """Let a scanner answer on a port of this machine; give its address."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Scanner) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


# The day is tidied.


def _a_day_old(house: House) -> None:
    house.kept["file"] = _stored(house, b"nobody named me", FileState.UNSCANNED)
    house.stage.as_owner("UPDATE attachment SET uploaded_at = uploaded_at - interval '2 days'")
    with house.stage.engine.begin() as connection:
        for reason in "abc":
            access_log.note(connection, OPERATOR, "revealed", reason=reason)
    tidy_now(house)


def tidied_once(house: House) -> None:
    """Prove that the file is gone, the log is sealed line by line, and tomorrow is armed."""
    assert house.stage.rows("SELECT id FROM attachment") == []
    assert not (house.folder / "files" / attachments.stored_as(house.kept["file"])).exists()
    assert sum(row["lines"] for row in house.stage.rows("SELECT lines FROM access_seal")) == 3
    assert sorted(job["state"] for job in house.stage.jobs(None, JobKind.TIDY)) == ["done", "todo"]


TIDYING = Way("worker", _a_day_old, proves=tidied_once)

WAYS: Mapping[str, Way] = {
    "claim.committed": ROUTING,
    "think.done": ROUTING,
    "batch.decided": ROUTING,
    "batch.committed": ROUTING,
    "vanished.claimed": BURYING,
    "notice.begun": _mail(1),
    "notice.sending": _text(1),
    "notice.answered": _text(2),
    "notice.settled": _mail(2),
    "digest.gathered": DIGESTING,
    "recount.swept": RECOUNTING,
    "untied.closed": RECOUNTING,
    "scan.marked": SCANNING,
    "tidy.bytes_gone": TIDYING,
    "tidy.swept": TIDYING,
    "seal.written": TIDYING,
}
