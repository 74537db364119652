"""`hotline feed FILE.csv`: post real messages through the public API and tell where they went."""

import argparse
import json
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from shared.command.feed_file import Message, UnusableFile, read_messages
from shared.command.feed_post import Posting
from shared.command.feed_report import in_words, left_with_router, summary, ways
from shared.database import at_once, engine
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.packs import known_packs
from shared.settings import settings

UNUSABLE = 2
_ROUTING_SECONDS = 75.0  # FAULTS P2: all have left the router by then
_LOOK_SECONDS = 0.5


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file and the options."""
    parser.add_argument("file", type=Path, metavar="FILE.csv", help="columns `title` and `text`; UTF-8 or GB18030")
    parser.add_argument("--rate", type=float, metavar="N", help="messages per second (default: as fast as it answers)")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N messages")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")


def run(args: argparse.Namespace) -> int:
    """Feed the file; 1 if anything was refused, 2 if the file cannot be read."""
    counter = _Counted(read_messages(args.file, args.limit))
    posting = Posting(settings().public_url, args.rate)
    began = time.monotonic()
    try:
        with _Ticker(posting, counter, is_silent=args.json):
            posting.run(counter)
    except UnusableFile as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        posting.stop()
        print("Stopped. What was accepted stays; a second run posts only the rest.", file=sys.stderr)
    said = _look(posting, counter.cut, time.monotonic() - began)
    print(json.dumps(said, ensure_ascii=False) if args.json else in_words(said))
    return 1 if posting.progress.refused else 0


def _look(posting: Posting, cut: int, seconds: float) -> dict[str, object]:
    """Wait until the router is done with what was accepted, then read where it went."""
    viewer, answers = Viewer(Role.SUPERVISOR, settings().city), posting.progress.answers
    until = time.monotonic() + _ROUTING_SECONDS
    with at_once(engine()) as connection:
        while left_with_router(viewer, connection, answers) and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
        rules = known_packs().at(connection, settings().city)
        return summary(posting.progress, ways(viewer, connection, answers), rules, cut, seconds)


class _Counted:
    """Passes messages on and counts them."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._messages, self.read, self.cut = iter(messages), 0, 0

    def __iter__(self) -> Iterator[Message]:
        for message in self._messages:
            self.read += 1
            self.cut += message.is_cut
            yield message


class _Ticker:
    """Tells each second how far the posting is."""

    def __init__(self, posting: Posting, counter: _Counted, *, is_silent: bool) -> None:
        self._posting, self._counter, self._is_silent = posting, counter, is_silent
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed-ticker", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        before = 0
        while not self._over.wait(1):
            now = self._posting.progress
            done = len(now.answers)
            if not self._is_silent:
                told = f"{done:,} answered, {done - before:,}/s, {now.refused:,} refused, {now.waits:,} waits"
                print(told, file=sys.stderr, flush=True)
            before = done
