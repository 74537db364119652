"""What goes out to other people's servers by a process of its own, `python -m worker.sender`: a lane for each channel.

A slow provider keeps its own lane waiting and nothing else: neither time limits nor mails nor the other lanes.
"""

import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import sqlalchemy as sa
import structlog

from shared.consumer import Handler, drain
from shared.database import engine
from shared.domain.follow_ups import JobKind
from shared.logs import configure_logs
from shared.service import ledger
from shared.settings import settings
from shared.sms_accounts import Account, read_accounts
from shared.watch import bury_vanished
from worker.handlers import correspondence
from worker.holding import held_back
from worker.notices import Notices
from worker.sms import Provider, Sms

LOOK_SECONDS, SLICE_SECONDS = 0.2, 10.0
BURY_EVERY_SECONDS = 5.0
TEXT_LANES = 4  # each waits 15 s at most for its one message
TEXTS_AT_ONCE = 5

log = structlog.get_logger()


@cache
def handlers() -> Mapping[JobKind, Handler]:
    """Return what each lane does, once per process."""
    return {JobKind.TEXT: held_back(engine(), Notices(engine(), ledger(), sms()).handle)}


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


class Lanes:
    """The threads of the process. Any number of processes may run."""

    def __init__(self, works: Mapping[str, Callable[[], object]]) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, name=name, args=(work,)) for name, work in works.items()]

    def run(self) -> None:
        """Work until SIGTERM or SIGINT, then end what is begun."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._stop.set())
        for thread in self._threads:
            thread.start()
        while not self._stop.wait(BURY_EVERY_SECONDS):
            self._safely(lambda: bury_vanished(engine(), ledger(), tuple(handlers())))
        for thread in self._threads:
            thread.join()

    def _run(self, work: Callable[[], object]) -> None:
        while not self._stop.is_set():
            if not self._safely(work):
                self._stop.wait(LOOK_SECONDS)

    def _safely(self, work: Callable[[], object]) -> object:
        """Do one round; without the database wait a second, for there is nothing else to do."""
        try:
            return work()
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            log.warning("sender_waits_for_database", error=type(error).__name__)
            self._stop.wait(1)
            return None


def main() -> None:
    """Run every lane."""
    configure_logs()
    text = handlers()[JobKind.TEXT]
    lane = lambda: drain(engine(), JobKind.TEXT, text, SLICE_SECONDS, TEXTS_AT_ONCE)  # noqa: E731 one line of a table
    Lanes({f"text-{number}": lane for number in range(TEXT_LANES)}).run()


if __name__ == "__main__":
    main()
