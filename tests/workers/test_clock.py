"""One clock leads; when it falls, another does."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from core.db import make_engine
from workers import clock as clock_module
from workers.clock import LEADER_LOCK, Clock, Task, do
from workers.health import clock_leads
from workers.patience import Patience
from workers.relay import Relay


@contextmanager
def running(database_url: str, redis_url: str) -> Iterator[Clock]:
    """Run a clock in a thread."""
    engine = make_engine(database_url, pool_size=1)
    clock = Clock(engine, Relay(redis_url))
    thread = Thread(target=clock.run)
    thread.start()
    try:
        yield clock
    finally:
        clock.stopping.set()
        thread.join(timeout=60)
        assert not thread.is_alive()
        engine.dispose()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_module, "CANDIDATE_SECONDS", 0.1)


def until(condition: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait for something to be so."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline
        sleep(0.02)


def leader(owner_engine: Engine) -> int | None:
    """Give the backend that holds the lock."""
    found = (
        "SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE locktype = 'advisory' AND datname = current_database()"
    )
    with owner_engine.begin() as connection:
        pids = connection.execute(text(found)).scalars().all()
    assert len(pids) <= 1
    return pids[0] if pids else None


def test_one_leads_and_another_takes_over(owner_engine: Engine, database_url: str, redis_url: str) -> None:
    with running(database_url, redis_url), running(database_url, redis_url):
        until(lambda: leader(owner_engine) is not None)
        first = leader(owner_engine)
        for _ in range(3):
            sleep(0.1)
            assert leader(owner_engine) == first
        with owner_engine.begin() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first})
        until(lambda: leader(owner_engine) not in (None, first))
    until(lambda: leader(owner_engine) is None)


def test_whether_a_clock_leads_can_be_asked(session: Session, database_url: str, redis_url: str) -> None:
    assert not clock_leads(session)
    with running(database_url, redis_url):
        until(lambda: clock_leads(session))
    until(lambda: not clock_leads(session))


def test_a_clock_without_a_database_waits_quietly(
    redis_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    tries: list[object] = []
    missed = Patience.missed

    def counted(patience: Patience, why: object) -> None:
        missed(patience, why)
        tries.append(why)

    monkeypatch.setattr(Patience, "missed", counted)
    with running("postgresql://nobody@/nothing?host=/nowhere", redis_url):
        until(lambda: len(tries) >= 3)
    assert [record.getMessage() for record in caplog.records] == ["database is away"]


def test_the_fault_of_one_task_stops_no_other(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    def breaks(session: Session) -> None:
        session.execute(text("SELECT 1/0"))

    do(Task(breaks, 1), session)
    do(Task(lambda session: session.execute(text("SELECT 1")), 1), session)
    assert [record.getMessage() for record in caplog.records] == ["a task of the clock failed"]


def test_the_lock_is_ours_alone() -> None:
    assert LEADER_LOCK.to_bytes(6, "big") == b"PAMOJA"
