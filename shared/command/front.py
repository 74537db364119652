"""The process in front of a running instance: starts it, tells what happens to it, stops it in order."""

import os
import sys
import time
from collections.abc import Callable

from shared.command import instance, leftovers
from shared.command.paths import Home
from shared.command.plan import listening_words
from shared.command.postgres import EngineFailed
from shared.command.progress import Progress, complain
from shared.command.shipped import pack_news
from shared.command.stack import Stack
from shared.command.stopping import StopAsked, stop_signals
from shared.command.supervise import State

# A supervisor that dies again and again has a reason that starting once more will not cure.
SUPERVISOR_DEATHS, DEATHS_WITHIN_SECONDS = 5, 300.0
DEATHS = "HOTLINE_SUPERVISOR_DEATHS"


Prepare = Callable[[dict[str, str]], None]
Greet = Callable[[Progress], None]


def run_in_front(home: Home, host: str, prepare: Prepare, greet: Greet) -> int:
    """Run an instance until a stop signal; `prepare` runs before the services start, `greet` once all are ready."""
    progress, outside = Progress(), dict(os.environ)
    lock = instance.take(home)
    if lock is None:
        return _already_running(home)
    with lock, stop_signals():
        try:
            instance.write_note(home, {}, has_services=False)
            _run_once(Stack(home, progress, host, outside), progress, prepare, greet)
        except StopAsked:
            progress.step(f"Stopped. The data stay in {home.folder}")
            return 0
        except (EngineFailed, OSError) as error:
            return complain(f"\n{error}")
        finally:
            instance.forget_note(home)
    return _begin_again(home, progress, outside)


def _begin_again(home: Home, progress: Progress, outside: dict[str, str]) -> int:
    """Replace this process by a new one: the engines' addresses change, and much in this one remembers the old."""
    now = time.monotonic()
    recent = [at for at in map(float, outside.get(DEATHS, "").split()) if now - at < DEATHS_WITHIN_SECONDS]
    if len(recent) + 1 < SUPERVISOR_DEATHS:
        progress.step("The supervisor has died: starting again")
        outside[DEATHS] = " ".join(map(str, [*recent, now]))
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], outside)  # noqa: S606 no shell is wanted
    return complain(f"The supervisor died {SUPERVISOR_DEATHS} times in 5 minutes: see {home.logs}/supervisord.log")


def _run_once(stack: Stack, progress: Progress, prepare: Prepare, greet: Greet) -> None:
    leftovers.end_all(stack.home, progress)
    try:
        stack.start_engines()
        prepare(stack.environment)
        news = pack_news(stack.environment)
        stack.start_services()
        instance.write_note(stack.home, stack.environment, has_services=True)
        progress.step("Ready")
        tell_addresses(progress, instance.read_note(stack.home))
        greet(progress)
        if news:
            progress.plain(f"\n{news}")
        if words := listening_words(stack.host):
            progress.plain(words)
        progress.plain("\nCtrl-C stops everything in order; the data stay.")
        _watch(stack, progress)
    finally:
        stack.stop()


def _watch(stack: Stack, progress: Progress) -> None:
    """Tell of processes that died and came back; return when the supervisor itself is gone."""
    before: dict[str, State] = {}
    while stack.supervisor is not None and stack.supervisor.is_alive():
        now = {one.name: one for one in stack.states()}
        for name, state in now.items():
            if name in before and state.pid != before[name].pid and state.pid:
                progress.step(f"{name} had stopped and runs again")
        before |= {name: state for name, state in now.items() if state.pid}
        time.sleep(1)


def tell_addresses(progress: Progress, note: instance.Note | None) -> None:
    """Print where people find the running instance."""
    if note is not None and note.public_url:
        progress.plain(f"\n  callers  诉求人    {note.public_url}")
        progress.plain(f"  staff    工作人员  {note.staff_url}")


def _already_running(home: Home) -> int:
    progress, note = Progress(), instance.read_note(home)
    if note is None or not note.public_url:
        return complain("Another start of this instance is under way; `./hotline stop` ends it.")
    progress.plain(f"Already running (process {note.pid}); `./hotline stop` ends it.")
    tell_addresses(progress, note)
    return 0
