"""`hotline release`: after a restore, let notices leave the house again."""

import argparse
import os

import sqlalchemy as sa

from shared import restoration
from shared.settings import driver_url, settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the choice about what came with the backup."""
    parser.add_argument(
        "--drop", action="store_true",
        help="drop the notices that were waiting when the backup was made: people may have had them before the loss",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Let go, and say what of."""
    engine = sa.create_engine(
        driver_url(os.environ.get("DATABASE_OWNER_URL") or settings().database_url), poolclass=sa.NullPool
    )
    with engine.begin() as connection:
        held = restoration.held(connection)
        sent, dropped = restoration.release(connection, drops=args.drop)
    engine.dispose()
    if held is None:
        print("Nothing is held.")
    else:
        print(f"Released: {sent:,} notices leave now, {dropped:,} were dropped.")
    return 0
