"""A city and one system that listens to its webhooks."""

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from shared import webhooks
from shared.consumer import Share, drain
from shared.domain.follow_ups import JobKind
from shared.outside import Outside
from tests.integration.listener import Listener, listening
from tests.integration.stage import ADMIN, MONDAY, TIME, Stage, rules_at
from worker.correspondence import Correspondence
from worker.hooks import Hooks
from worker.notices import Notices

HERE = Outside((ipaddress.ip_network("127.0.0.0/8"),))


@dataclass
class City:
    """The hotline and one system that listens."""

    stage: Stage
    listener: Listener
    outside: Outside = field(default=HERE)

    def listen(self, *kinds: str) -> int:
        with self.stage.engine.begin() as connection:
            said = (self.listener.url, kinds)
            endpoint_id, secret = webhooks.add(connection, ADMIN, self.stage.keys, HERE, said)
        self.listener.trust(secret)
        return endpoint_id

    @property
    def sender(self) -> Notices:
        hooks = Hooks(Correspondence(TIME, rules_at, self.stage.keys), self.outside)
        return Notices(self.stage.engine, self.stage.ledger, hooks)

    def send(self, part: str | None = None) -> int:
        return drain(self.stage.engine, Share(JobKind.HOOK, 10, part), self.sender.handle, 5)

    def send_later(self) -> None:
        """Let the time come at which the next job is due, and send."""
        [due] = self.stage.rows("SELECT min(due_at) AS at FROM job WHERE kind = 'hook' AND state = 'todo'")
        if due["at"] is not None:
            self.stage.set_clock(max(due["at"], MONDAY))
            self.send()

    def rows(self) -> list[Mapping[str, Any]]:
        return self.stage.rows("SELECT * FROM notice WHERE part LIKE 'webhook:%' ORDER BY ticket_id, seq, part")

    def endpoint(self, endpoint_id: int) -> webhooks.Endpoint:
        with self.stage.engine.connect() as connection:
            found = webhooks.find(connection, endpoint_id)
        assert found is not None
        return found


@contextmanager
def opened(stage: Stage) -> Iterator[City]:
    with listening() as listener:
        yield City(stage, listener)
