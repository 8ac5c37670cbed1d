"""Requests that two officials clear a member's PIN, and the wrong PINs of the whole house by their time."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the index."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute((Path(__file__).parent / "sql" / "0007_offices.sql").read_text())


def downgrade() -> None:
    """Refuse: who asked for a PIN to be cleared, and who agreed, stays on record."""
    raise RuntimeError("this migration is not undone: restore a backup instead")
