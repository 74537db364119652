"""Small disks that run full (FAULTS T20-T22). A disk is a tmpfs: root and `mount` are needed."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx

from shared.attachments import stored_as
from tests.faults.cases.postgres import is_back_in_time, refuses_in_time, superuser
from tests.faults.catalogue import BREAKING, LEASE, PASSING, Skipped, fault
from tests.faults.stack import wait
from tests.faults.trial import Trial
from tests.samples import picture

MIB = 1 << 20
FILLER = "filler"


def mount(trial: Trial, place: Path, megabytes: int) -> None:
    """Mount a small disk at a folder until the trial ends; skip where that is not allowed."""
    trial.need("mount", "umount")
    if os.geteuid() != 0:
        raise Skipped("only root can mount a small disk")
    owner = place.stat()
    options = f"size={megabytes}m,uid={owner.st_uid},gid={owner.st_gid},mode={owner.st_mode & 0o777:o}"
    command = ["mount", "-t", "tmpfs", "-o", options, "hotline-faults", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Skipped(f"mount: {done.stderr.strip()}")
    trial.at_end.append(lambda: _unmount(place))


def _unmount(place: Path) -> None:
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def move_to_small_disk(trial: Trial, folder: Path, spare_megabytes: int, keep_outside: str = "") -> None:
    """Move a folder of the stopped PostgreSQL to a disk of its own; `keep_outside` stays where it is, by a link."""
    large = folder.with_name(f"{folder.name}.large")
    inside = [file for file in folder.rglob("*") if not keep_outside or keep_outside not in file.parts]
    needed = sum(file.stat().st_blocks * 512 for file in inside)
    folder.rename(large)
    folder.mkdir()
    _like(large, folder)

    # Undone in reverse: copied back, unmounted, renamed.
    trial.at_end.append(lambda: _rename_back(large, folder))
    mount(trial, folder, needed // MIB + spare_megabytes)
    trial.at_end.append(lambda: _copy(folder, large, keep_outside))
    _copy(large, folder, keep_outside)
    if keep_outside:
        (folder / keep_outside).symlink_to(large / keep_outside)


def _like(model: Path, made: Path) -> None:
    shutil.copystat(model, made)
    os.chown(made, model.stat().st_uid, model.stat().st_gid)


def _copy(source: Path, target: Path, but: str) -> None:
    for old in target.iterdir():
        if old.name != but:
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    for one in source.iterdir():
        if one.name not in (but, FILLER):
            subprocess.run(["cp", "-a", str(one), str(target)], check=True)


def _rename_back(large: Path, folder: Path) -> None:
    folder.rmdir()
    large.rename(folder)


def fill(folder: Path) -> Callable[[], None]:
    """Write until the disk is full; return what makes room again."""
    filler = folder / FILLER
    with filler.open("wb", buffering=0) as out:
        try:
            while True:
                out.write(b"\0" * 65_536)
        except OSError:
            pass
    return lambda: filler.unlink(missing_ok=True)


def while_postgres_is_stopped(trial: Trial, change: Callable[[], None]) -> None:
    """Stop PostgreSQL, change something, start it; the same again when the trial ends, for what `change` added."""
    before = len(trial.at_end)
    trial.stack.stop("postgres")
    try:
        change()
    finally:
        undo, trial.at_end[before:] = trial.at_end[before:], []
        trial.at_end.append(lambda: _undo_while_stopped(trial, undo))
        trial.stack.start("postgres")
    wait(trial.stack.can_ask, "PostgreSQL to answer", 60)


def _undo_while_stopped(trial: Trial, undo: list[Callable[[], None]]) -> None:
    wait(lambda: "postgres" in trial.stack.programs(), "PostgreSQL to run", 60)
    trial.stack.stop("postgres")
    for one in reversed(undo):
        one()
    trial.stack.start("postgres")


@fault(
    "T20", holds="503 while it is full; recovers by itself when there is room",
    answers=PASSING, outage=LEASE + 30, per_second=60, is_alone=True,
)  # fmt: skip
def data_disk_full(trial: Trial) -> None:
    """PostgreSQL's data lie on a small disk that is full for 10 s."""
    data = trial.stack.home.postgres
    while_postgres_is_stopped(trial, lambda: move_to_small_disk(trial, data, 24, keep_outside="pg_wal"))
    trial.await_answer(30)
    make_room = fill(data)
    trial.at_end.append(make_room)
    trial.load.lengthen(2000)
    trial.await_answer(90, status=503)
    trial.pause(10)
    trial.load.lengthen(0)
    make_room()
    is_back_in_time(trial)
    trial.demand("No space left on device" in trial.stack.log("postgres", 2000), "the disk was not full")


@fault(
    "T21", holds="PANIC and restart; every acknowledged row is there",
    answers=BREAKING, outage=LEASE + 60, per_second=60, is_alone=True,
)  # fmt: skip
def log_disk_full(trial: Trial) -> None:
    """PostgreSQL's pg_wal lies on a small disk of its own that is full until it panics."""
    wal = trial.stack.home.postgres / "pg_wal"
    with superuser(trial) as opened:
        opened.execute("ALTER SYSTEM SET min_wal_size = '32MB'")
        opened.execute("ALTER SYSTEM SET wal_recycle = off")
        opened.execute("SELECT pg_reload_conf()")
        opened.execute("CHECKPOINT")
    while_postgres_is_stopped(trial, lambda: move_to_small_disk(trial, wal, 40))
    trial.await_answer(30)
    make_room = fill(wal)
    trial.at_end.append(make_room)
    wait(lambda: "PANIC" in trial.stack.log("postgres", 400), "PostgreSQL to panic", 90, every=0.5)
    trial.pause(5)
    make_room()
    wait(trial.stack.can_ask, "PostgreSQL to answer", 60)
    is_back_in_time(trial)
    refuses_in_time(trial)


@fault("T22", holds="text tickets are accepted; a file gets 507 or 503 and leaves no half of itself", is_alone=True)
def file_disk_full(trial: Trial) -> None:
    """The disk of files and the disk of logs are full for 10 s."""
    files = trial.stack.home.files
    files.mkdir(mode=0o700, exist_ok=True)
    mount(trial, files, 2)
    mount(trial, trial.stack.home.logs, 2)
    trial.demand(_upload(trial) == 201, "a file was refused while there was room")
    rooms = [fill(files), fill(trial.stack.home.logs)]
    trial.at_end.extend(rooms)
    for name in ("router", "worker-watch"):  # whose logs begin anew on the full disk
        trial.stack.restart(name)
    refused = _upload(trial)
    trial.pause(8)
    trial.demand(refused in (503, 507), f"a file got {refused} from a full disk")
    writing = trial.stack.rows("SELECT id FROM attachment WHERE state = 'writing'")
    for room in rooms:
        room()
    trial.demand(_upload(trial) == 201, "a file was refused though there is room again")
    whole = trial.stack.rows("SELECT id, sha256 FROM attachment WHERE state <> 'writing'")
    digests = {name: hashlib.sha256((files / stored_as(name)).read_bytes()).hexdigest() for name, _ in whole}
    halves = [name for name, said in whole if digests[name] != said]
    trial.note(f"a file on the full disk: {refused}; {len(whole)} files stored, {len(writing)} rows wait to be tidied")
    trial.demand(not halves, f"half files: {halves}")


def _upload(trial: Trial) -> int:
    files = {"file": ("photo.png", picture("PNG", (400, 300)), "image/png")}
    with httpx.Client(base_url=trial.stack.public_url, trust_env=False, timeout=20) as client:
        return client.post("/api/v1/files", files=files).status_code
