"""What a migration does to a large table while everybody goes on writing to it."""

from alembic import context, op


def index(definition: str) -> None:
    """Build an index without stopping writers: `index("ticket_x ON ticket (x)")`.

    A restore brings all revisions in its one transaction, where nobody writes and nothing can be done CONCURRENTLY.
    """
    if context.config.attributes["is_one_transaction"]:
        op.execute(f"CREATE INDEX {definition}")
        return
    name = definition.split(maxsplit=1)[0]
    with op.get_context().autocommit_block():
        # What a try before was killed over is left behind invalid.
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute(f"CREATE INDEX CONCURRENTLY {definition}")
