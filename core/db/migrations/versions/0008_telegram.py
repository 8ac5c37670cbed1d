"""Telegram: which account is whose, the guesses of link codes, the updates that were taken."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute((Path(__file__).parent / "sql" / "0008_telegram.sql").read_text())


def downgrade() -> None:
    """Refuse: an update that was taken must not be taken again."""
    raise RuntimeError("this migration is not undone: restore a backup instead")
