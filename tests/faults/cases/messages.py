"""Messages from elsewhere or broken on the queues of bells (FAULTS T26)."""

import json
import os
import pickle
import uuid
from base64 import b64encode
from pathlib import Path
from typing import Any

from shared.bell import MESSAGE_VERSION
from tests.faults.cases.redis import client
from tests.faults.catalogue import fault
from tests.faults.stack import wait
from tests.faults.trial import Trial

PREFIX = "hotline:"
BIG, HEARD_SECONDS = 10_000_000, 120.0


def message(service: str, task: str, body: bytes, kind: str = "application/json", **headers: Any) -> str:
    """Return a message as Celery writes it to Redis."""
    named = {"lang": "py", "task": task, "id": str(uuid.uuid4()), "argsrepr": "", "kwargsrepr": "", "retries": 0}
    about = {"delivery_info": {"exchange": "", "routing_key": service}, "delivery_mode": 2, "body_encoding": "base64"}
    about |= {"delivery_tag": str(uuid.uuid4()), "correlation_id": named["id"], "priority": 0}
    encoding = "binary" if kind == "application/x-python-serialize" else "utf-8"
    whole = {"body": b64encode(body).decode(), "content-encoding": encoding, "content-type": kind}
    return json.dumps(whole | {"headers": named | headers, "properties": about})


def bell_of(service: str, kind: str, v: int = MESSAGE_VERSION) -> str:
    """Return a bell."""
    return message(service, f"{service}.work", json.dumps([[], {"kind": kind, "v": v}, {}]).encode())


class Evil:
    """Leaves a trace if somebody unpickles it."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self._trace),)


@fault("T26", holds="all of it dropped and said; the same processes go on; nothing is executed")
def foreign_messages(trial: Trial) -> None:
    """Unknown tasks and kinds, `v=99`, 10 MB, broken JSON and a pickle lie on the queues of router and worker."""
    trace = trial.folder / "trace"
    for service in ("router", "worker"):
        main = trial.stack.programs()[service]
        strange = [
            bell_of(service, "route", 99),
            bell_of(service, "no such kind"),
            bell_of(service, "tidy" if service == "router" else "hook"),
            bell_of(service, "x" * BIG),
            message(service, f"{service}.work", json.dumps([[], {"kind": "route", "v": 1, "extra": 1}, {}]).encode()),
            message(service, "os.system", json.dumps([[f"mkdir {trace}"], {}, {}]).encode()),
            message(service, f"{service}.work", pickle.dumps(Evil(trace)), "application/x-python-serialize"),
            message(service, f"{service}.work", b"{not json"),
        ]
        _lay(trial, service, strange)
        wait(lambda s=service: _says(trial, s), f"{service} to say what it dropped", HEARD_SECONDS)  # type: ignore[misc]
        trial.demand(trial.stack.programs().get(service) == main, f"{service} died of a message")
    trial.demand(not trace.exists(), "what a message held was executed")


def _says(trial: Trial, service: str) -> bool:
    log = (trial.stack.home.logs / f"{service}.log").read_text("utf-8", errors="replace")
    return all(said in log for said in ("bell_not_understood", "os.system", "pickle"))


def _lay(trial: Trial, service: str, messages: list[str]) -> None:
    with client(trial) as opened:
        queue = f"{PREFIX}{service}"
        opened.rpush(queue, *messages)  # at the end that is read next
        wait(
            lambda: all(opened.lpos(queue, one) is None for one in messages), f"{service} to read it all", HEARD_SECONDS
        )


@fault("T26b", holds="whom it ends its supervisor starts again; it is read once and no more", keeps_programs=False)
def garbage(trial: Trial) -> None:
    """What is no message at all lies on the queues of router and worker."""
    for service in ("router", "worker"):
        before = trial.stack.programs()[service]
        _lay(trial, service, ["{not json", "[]", json.dumps({"body": "!!", "headers": {}, "properties": {}})])
        wait(lambda s=service: s in trial.stack.programs(), f"{service} to be there", HEARD_SECONDS)  # type: ignore[misc]
        trial.note(f"{service} {'lives' if trial.stack.programs().get(service) == before else 'was started again'}")
