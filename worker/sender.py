"""What goes out to other people's servers by a process of its own, `python -m worker.sender`: a lane for each channel.

A slow provider keeps its own lane waiting and nothing else: neither time limits nor mails nor the other lanes.
"""

import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine

from shared import webhooks
from shared.consumer import Handler, Share, drain
from shared.database import at_once, engine
from shared.domain.follow_ups import JobKind
from shared.logs import configure_logs
from shared.metrics import expect, serve
from shared.outside import Outside
from shared.service import ledger
from shared.settings import settings
from shared.sms_accounts import Account, read_accounts
from shared.watch import bury_vanished
from worker.handlers import correspondence
from worker.holding import held_back
from worker.hooks import Hooks
from worker.notices import Notices
from worker.sms import Provider, Sms

LOOK_SECONDS, SLICE_SECONDS = 1.0, 10.0
BURY_EVERY_SECONDS = 5.0
TEXT_LANES = 4  # each waits 15 s at most for its one message
TEXTS_AT_ONCE = 5
HOOK_LANES = 16
HOOKS_AT_ONCE = 10

log = structlog.get_logger()


@cache
def handlers() -> Mapping[JobKind, Handler]:
    """Return what each lane does, once per process."""
    hooks = Hooks(correspondence(), outside())
    return {
        JobKind.TEXT: held_back(engine(), Notices(engine(), ledger(), sms()).handle),
        JobKind.HOOK: held_back(engine(), Notices(engine(), ledger(), hooks).handle),
    }


def outside() -> Outside:
    """Return which addresses of others may be called."""
    return Outside(settings().webhook_networks, settings().is_dev)


def sms() -> Sms:
    """Return the channel with the deployment's providers in their order."""
    accounts = read_accounts(settings().sms_file)
    return Sms(correspondence(), accounts, providers(accounts.accounts) if accounts else ())


def providers(accounts: Sequence[Account]) -> list[Provider]:
    """Return the adapters of the accounts. A library is imported only where there is an account for it."""
    return [_ADAPTERS[account.provider](account) for account in accounts]


def _aliyun(account: Account) -> Provider:
    from worker.sms_aliyun import Aliyun

    return Aliyun(account)


def _tencent(account: Account) -> Provider:
    from worker.sms_tencent import Tencent

    return Tencent(account)


_ADAPTERS: Mapping[str, Callable[[Account], Provider]] = {"aliyun": _aliyun, "tencent": _tencent}


class Listeners:
    """The webhooks: one thread of this process works an endpoint off at a time, so it waits for itself alone."""

    def __init__(self, engine: Engine, handle: Handler) -> None:
        self._engine, self._handle = engine, handle
        self._pool = ThreadPoolExecutor(HOOK_LANES, thread_name_prefix="hook")
        self._busy: set[str] = set()

    def look(self) -> int:
        """Begin with every endpoint that has something due and is not being worked off; return with how many."""
        with at_once(self._engine) as connection:
            parts = [part for part in webhooks.due_parts(connection) if part not in self._busy]
        for part in parts:
            self._busy.add(part)
            self._pool.submit(self._work_off, part)
        return 0

    def _work_off(self, part: str) -> None:
        try:
            drain(self._engine, Share(JobKind.HOOK, HOOKS_AT_ONCE, part), self._handle, SLICE_SECONDS)
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            log.warning("sender_waits_for_database", error=type(error).__name__)
        except Exception:
            log.exception("lane_failed", endpoint=part)  # nobody reads what a future holds
        finally:
            self._busy.discard(part)

    def close(self) -> None:
        """Wait for what is begun."""
        self._pool.shutdown(cancel_futures=True)


class Lanes:
    """The threads of the process. Any number of processes may run."""

    def __init__(self, works: Mapping[str, Callable[[], object]]) -> None:
        self._stop, self._has_failed = threading.Event(), False
        self._threads = [threading.Thread(target=self._run, name=name, args=(work,)) for name, work in works.items()]

    def run(self) -> bool:
        """Work until SIGTERM or SIGINT, then end what is begun; return whether no lane failed.

        A lane that fails ends them all: half a process that nobody restarts would be worse.
        """
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._stop.set())
        for thread in self._threads:
            thread.start()
        while not self._stop.wait(BURY_EVERY_SECONDS):
            self._safely(lambda: bury_vanished(engine(), ledger(), tuple(handlers())))
        for thread in self._threads:
            thread.join()
        return not self._has_failed

    def _run(self, work: Callable[[], object]) -> None:
        try:
            while not self._stop.is_set():
                if not self._safely(work):
                    self._stop.wait(LOOK_SECONDS)
        except Exception:
            log.exception("lane_failed", endpoint=None)
            self._has_failed = True
            self._stop.set()

    def _safely(self, work: Callable[[], object]) -> object:
        """Do one round; without the database wait a second, for there is nothing else to do."""
        try:
            return work()
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            log.warning("sender_waits_for_database", error=type(error).__name__)
            self._stop.wait(1)
            return None


def main() -> int:
    """Run every lane; 1 if one failed, so that the supervisor starts the process anew."""
    configure_logs()
    serve(settings().metrics_port)
    expect(handlers())
    text = handlers()[JobKind.TEXT]
    listeners = Listeners(engine(), handlers()[JobKind.HOOK])
    lane = lambda: drain(engine(), Share(JobKind.TEXT, TEXTS_AT_ONCE), text, SLICE_SECONDS)  # noqa: E731 one line of a table
    is_well = Lanes({f"text-{number}": lane for number in range(TEXT_LANES)} | {"hooks": listeners.look}).run()
    listeners.close()
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
