"""Migrations: from nothing to what the models say, once, whoever else tries at the same time."""

import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine

from core.db import transaction
from core.db.migrate import DatabaseTooNew, migrate, pending
from core.db.revision import head, is_current
from core.settings import PROJECT
from tests.conftest import Database


@pytest.fixture
def empty(database: Database) -> Iterator[str]:
    """Give a database that was never migrated."""
    name = f"{database.name}_empty"
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield database.url.replace(f"/{database.name}?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_an_empty_database_is_brought_to_head_once(empty: str) -> None:
    plan = pending(empty)
    assert plan
    assert migrate(empty) == plan
    assert migrate(empty) == pending(empty) == []


def test_two_at_once_migrate_once(empty: str) -> None:
    program = f"from core.db.migrate import migrate; print(len(migrate({empty!r})))"
    racing = [
        subprocess.Popen((sys.executable, "-c", program), cwd=PROJECT, stdout=subprocess.PIPE, text=True)  # noqa: S603 our own
        for _ in range(3)
    ]
    steps = len(pending(empty)) or len(head())
    done = sorted(int(child.communicate()[0]) for child in racing)
    assert done[:2] == [0, 0]
    assert done[2] <= steps


def test_a_database_of_a_newer_program_is_left_alone(empty: str) -> None:
    migrate(empty)
    with psycopg.connect(empty) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseTooNew, match="9999"):
        migrate(empty)


def test_whether_it_is_current_is_known_without_alembic(engine: Engine) -> None:
    with transaction(engine) as session:
        assert is_current(session)


def test_an_empty_one_is_not_current(empty: str) -> None:
    program = f"""
import sys
from sqlalchemy.orm import Session
from core.db import make_engine
from core.db.revision import is_current
with make_engine({empty!r}, role=None).connect() as connection:
    print(is_current(Session(connection)), "alembic" in sys.modules)
"""
    done = subprocess.run((sys.executable, "-c", program), cwd=PROJECT, check=True, capture_output=True, text=True)  # noqa: S603 our own
    assert done.stdout == "False False\n"
