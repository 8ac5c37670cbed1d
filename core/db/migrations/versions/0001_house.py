"""The house: groups, people, the ledger and its law, loans, meetings, the outbox, conversations."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent / "sql"
# A role belongs to the whole server: another database may have made it.
_ROLE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pamoja_app') THEN CREATE ROLE pamoja_app NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT pamoja_app TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO pamoja_app;
"""


def upgrade() -> None:
    """Make everything."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    for script in (_ROLE, (_SQL / "0001_tables.sql").read_text(), (_SQL / "0001_ledger.sql").read_text()):
        connection.execute(script)


def downgrade() -> None:
    """Refuse: money is not migrated away."""
    raise RuntimeError("the first migration is not undone: restore a backup instead")
