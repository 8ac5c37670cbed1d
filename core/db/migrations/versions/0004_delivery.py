"""Delivery: the lane of an address, what is spent on SMS, the cap of a group, reports that can be forgotten."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns, the table and the indexes, and count what was spent so far."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute((Path(__file__).parent / "sql" / "0004_delivery.sql").read_text())


def downgrade() -> None:
    """Refuse, as every migration here."""
    raise RuntimeError("this migration is not undone: restore a backup instead")
