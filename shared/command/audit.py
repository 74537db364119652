"""`hotline audit`: prove on a live database that nothing was lost: replay, chains, holders, jobs, notices."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

from shared import access_seal
from shared.command.audit_files import stored_differences
from shared.command.audit_stream import Dossier, LateJob, snapshot
from shared.database import engine
from shared.domain import checks
from shared.domain.checks import Difference
from shared.domain.events import Recorded
from shared.domain.numbers import in_fours, number_of
from shared.domain.rules import Rules
from shared.domain.ticket import ticket_from_row
from shared.keys import keys
from shared.ledger.change import DERIVED
from shared.ledger.checks import log_differences
from shared.settings import settings
from shared.storage import Storage, storage

# FAULTS P3: nothing undone and due is older while PostgreSQL answers.
LATE_SECONDS = 75.0
_PROGRESS_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Found:
    """A difference and the ticket it was found on; jobs without a ticket have neither id nor number."""

    ticket_id: int | None
    number: str | None
    code: str
    detail: str


@dataclass(slots=True)
class Report:
    """What was looked at and what was found."""

    tickets: int = 0
    events: int = 0
    jobs: dict[str, int] = field(default_factory=dict)
    notices: dict[str, int] = field(default_factory=dict)
    differences: list[Found] = field(default_factory=list)
    seconds: float = 0.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--files", action="store_true", help="read every file too and compare it with the log")


def run(args: argparse.Namespace) -> int:
    """Audit the database of this instance; 1 if anything differs."""
    is_told = sys.stderr.isatty() and not args.json
    place = storage() if args.files else None
    report = audit(settings().database_url, _tell if is_told else None, place)
    with engine().connect() as connection:
        sealed = access_seal.differences(connection, keys().seal)
        report.differences += [Found(None, None, one.code, one.detail) for one in sealed]
    print(json.dumps(asdict(report), ensure_ascii=False) if args.json else in_words(report))
    return 1 if report.differences else 0


def audit(url: str, tell: Callable[[Report], None] | None = None, place: Storage | None = None) -> Report:
    """Check every ticket of the database in one snapshot; `tell` is called now and then meanwhile.

    With a `place` the bytes of files are read too.
    """
    began, report = time.monotonic(), Report()
    told = began
    with snapshot(url) as seen:
        late: dict[int | None, list[LateJob]] = {}
        for job in seen.late_jobs(LATE_SECONDS):
            late.setdefault(job.ticket_id, []).append(job)
        counts = seen.counts()
        report.jobs, report.notices = counts["jobs"], counts["notices"]
        report.differences += [Found(None, None, one.code, one.detail) for one in _late(late.get(None, []))]
        rules = seen.rules()
        for dossier in seen.dossiers():
            report.tickets += 1
            report.events += len(dossier.log.events)
            more = [*_late(late.get(dossier.row["id"], []))]
            if place is not None:
                more += stored_differences(place, dossier.log.files)
            report.differences += _of_ticket(dossier, rules.get(dossier.row["city"]), more)
            if tell is not None and time.monotonic() - told > _PROGRESS_SECONDS:
                told = time.monotonic()
                tell(report)
    report.seconds = round(time.monotonic() - began, 3)
    return report


def in_words(report: Report) -> str:
    """Return the report for a terminal."""
    lines = [f"{found.number or 'no ticket':>18}  {found.code}: {found.detail}" for found in report.differences]
    rate = f", {report.tickets / report.seconds:,.0f} tickets/s" if report.seconds else ""
    lines.append(f"{report.tickets:,} tickets, {report.events:,} events in {report.seconds:.1f} s{rate}")
    for name, counts in (("jobs", report.jobs), ("notices", report.notices)):
        lines.append(f"{name}: " + (", ".join(f"{count:,} {state}" for state, count in counts.items()) or "none"))
    lines.append("No difference." if not report.differences else f"{len(report.differences):,} differences.")
    return "\n".join(lines)


def _of_ticket(dossier: Dossier, rules: Rules | None, more: list[Difference]) -> list[Found]:
    row = dossier.row
    if rules is None:
        return [Found(row["id"], None, "unknown_city", row["city"])]
    found = [*_differences(dossier, rules), *more]
    number = in_fours(number_of(row["id"], row["registered_at"], rules.zone)) if found else None
    return [Found(row["id"], number, one.code, one.detail) for one in found]


def _differences(dossier: Dossier, rules: Rules) -> Iterator[Difference]:
    try:
        ticket = ticket_from_row(dossier.row)
    except ValueError as error:
        yield Difference("unknown_code", str(error))
        return
    derived = [name for name in DERIVED if dossier.row[name] != getattr(ticket, name)]
    if derived:
        yield Difference("replay_differs", ", ".join(derived))
    log: list[Recorded] = []
    yield from log_differences(ticket, dossier.log, log)
    yield from checks.holder_differences(ticket, dossier.jobs, rules)
    yield from checks.clock_differences(ticket, dossier.jobs)
    yield from checks.alarm_differences(ticket, log, dossier.jobs)
    yield from checks.notice_differences(ticket, dossier.notices, dossier.jobs)


def _late(jobs: list[LateJob]) -> Iterator[Difference]:
    for job in jobs:
        yield Difference("job_late", f"{job.kind} {job.part}".strip() + f", due for {job.late:.0f} s")


def _tell(report: Report) -> None:
    sys.stderr.write(f"\r{report.tickets:,} tickets looked at ")
    sys.stderr.flush()
