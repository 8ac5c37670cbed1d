"""Disputes: a member says that an entry is wrong, and others than those concerned decide."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute((Path(__file__).parent / "sql" / "0006_disputes.sql").read_text())


def downgrade() -> None:
    """Refuse, as every migration here."""
    raise RuntimeError("this migration is not undone: restore a backup instead")
