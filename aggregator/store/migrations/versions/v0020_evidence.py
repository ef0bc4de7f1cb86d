"""Evidence is stored without its shingles, which are those of its body. What is there is read as it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aggregator.dedup.evidence import with_shingles

revision = "0020"
down_revision = "0019"

PAGE = 500  # articles a statement

PRINTS = sa.table("fingerprints", sa.column("article", sa.Integer), sa.column("evidence", sa.LargeBinary))


def upgrade() -> None:
    """Nothing is written anew: it is for programs that cannot read it to know that it is there."""


def downgrade() -> None:
    """With the shingles."""
    connection = op.get_bind()
    page = (
        sa.select(PRINTS.c.article, PRINTS.c.evidence)
        .where(PRINTS.c.article > sa.bindparam("after"))
        .order_by(PRINTS.c.article)
        .limit(PAGE)
    )
    write = (
        PRINTS.update().where(PRINTS.c.article == sa.bindparam("which")).values(evidence=sa.bindparam("made"))
    )
    last = -1
    while rows := connection.execute(page, {"after": last}).all():
        last = rows[-1].article
        made = [{"which": row.article, "made": with_shingles(bytes(row.evidence))} for row in rows]
        connection.execute(write, made)
