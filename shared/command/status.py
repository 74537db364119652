"""`hotline status`: what runs, where, and where its logs are."""

import argparse
import json

from shared.command import instance
from shared.command.front import tell_addresses
from shared.command.paths import Home, data_base
from shared.command.postgres import EngineFailed
from shared.command.progress import Progress
from shared.command.shipped import pack_news
from shared.command.supervise import Supervisor


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options: both instances are shown."""


def run(args: argparse.Namespace) -> int:
    """Print each instance's processes; exit 1 when nothing runs."""
    progress, found = Progress(), False
    for name in ("up", "demo"):
        home = Home(data_base(), name)
        states = Supervisor(home).states()
        if not states:
            continue
        found = True
        progress.plain(f"`{name}`, logs in {home.logs}")
        for one in states:
            progress.plain(f"  {one.name:<14} {one.state:<9} {one.pid or ''} {one.why}")
        if instance.is_held(home):
            tell_addresses(progress, instance.read_note(home))
            _tell_pack(progress, home)
    if not found:
        progress.plain("Nothing is running.")
    return 0 if found else 1


def _tell_pack(progress: Progress, home: Home) -> None:
    try:
        news = pack_news(json.loads(home.environment.read_text()))
    except EngineFailed as error:
        news = str(error)
    if news:
        progress.plain(f"\n  {news}")
