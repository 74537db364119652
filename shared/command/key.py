"""`hotline key`: make, list, rotate and revoke the API keys 接口密钥 of neighbouring systems."""

import argparse
import sys
from datetime import timedelta

from shared import access_log, api_keys
from shared.api_keys import NewKey, Scope
from shared.command.whoami import me
from shared.database import engine
from shared.domain.errors import Refused
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.settings import settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs."""
    verbs = parser.add_subparsers(dest="what", required=True, metavar="add|list|rotate|revoke")
    add = verbs.add_parser("add", help="make a key and print it; it is never shown again")
    add.add_argument("name", help="which system uses it; for calls:report its adapter, provider/instance")
    add.add_argument("--scope", action="append", required=True, choices=[str(scope) for scope in Scope])
    add.add_argument("--per-minute", type=int, default=60, metavar="N")
    add.add_argument("--per-day", type=int, default=10_000, metavar="N")
    add.add_argument("--days", type=int, default=365, metavar="N", help="valid for so long; 0: without end")
    verbs.add_parser("list", help="keys, newest first")
    rotate = verbs.add_parser("rotate", help="print a new key for the same name; the old one works for a while")
    rotate.add_argument("id", type=int)
    rotate.add_argument("--overlap-days", type=int, default=api_keys.OVERLAP.days, metavar="N")
    revoke = verbs.add_parser("revoke", help="let a key open nothing any more, at once and for good")
    revoke.add_argument("id", type=int)


def run(args: argparse.Namespace) -> int:
    """Run one sub-verb; 1 if it is refused."""
    access_log.came_from(me())
    viewer = Viewer(Role.ADMIN, settings().city)
    try:
        with engine().begin() as connection:
            if args.what == "add":
                new = NewKey(
                    name=args.name,
                    scopes=frozenset(Scope(scope) for scope in args.scope),
                    per_minute=args.per_minute,
                    per_day=args.per_day,
                    days=args.days or None,
                )
                print(api_keys.add(connection, viewer, new)[1])
            elif args.what == "rotate":
                print(api_keys.rotate(connection, viewer, args.id, timedelta(days=args.overlap_days)))
            elif args.what == "revoke":
                api_keys.revoke(connection, viewer, args.id)
            else:
                print("\n".join(_line(key) for key in api_keys.list_keys(connection, viewer)) or "No keys.")
    except Refused as refusal:
        print(refusal.why, file=sys.stderr)
        return 1
    return 0


def _line(key: api_keys.ApiKey) -> str:
    state = "revoked" if key.revoked_at else "alive" if key.is_alive else "expired"
    used = f"used {key.used_at:%Y-%m-%d %H:%M}" if key.used_at else "never used"
    until = f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else "no end"
    scopes = ",".join(sorted(key.scopes))
    return (
        f"{key.id:>4}  {key.name:<24} {key.prefix}…  {scopes}  {key.per_minute}/min {key.per_day}/day"
        f"  {used}  {until}  {state}"
    )
