"""Alembic's entry: runs the revisions on the connection that `shared.command.migrate` hands over."""

from alembic import context

from shared.tables import metadata

connection = context.config.attributes["connection"]
context.config.attributes["is_one_transaction"] = connection.in_transaction()
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
