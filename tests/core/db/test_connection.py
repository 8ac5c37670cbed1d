"""Statements that are kept back travel with the next one, in their order; after one that fails nothing of the trip is done."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.errors import DivisionByZero, UniqueViolation

from core.db import connection, make_engine
from core.db.connection import Driver
from core.db.engine import Work
from core.db.statement import Statement

ADD = Statement("INSERT INTO pg_temp.kept (n) VALUES (%(n)s)")
ALL = Statement("SELECT n FROM pg_temp.kept ORDER BY n", lambda n: n)
BREAK = Statement("SELECT 1 / %(n)s::int")
SLEEP = Statement("SELECT pg_sleep(%(seconds)s)")


@pytest.fixture(params=["turns", "plain"])
def driver(request: pytest.FixtureRequest, database_url: str) -> Iterator[Driver]:
    """Give a connection with a table of its own."""
    engine = make_engine(database_url, pool_size=1, turns=request.param == "turns")
    with Work(engine) as work:
        work.driver.execute("CREATE TEMP TABLE kept (n int PRIMARY KEY)")
        work.commit()
        yield work.driver
    engine.dispose()


def kept(driver: Driver) -> list[int]:
    """What is in the table."""
    found = ALL.all(driver, {})
    driver.keep()
    return found


def test_what_is_kept_back_travels_in_its_order(driver: Driver) -> None:
    driver.begin()
    first = ADD.later(driver, {"n": 1})
    second = ADD.later(driver, {"n": 2})
    assert driver.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE, "nothing was sent yet"
    assert ALL.all(driver, {}) == [1, 2]
    assert (first.count(), second.count()) == (1, 1)
    driver.keep()
    assert kept(driver) == [1, 2]


def test_a_commit_takes_along_what_waits(driver: Driver) -> None:
    driver.begin()
    ADD.later(driver, {"n": 3})
    driver.keep()
    assert not driver.in_transaction
    assert kept(driver) == [3]


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_after_one_that_fails_nothing_is_committed(driver: Driver, broken: int) -> None:
    driver.begin()
    for n in range(3):
        if n == broken:
            BREAK.later(driver, {"n": 0})
        ADD.later(driver, {"n": n})
    with pytest.raises(DivisionByZero):
        driver.keep()
    driver.undo()
    assert kept(driver) == []


def test_psycopg_itself_never_overtakes_what_waits(driver: Driver) -> None:
    driver.begin()
    ADD.later(driver, {"n": 4})
    with pytest.raises(UniqueViolation):
        driver.execute("INSERT INTO pg_temp.kept VALUES (4)")
    driver.undo()
    assert kept(driver) == []


@pytest.mark.parametrize("sent", [False, True], ids=["before it was sent", "after it was sent"])
def test_a_savepoint_is_gone_back_to(driver: Driver, sent: bool) -> None:  # noqa: FBT001 a parameter of the test
    driver.begin()
    ADD.later(driver, {"n": 5})
    driver.set_savepoint()
    ADD.later(driver, {"n": 6})
    if sent:
        driver.flush()
    ADD.later(driver, {"n": 7})
    driver.undo_to_savepoint()
    ADD.later(driver, {"n": 8})
    driver.keep()
    assert kept(driver) == [5, 8]


def test_undoing_forgets_what_waits(driver: Driver) -> None:
    driver.begin()
    ADD.later(driver, {"n": 9})
    driver.undo()
    assert not driver.in_transaction
    assert kept(driver) == []


def test_a_rollback_leaves_what_was_prepared(driver: Driver) -> None:
    for n in range(10):  # psycopg prepares what it is often asked, and would throw that away and ours with it
        driver.execute("SELECT n FROM pg_temp.kept WHERE n = %s", (n,))
    assert kept(driver) == []
    driver.execute("BEGIN" if driver.autocommit else "SELECT 1")
    driver.rollback()
    assert kept(driver) == []


def test_many_and_large_ones_in_one_trip(driver: Driver) -> None:
    large = Statement("SELECT length(%(text)s) AS length")
    lengths = [large.later(driver, {"text": "x" * size}) for size in (3_000_000, 1, 2_000_000) * 3]
    assert [row.length for later in lengths if (row := later.one())] == [3_000_000, 1, 2_000_000] * 3


def test_who_does_not_answer_is_left(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_MS_MAX", 200)
    driver.begin()
    with pytest.raises(psycopg.OperationalError, match="does not answer"):
        SLEEP.one(driver, {"seconds": 5})
    assert driver.closed


def test_a_connection_that_was_cut_says_so(driver: Driver, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 2000)", (driver.info.backend_pid,))
    with pytest.raises(psycopg.OperationalError):
        ALL.all(driver, {})
    assert driver.closed
