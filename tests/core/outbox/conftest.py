"""The outbox as a table to compare with."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from core.db.engine import driver


@pytest.fixture
def emptied(owner_engine: Engine) -> Iterator[None]:
    """For a test that commits: the outbox is empty after it."""
    yield
    owner_engine.dispose()  # some tests cut every connection, idle ones too
    with owner_engine.begin() as connection:
        connection.execute(text("TRUNCATE outbox, attempt, sms_spent"))


@pytest.fixture
def states(session: Session) -> Callable[[], dict[str, str]]:
    """Show the outbox: event key -> state and number of tries."""

    def show() -> dict[str, str]:
        rows = driver(session).execute("SELECT event_key, state, attempts FROM outbox ORDER BY id").fetchall()
        return {key: f"{state} {attempts}" for key, state, attempts in rows}

    return show


@pytest.fixture
def tries(session: Session) -> Callable[[], list[str]]:
    """Show the attempts: event key, number, outcome."""

    def show() -> list[str]:
        statement = (
            "SELECT o.event_key, a.n, a.outcome FROM attempt a JOIN outbox o ON o.group_id = a.group_id AND o.id = a.outbox_id"
            " ORDER BY o.id, a.n"
        )
        return [f"{key} {n} {outcome}" for key, n, outcome in driver(session).execute(statement)]

    return show
