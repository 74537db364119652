"""Tables `call` and `call_event` 通话. Only `shared.calls` writes them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.tables import metadata
from shared.tables.ticket import INSTANT

call = sa.Table(
    "call",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("city", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False, comment="the adapter"),
    sa.Column("subject", sa.Text, nullable=False, comment="the adapter's own id of the call"),
    # Folded from call_event.
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("direction", sa.Text),
    sa.Column("line", sa.Text),
    sa.Column("phone", sa.LargeBinary),
    sa.Column("phone_index", sa.LargeBinary),
    sa.Column("withheld", sa.Boolean, nullable=False),
    sa.Column("began_at", INSTANT),
    sa.Column("queued_at", INSTANT),
    sa.Column("ringing_at", INSTANT),
    sa.Column("answered_at", INSTANT),
    sa.Column("ended_at", INSTANT),
    sa.Column("abandoned_at", INSTANT),
    sa.Column("rings_at", sa.Text, comment="the extension that rings now"),
    sa.Column("seat", sa.Text, comment="the extension that speaks, or spoke last"),
    sa.Column("held_seconds", sa.Integer, nullable=False),
    sa.Column("is_rating_asked", sa.Boolean, nullable=False),
    sa.Column("digit", sa.Text, comment="satisfaction key; NULL once asked: no key"),
    sa.Column("recordings", ARRAY(sa.Text), nullable=False),
    sa.Column("heard_at", INSTANT, nullable=False, comment="when its last event came, in real time"),
    # By people.
    sa.Column("ticket_id", sa.BigInteger, sa.ForeignKey("ticket.id")),
    sa.Column("call_back", sa.Text),  # NULL -> reached | given_up
    sa.Column("call_back_tries", sa.Integer, nullable=False),
    sa.Column("call_back_at", INSTANT),
    sa.Column("call_back_by", sa.BigInteger),
)

call_event = sa.Table(
    "call_event",
    metadata,
    sa.Column("call_id", sa.BigInteger, sa.ForeignKey("call.id"), primary_key=True),
    sa.Column("id", sa.Text, primary_key=True, comment="the adapter's, the same for a replay"),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("phone", sa.LargeBinary, comment="E.164"),
    sa.Column("raw_number", sa.LargeBinary, comment="as the adapter gave it"),
    sa.Column("facts", JSONB, nullable=False, comment="the rest of the event's data, without the number"),
    sa.Column("heard_at", INSTANT, nullable=False),
)
