"""Meetings that move, and what the clock reminds of."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column, two indexes, a right."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute((Path(__file__).parent / "sql" / "0005_meetings.sql").read_text())


def downgrade() -> None:
    """Refuse, as every migration here."""
    raise RuntimeError("this migration is not undone: restore a backup instead")
