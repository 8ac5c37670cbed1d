"""SMS of members: what came in, who wants no more than receipts, what became of what was sent."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute((Path(__file__).parent / "sql" / "0002_sms.sql").read_text())


def downgrade() -> None:
    """Refuse: who said STOP must stay stopped."""
    raise RuntimeError("this migration is not undone: restore a backup instead")
