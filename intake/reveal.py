"""Names and numbers in full: for a reason, to somebody who has just shown who they are, one line in the log each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from flask import g, request

from intake.fields import check_reason
from intake.identity import staff_cookie
from intake.stores import engine, reading
from shared import access_log, attempts
from shared.domain.errors import Refused
from shared.domain.viewer import Viewer
from shared.metrics import REVEAL_ALARMS, REVEALED
from shared.people import proof
from shared.reads.tickets import REVEALABLE, reveal

CALL_BACK = "回拨"  # the reason that stands in the log, whatever language the operator reads
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see and why; `proof` is their password or a code, if they were asked for it."""

    fields: Sequence[str]
    reason: str
    proof: str | None = None


def needs_proof() -> bool:
    """Tell whether the person must show again who they are before a name or a number is shown."""
    with reading() as connection:
        return not proof.is_proved(connection, _session())


def show(viewer: Viewer, ticket_id: int, asked: Asked) -> Mapping[str, str]:
    """Return the fields in full, those that exist and may be known. Raises `Refused`, with the form's field."""
    wanted = [name for name in REVEALABLE if name in asked.fields]
    if not wanted:
        raise Refused("bad_input", "请选择要看什么。", field="fields")
    check_reason(asked.reason)
    _prove(asked.proof)
    _note(viewer, [(name,) for name in wanted], asked.reason, ticket_id)
    REVEALED.inc(len(wanted))
    with reading() as connection:
        return reveal(viewer, connection, ticket_id, wanted)


def note_call_back(viewer: Viewer, call_id: int) -> None:
    """Count and note that the whole number of a missed call is about to be shown. Raises `TooMany`.

    No fresh proof is asked for: the number has to be dialled within seconds.
    """
    _note(viewer, [("call", str(call_id))], CALL_BACK)
    REVEALED.inc()


def _note(viewer: Viewer, looks: Sequence[Sequence[str]], reason: str, ticket_id: int | None = None) -> None:
    """Count one reveal, and write a line for each thing that it shows. Raises `TooMany`."""
    who = str(viewer.id)
    with engine().begin() as connection:
        wait = attempts.take(connection, [(attempts.REVEAL, who)])
        is_alarm = not wait and attempts.is_over(connection, attempts.REVEAL_ALARM, who)
        for fields in looks if not wait else ():
            access_log.note(connection, viewer, "revealed", ticket_id, fields=fields, reason=reason)
        if is_alarm or wait:
            access_log.note(connection, viewer, "reveal_alarm", ticket_id)
    if is_alarm or wait:
        REVEAL_ALARMS.inc()
        log.warning("reveal_alarm", staff=viewer.id, ticket=ticket_id)
    if wait:
        raise attempts.TooMany(wait, "too_many_reveals", "一小时内看得太多了，已通知管理员。请稍后再试，或请班长帮忙。")


def _prove(typed: str | None) -> None:
    who = [(attempts.PROOF, str(g.staff.id))]
    with engine().begin() as connection:
        if proof.is_proved(connection, _session()):
            return
        if not typed:
            raise Refused("proof_needed", "请再输一次密码或动态口令，确认是您本人。", field="proof")
        for window, subject in who:
            attempts.check(connection, window, subject)
        if proof.prove(connection, _session(), g.staff, typed):
            return
        attempts.take(connection, who)
        access_log.note(connection, g.viewer, "proof_failed")
    raise Refused("wrong_proof", "密码或动态口令不对。", field="proof")


def _session() -> str:
    return request.cookies.get(staff_cookie(), "")
