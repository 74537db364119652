"""The one command's verbs. A verb's module is imported only when it is called."""

import argparse
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module

from shared.command.joining import Needs, join, join_arguments
from shared.command.stopping import StopAsked


@dataclass(frozen=True)
class Verb:
    """A module with `arguments(parser)` and `run(args) -> int`, and what must run while it works."""

    module: str
    help: str
    needs: Needs = Needs.NOTHING
    passes_on: bool = False


VERBS = {
    "up": Verb("up", "start everything on this machine; Ctrl-C stops it"),
    "demo": Verb("demo", "the same with its own database, known logins and tickets that keep coming"),
    "status": Verb("status", "what runs, where, and where its logs are"),
    "stop": Verb("stop", "stop a running `up` or `demo` from another terminal"),
    "feed": Verb("feed", "post a file of messages through the public API and tell where they went", Needs.SERVICES),
    "audit": Verb("audit", "check that nothing was lost: replay, chains, holders, jobs", Needs.DATABASE),
    "backup": Verb("backup", "write everything but the secrets to one file, while it runs", Needs.DATABASE),
    "restore": Verb("restore", "bring a backup back into an empty instance; holds all notices", Needs.DATABASE),
    "release": Verb("release", "let notices leave again after a restore", Needs.DATABASE),
    "explain": Verb("explain", "why a ticket is where it is, and when it is due", Needs.DATABASE),
    "due": Verb("due", "until when something is due by a city's rules, and why; needs nothing running"),
    "pack": Verb("pack", "the city's pack: check, load, list, diff, activate, rollback"),
    "train": Verb("train", "learn from a city's own history who handles what; needs nothing running"),
    "evaluate": Verb("evaluate", "how well a city's history can be learnt, on rows that were held out"),
    "staff": Verb("staff", "accounts: list, add, set, disable, enable, password, sessions", Needs.DATABASE),
    "log": Verb("log", "who saw, changed or was denied what, and from where", Needs.DATABASE),
    "calendar": Verb("calendar_import", "import a new year's holidays and say which open tickets' due moves"),
    "key": Verb("key", "API keys of neighbouring systems: add, list, rotate, revoke", Needs.DATABASE),
    "totp": Verb("totp", "second factors: who has one, and reset for who lost the device", Needs.DATABASE),
    "webhook": Verb("webhook", "who is told of public steps: add, list, test, rotate, replay …", Needs.DATABASE),
    "migrate": Verb("migrate", "bring the schema of DATABASE_OWNER_URL to the newest revision"),
    "lock": Verb("lock", "write the lock files anew from pyproject.toml"),
    "faults": Verb("faults", "break a running instance on purpose and see what holds; --full for all", passes_on=True),
    "test": Verb("test", "linters, import contracts, types and tests; --system for the slow set", passes_on=True),
}


def main(words: list[str]) -> int:
    """Run one verb and return its exit code."""
    if not words or words[0] in ("-h", "--help", "help"):
        print("Yihaotong 一号通\n\nusage: ./hotline VERB [options]   (./hotline VERB --help for its options)\n")
        for name, verb in VERBS.items():
            print(f"  {name:<9} {verb.help}")
        return 0
    if words[0] not in VERBS:
        print(f"There is no `{words[0]}`. Try: {', '.join(VERBS)}", file=sys.stderr)
        return 2
    verb = VERBS[words[0]]
    parser = argparse.ArgumentParser(prog=f"hotline {words[0]}", description=verb.help)
    if verb.needs is not Needs.NOTHING:
        join_arguments(parser)
    module = import_module(f"shared.command.{verb.module}")
    module.arguments(parser)
    args, rest = parser.parse_known_args(words[1:])
    args.rest = rest
    if rest and not verb.passes_on:
        parser.error(f"unknown: {' '.join(rest)}")
    try:
        with ExitStack() as cleanup:
            if verb.needs is not Needs.NOTHING:
                join(verb.needs, args, cleanup)
            return int(module.run(args))
    except (StopAsked, KeyboardInterrupt):
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
