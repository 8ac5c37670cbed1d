"""Bring a database to what this program expects: Alembic, under a lock, as the owner."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import Connection, MetaData, text
from sqlalchemy.orm import Session

from core.db.base import Base
from core.db.engine import make_engine
from core.db.revision import is_current

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS: Final = Path(__file__).parent / "migrations"
# Two that start at once must not migrate at once.
_LOCK: Final = 0x70616D6F6A61


class DatabaseTooNew(Exception):
    """The database was migrated by a newer program than this one."""

    def __init__(self, revision: str) -> None:
        super().__init__(f"The database is at {revision}, which this program does not know: it is of a newer version")


class Step(NamedTuple):
    """A migration: its number and what it does."""

    revision: str
    title: str


def pending(url: str) -> list[Step]:
    """Say which migrations the database still lacks, the next one first.

    :raises DatabaseTooNew: if it has some that this program does not know
    """
    with _connect(url) as connection:
        return _pending(connection)


def migrate(url: str) -> list[Step]:
    """Bring the database to the newest revision, and say which steps that took. Whoever comes second waits, and has nothing to do.

    :raises DatabaseTooNew: if it has some that this program does not know
    """
    with _connect(url) as connection:
        if is_current(Session(connection)):
            return []
        from alembic import command  # noqa: PLC0415 not loaded where there is nothing to do, as at nearly every start

        connection.rollback()
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.commit()
        try:
            steps = _pending(connection)
            connection.commit()
            if steps:
                command.upgrade(_config(connection), "head")
            return steps
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()


def differences(url: str) -> list[str]:
    """Say where the tables of the database differ from the models; after `migrate` nowhere."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    with _connect(url) as connection:
        return [str(each) for each in compare_metadata(MigrationContext.configure(connection), models())]


def models() -> MetaData:
    """Load every model of the core, and give the tables."""
    core = MIGRATIONS.parent.parent
    importlib.import_module("core.records")
    for path in sorted(core.glob("*/models.py")):
        importlib.import_module(f"core.{path.parent.name}.models")
    return Base.metadata


@contextmanager
def _connect(url: str) -> Iterator[Connection]:
    engine = make_engine(url, role=None, pool_size=1)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _pending(connection: Connection) -> list[Step]:
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from alembic.script.revision import RevisionError  # noqa: PLC0415

    context = MigrationContext.configure(connection)
    scripts = ScriptDirectory(str(MIGRATIONS))
    at = context.get_current_heads()
    try:
        lacking = list(scripts.iterate_revisions("heads", at or "base"))
    except RevisionError as error:
        raise DatabaseTooNew(", ".join(at)) from error
    return [Step(script.revision, script.doc) for script in reversed(lacking)]
