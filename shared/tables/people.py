"""Tables of staff and sessions (`shared.people`), tries (`attempts`), `access_log` and `notice` (their namesakes)."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.tables import metadata
from shared.tables.ticket import INSTANT

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("city", sa.Text, nullable=False),
    sa.Column("login", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("password", sa.Text, nullable=False, comment="argon2id"),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("unit", sa.Text),
    sa.Column("skills", ARRAY(sa.Text), nullable=False),
    sa.Column("leads_unit", sa.Boolean, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("extension", sa.Text, comment="of the telephone at the seat, one person in a city each"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1", comment="one more with each edit"),
    sa.Column("password_set_at", INSTANT, nullable=False, server_default=sa.func.clock_timestamp()),
    sa.Column("one_time_until", INSTANT, comment="the password only serves to set another, until then"),
)

absence = sa.Table(
    "absence",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("staff_id", sa.BigInteger, sa.ForeignKey("staff.id"), nullable=False),
    sa.Column("deputy_id", sa.BigInteger, sa.ForeignKey("staff.id"), nullable=False),
    sa.Column("from_at", INSTANT, nullable=False),
    sa.Column("until_at", INSTANT, nullable=False, comment="the first instant at which it is over"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("made_by", sa.BigInteger),
    sa.Column("made_at", INSTANT, nullable=False),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    sa.Column("staff_id", sa.BigInteger, sa.ForeignKey("staff.id"), nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("seen_at", INSTANT, nullable=False),
    sa.Column("address", sa.Text, comment="where it began"),
    sa.Column("proved_at", INSTANT, nullable=False, server_default=sa.func.clock_timestamp()),
)

second_factor = sa.Table(
    "second_factor",
    metadata,
    sa.Column("staff_id", sa.BigInteger, sa.ForeignKey("staff.id"), primary_key=True, autoincrement=False),
    sa.Column("secret", sa.LargeBinary, nullable=False, comment="encrypted"),
    sa.Column("made_at", INSTANT, nullable=False),
    sa.Column("confirmed_at", INSTANT, comment="when the device showed its first code"),
    sa.Column("last_step", sa.BigInteger, nullable=False, comment="the 30 s in which the last code taken was made"),
)

recovery_code = sa.Table(
    "recovery_code",
    metadata,
    sa.Column("staff_id", sa.BigInteger, sa.ForeignKey("staff.id"), primary_key=True),
    sa.Column("code_hash", sa.LargeBinary, primary_key=True),
    sa.Column("used_at", INSTANT),
)

login_step = sa.Table(
    "login_step",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    sa.Column("staff_id", sa.BigInteger, sa.ForeignKey("staff.id"), nullable=False),
    sa.Column("at", INSTANT, nullable=False),
)

sign_on = sa.Table(
    "sign_on",
    metadata,
    sa.Column("iss", sa.Text, primary_key=True),
    sa.Column("sub", sa.Text, primary_key=True),
    sa.Column("staff_id", sa.BigInteger, sa.ForeignKey("staff.id"), nullable=False, unique=True),
)

sign_on_step = sa.Table(
    "sign_on_step",
    metadata,
    sa.Column("state_hash", sa.LargeBinary, primary_key=True),
    sa.Column("nonce", sa.Text, nullable=False),
    sa.Column("verifier", sa.Text, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
)

admin_code = sa.Table(
    "admin_code",
    metadata,
    sa.Column("code_hash", sa.LargeBinary, primary_key=True),
    sa.Column("issued_at", INSTANT, nullable=False),
)

attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("subject", sa.LargeBinary, primary_key=True),
    sa.Column("since", INSTANT, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
)

access_log = sa.Table(
    "access_log",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("staff_id", sa.BigInteger),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("ticket_id", sa.BigInteger),
    sa.Column("fields", ARRAY(sa.Text), nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("address", sa.Text),
    sa.Column("object", sa.Text, comment="what was changed, such as staff:12"),
    sa.Column("before", JSONB(none_as_null=True)),
    sa.Column("after", JSONB(none_as_null=True)),
)

access_seal = sa.Table(
    "access_seal",
    metadata,
    sa.Column("after", sa.BigInteger, primary_key=True, comment="the line before the first that it covers"),
    sa.Column("up_to", sa.BigInteger, nullable=False, unique=True),
    sa.Column("lines", sa.BigInteger, nullable=False),
    sa.Column("mac", sa.LargeBinary, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
)

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("ticket_id", sa.BigInteger, sa.ForeignKey("ticket.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("part", sa.Text, primary_key=True, comment="channel and recipient"),
    sa.Column("state", sa.Text, nullable=False),  # sending -> sent | failed | sending
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("is_unsure", sa.Boolean, nullable=False, comment="the last try may have arrived all the same"),
    sa.Column("provider", sa.Text),
    sa.Column("provider_reference", sa.Text, comment="the provider's own name of it"),
    sa.Column("receipt", sa.Text),  # NULL -> delivered | undelivered
    sa.Column("receipt_code", sa.Text),
    sa.Column("receipt_at", INSTANT),
    sa.Column("changed_at", INSTANT, nullable=False),
)
