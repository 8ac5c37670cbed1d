"""Indexes that cannot be taken for a key."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them anew."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute((Path(__file__).parent / "sql" / "0003_indexes.sql").read_text())


def downgrade() -> None:
    """Refuse, as every migration here."""
    raise RuntimeError("this migration is not undone: restore a backup instead")
