"""Tables `ticket*`, `caller`, `decision`, `idempotency`. Only `shared.ledger` writes them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.tables import metadata

INSTANT = sa.DateTime(timezone=True)

ticket = sa.Table(
    "ticket",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("city", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("material_seq", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("holder_kind", sa.Text, nullable=False),
    sa.Column("holder_id", sa.Text, nullable=False),
    sa.Column("nature", sa.Text, nullable=False),
    sa.Column("urgency", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("chosen_by_person", ARRAY(sa.Text), nullable=False),
    sa.Column("county", sa.Text),
    sa.Column("duty", sa.Text),
    sa.Column("unit", sa.Text),
    sa.Column("handler_id", sa.BigInteger),
    sa.Column("proposed_unit", sa.Text),
    sa.Column("returned_by", ARRAY(sa.Text), nullable=False),
    sa.Column("accused_unit", sa.Text),
    sa.Column("confidential", sa.Boolean, nullable=False),
    sa.Column("hidden_identity", sa.Boolean, nullable=False),
    sa.Column("tell_by", sa.Text),
    sa.Column("registered_by", sa.BigInteger),
    sa.Column("registered_at", INSTANT, nullable=False),
    sa.Column("dispatched_at", INSTANT),
    sa.Column("promised_at", INSTANT),
    sa.Column("clocks", JSONB, nullable=False),
    sa.Column("is_approved", sa.Boolean, nullable=False),
    sa.Column("urged_at", INSTANT),
    sa.Column("urged_count", sa.Integer, nullable=False),
    sa.Column("cycle", sa.Integer, nullable=False),
    sa.Column("resolved_at", INSTANT),
    sa.Column("closed_at", INSTANT),
    sa.Column("end_reason", sa.Text),
    sa.Column("code_version", sa.Integer, nullable=False),
    sa.Column("alarm", sa.Text),
    sa.Column("caller_redos", sa.Integer, nullable=False),
    sa.Column("contacted_at", INSTANT),
    sa.Column("rated", ARRAY(sa.Text), nullable=False),
    sa.Column("due_at", INSTANT, comment="the unit's clock, for queues to sort by"),
    sa.Column("is_warned", sa.Boolean, nullable=False),
    sa.Column("is_overdue", sa.Boolean, nullable=False),
    sa.Column("head", sa.LargeBinary, nullable=False, comment="hash of the last event of this ticket's chain"),
)

ticket_event = sa.Table(
    "ticket_event",
    metadata,
    sa.Column("ticket_id", sa.BigInteger, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("body", sa.Text, nullable=False, comment="canonical JSON, what the hash is taken of"),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)

ticket_text = sa.Table(
    "ticket_text",
    metadata,
    sa.Column("ticket_id", sa.BigInteger, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("part", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, comment="NULL once erased; log and chain do not need it"),
    sa.Column("salt", sa.LargeBinary),
)

caller = sa.Table(
    "caller",
    metadata,
    sa.Column("ticket_id", sa.BigInteger, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("name", sa.LargeBinary),
    sa.Column("phone", sa.LargeBinary),
    sa.Column("phone_index", sa.LargeBinary),
    sa.Column("email", sa.LargeBinary),
    sa.Column("address", sa.LargeBinary),
)

decision = sa.Table(
    "decision",
    metadata,
    sa.Column("ticket_id", sa.BigInteger, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("body", sa.Text, nullable=False, comment="canonical JSON; the event carries its digest"),
)

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("client", sa.Text, primary_key=True),
    sa.Column("route", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("request_mac", sa.LargeBinary, nullable=False),
    sa.Column("ticket_id", sa.BigInteger, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
)
