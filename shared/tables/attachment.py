"""Table `attachment` 附件. Only `shared.attachments` writes it."""

import sqlalchemy as sa

from shared.tables import metadata
from shared.tables.ticket import INSTANT

attachment = sa.Table(
    "attachment",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="random; the stored bytes have it for a name"),
    sa.Column("city", sa.Text, nullable=False),
    sa.Column("uploaded_by", sa.BigInteger, comment="NULL: a caller"),
    sa.Column("uploaded_at", INSTANT, nullable=False, comment="real time"),
    sa.Column("name", sa.LargeBinary, comment="as it was given, encrypted"),
    sa.Column("extension", sa.Text, nullable=False, comment="what the content is, not what the name said"),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False, comment="of the stored bytes; the event says the same"),
    sa.Column("state", sa.Text, nullable=False),  # writing -> unscanned | quarantined -> clean | infected; -> erased
    sa.Column("ticket_id", sa.BigInteger, sa.ForeignKey("ticket.id")),
    sa.Column("seq", sa.Integer),
    sa.Column("place", sa.Integer, comment="in the order of its step"),
    sa.Column("is_inner", sa.Boolean, comment="for staff alone"),
)
