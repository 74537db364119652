"""The stage's city with its rules from the database, packs that differ from the shipped one, and the recount."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared import packs
from shared.cities.load import files_of
from shared.consumer import Handler
from shared.domain.follow_ups import JobKind
from shared.ledger import Ledger
from shared.packs import Activation, Packs, PackVersion
from tests.integration.stage import CITY, Stage
from worker.recounting import Recounting

SHIPPED = files_of(CITY)
SEVEN_DAYS, BY = "reply,help|suggestion|other,*,*,*,*,7,working_days", "test"


def with_limit(days: int) -> dict[str, bytes]:
    """Return the shipped pack with another limit for requests for help."""
    profile = SHIPPED["profile.csv"].decode()
    assert SEVEN_DAYS in profile
    changed = profile.replace(SEVEN_DAYS, SEVEN_DAYS.replace("7,", f"{days},"))
    return {**SHIPPED, "profile.csv": changed.encode()}


@dataclass
class Town:
    """What the tests of packs do."""

    stage: Stage
    known: Packs
    batch: int = 500

    @classmethod
    def of(cls, stage: Stage, batch: int = 500) -> "Town":
        """Let the stage's ledger decide by the pack that is active in its database."""
        known = Packs(look_seconds=0)
        stage.ledger = Ledger(stage.engine, known.of, stage.keys, stage.ledger._bell)
        return cls(stage, known, batch)

    def load(self, files: Mapping[str, bytes]) -> PackVersion:
        with self.stage.owner.begin() as connection:
            return packs.load(connection, CITY, files, BY)

    def active(self) -> PackVersion:
        with self.stage.engine.connect() as connection:
            found = packs.active(connection, CITY)
        assert found is not None
        return found

    def activate(self, files: Mapping[str, bytes]) -> Activation:
        """Load and activate."""
        to, standing = self.load(files), self.active()
        with self.stage.owner.begin() as connection:
            done = packs.activate(connection, to, standing.id, BY)
        assert done is not None
        return done

    def handlers(self, ledger: Ledger | None = None) -> Mapping[JobKind, Handler]:
        """Return the worker's recount as a process of its own would have it."""
        recounting = Recounting(self.stage.engine, ledger or self.stage.ledger, Packs().at)
        recounting.batch, recounting.budget_seconds = self.batch, 600.0  # how fast this machine is decides nothing
        return {JobKind.RECOUNT: recounting.handle}

    def recount(self) -> int:
        """Work off what is due of the recount; return how many jobs."""
        handlers = self.handlers()
        return sum(iter(lambda: self.stage.work(handlers, JobKind.RECOUNT), 0))

    def sweeps(self) -> list[tuple[str, str, str | None]]:
        """Return the jobs of the recount: the part after the activation, state, outcome."""
        found = self.stage.jobs(None, JobKind.RECOUNT)
        return [(job["part"].partition(":")[2], job["state"], job["outcome"]) for job in found]
