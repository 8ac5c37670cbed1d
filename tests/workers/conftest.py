"""An outbox that tests commit to."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, text

from core.db import transaction
from core.db.engine import driver
from core.outbox import operations as outbox
from tests.notices import Notice


@pytest.fixture
def put(engine: Engine, owner_engine: Engine) -> Iterator[Callable[..., list[int]]]:
    """Put notices into the outbox and give their ids; it is empty after the test."""

    def commit(*notices: Notice) -> list[int]:
        with transaction(engine) as session:
            outbox.put(session, *(notice.message() for notice in notices))
        with transaction(engine) as session:
            rows = driver(session).execute("SELECT id FROM outbox ORDER BY id").fetchall()
        return [row[0] for row in rows][-len(notices) :]

    yield commit
    with owner_engine.begin() as connection:
        connection.execute(text("TRUNCATE outbox, attempt, sms_spent"))
