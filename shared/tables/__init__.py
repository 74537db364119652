"""PostgreSQL's tables as SQLAlchemy Core sees them. Each module is written by one owner, named in its first line."""

import sqlalchemy as sa

metadata = sa.MetaData()
