"""Table `mailbox` 单位邮箱. Only `shared.mailboxes` writes it."""

import sqlalchemy as sa

from shared.tables import metadata
from shared.tables.ticket import INSTANT

mailbox = sa.Table(
    "mailbox",
    metadata,
    sa.Column("city", sa.Text, primary_key=True),
    sa.Column("part", sa.Text, primary_key=True, comment="channel and unit, as in the parts of jobs"),
    sa.Column("since", INSTANT, nullable=False, comment="the window's beginning, in business time"),
    sa.Column("mails", sa.Integer, nullable=False, comment="sent at once in the window"),
)
