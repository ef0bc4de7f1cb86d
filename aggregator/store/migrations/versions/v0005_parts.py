"""The candidate index in parts of seven days instead of one: two look-ups a key instead of eight."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

BITS = 44
MASK = (1 << BITS) - 1
DAYS = 7


def upgrade() -> None:
    """Move every key from its day to the part that the day is in."""
    _move(f"((slot >> {BITS}) - (((slot >> {BITS}) % {DAYS}) + {DAYS}) % {DAYS}) / {DAYS}")


def downgrade() -> None:
    """Move every key back to the day of its article."""
    _move("(SELECT a.effective / 86400000000 FROM articles a WHERE a.id = k.article)")


def _move(period: str) -> None:
    op.execute(
        "CREATE TEMPORARY TABLE moved_keys AS "  # noqa: S608  our own constants
        f"SELECT (({period}) << {BITS}) | (slot & {MASK}) AS slot, article FROM candidate_keys k"
    )
    op.execute("DELETE FROM candidate_keys")
    op.execute(
        "INSERT INTO candidate_keys (slot, article) SELECT slot, article FROM moved_keys ORDER BY 1, 2"
    )
    op.execute("DROP TABLE moved_keys")
