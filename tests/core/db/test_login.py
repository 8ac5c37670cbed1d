"""An installation may log in as one who owns nothing: the house runs, and the ledger is out of reach whatever role it takes."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from core.db import make_engine, transaction
from core.db.migrate import migrate
from tests.builders import Town
from tests.conftest import Database


@pytest.fixture
def url(database: Database) -> Iterator[str]:
    """Give the database's address for a login that is a member of the application's role and nothing else."""
    login = f"login_of_{database.name}"
    with psycopg.connect(database.url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {login} LOGIN IN ROLE pamoja_app")
        yield database.url.replace("://pamoja@", f"://{login}@")
        owner.execute(f"DROP ROLE {login}")


@pytest.mark.usefixtures("clean")
def test_it_runs_the_house(url: str) -> None:
    assert migrate(url) == []
    engine = make_engine(url)
    with transaction(engine) as session:
        Town(session).saves("amina", 1_000)
    engine.dispose()


@pytest.mark.parametrize(
    "change", ["UPDATE posting SET amount_minor = 0", "DELETE FROM entry", "ALTER TABLE posting DISABLE TRIGGER ALL", "SET ROLE pamoja"]
)
def test_it_cannot_touch_the_ledger(url: str, change: str) -> None:
    with psycopg.connect(url) as login, pytest.raises(InsufficientPrivilege):
        login.execute(change)
