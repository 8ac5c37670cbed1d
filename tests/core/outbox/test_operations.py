"""The way of a message to a worker."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.db import Work, transaction
from core.db.engine import driver
from core.outbox import operations as outbox
from core.outbox.operations import Message
from core.outbox.queries import backlog, database_time
from core.outbox.rules import LEASE, QUEUED_FOR
from tests.notices import AMINA, BARAKA, EVENT_AT, TEMPLATE, Notice

SOON = timedelta(seconds=1)


def notice(event: str, address: str = AMINA, **said: Any) -> Message:  # noqa: ANN401 any field of a notice
    """Build a message; say only what matters."""
    return Notice(event, address, **said).message()


def each_to_another(*events: str) -> list[Message]:
    """Build messages that are in nobody's way."""
    return [notice(event, f"+2547000001{n:02}") for n, event in enumerate(events)]


@pytest.fixture
def at(session: Session) -> datetime:
    """Say a moment when all that is put now is due."""
    return database_time(session) + SOON


def test_what_is_put_can_be_claimed_whole_and_in_order(session: Session, at: datetime) -> None:
    outbox.put(session, notice("first"), notice("second", BARAKA, language="sw", facts={"name": "B"}), notice("third"))
    claimed = outbox.claim(session, at=at)
    assert [each.address for each in claimed] == [AMINA, BARAKA, AMINA]
    assert (claimed[1].language, claimed[1].template, claimed[1].facts) == ("sw", TEMPLATE, {"name": "B"})
    assert claimed[0].lease_until == at + LEASE
    assert [each.attempts for each in claimed] == [0, 0, 0]


def test_nothing_to_put_is_no_statement(session: Session) -> None:
    outbox.put(session)


def test_an_event_is_told_once_to_each_address_of_its_group(session: Session, states: Callable[[], dict[str, str]]) -> None:
    outbox.put(session, notice("e"), notice("e", BARAKA), notice("e", template="join.asked"))
    outbox.put(session, notice("e"))
    outbox.put(session, notice("e", group_id=8))
    assert driver(session).execute("SELECT group_id, address, template FROM outbox ORDER BY id").fetchall() == [
        (7, AMINA, TEMPLATE),
        (7, BARAKA, TEMPLATE),
        (8, AMINA, TEMPLATE),
    ]
    assert states() == {"e": "ready 0"}


@pytest.mark.usefixtures("emptied")
def test_it_is_put_with_its_cause_or_not_at_all(engine: Engine, session: Session) -> None:
    with Work(engine) as work:
        outbox.put(work.session, notice("undone"))
    with transaction(engine) as kept:
        outbox.put(kept, notice("done"))
    assert driver(session).execute("SELECT event_key, created_at FROM outbox").fetchall() == [("done", EVENT_AT)]


@pytest.mark.usefixtures("emptied")
def test_two_workers_never_claim_the_same(engine: Engine, at: datetime) -> None:
    with transaction(engine) as session:
        outbox.put(session, *each_to_another(*"abcdefghij"))
    with Work(engine) as one, Work(engine) as other:
        first = outbox.claim(one.session, limit=6, at=at)
        second = outbox.claim(other.session, limit=6, at=at)
        assert [len(first), len(second)] == [6, 4]
        assert not {each.id for each in first} & {each.id for each in second}
        one.commit()
        assert outbox.claim(other.session, ids=[each.id for each in first], at=at) == []


def test_claimed_by_ids_is_only_what_is_due(session: Session, at: datetime) -> None:
    outbox.put(session, *each_to_another("a", "b", "c"))
    a, b, c = outbox.claim(session, at=at)
    outbox.put_back(session, [a, b], until=at)
    outbox.put_back(session, [c], until=at + timedelta(minutes=2))
    assert [each.id for each in outbox.claim(session, ids=[a.id, c.id], at=at)] == [a.id]
    assert [each.id for each in outbox.claim(session, at=at)] == [b.id]
    assert [each.id for each in outbox.claim(session, ids=[c.id], at=at + timedelta(minutes=3))] == [c.id]


def test_what_is_reserved_is_not_reserved_again_until_the_queue_must_have_lost_it(session: Session, at: datetime) -> None:
    outbox.put(session, *each_to_another(*"abcde"))
    first = outbox.reserve(session, limit=3, at=at)
    assert len(first) == 3
    second = outbox.reserve(session, limit=3, at=at)
    assert len(second) == 2
    assert not set(first) & set(second)
    assert outbox.reserve(session, limit=3, at=at + QUEUED_FOR - SOON) == []
    assert outbox.reserve(session, limit=9, at=at + QUEUED_FOR) == first + second


def test_a_worker_claims_what_is_reserved(session: Session, at: datetime) -> None:
    outbox.put(session, notice("a"))
    ids = outbox.reserve(session, limit=9, at=at)
    assert [each.id for each in outbox.claim(session, ids=ids, at=at)] == ids
    assert outbox.reserve(session, limit=9, at=at + QUEUED_FOR) == []


def test_beginning_counts_the_try_and_renews_the_lease(session: Session, at: datetime) -> None:
    outbox.put(session, *each_to_another("a", "b"))
    a, b = outbox.claim(session, at=at)
    later = at + timedelta(seconds=20)
    (begun,) = outbox.begin(session, [a], at=later)
    assert (begun.attempts, begun.lease_until, begun.history.age) == (1, later + LEASE, timedelta(0))
    assert outbox.begin(session, [a], at=later) == []
    assert [each.id for each in outbox.begin(session, [begun, b], at=later)] == [a.id, b.id]


def test_who_lost_the_lease_can_neither_begin_nor_put_back(session: Session, at: datetime) -> None:
    outbox.put(session, notice("a"))
    (mine,) = outbox.claim(session, at=at)
    outbox.put_back(session, [mine], until=at)
    (theirs,) = outbox.claim(session, at=at + SOON)
    assert outbox.begin(session, [mine], at=at) == []
    outbox.put_back(session, [mine], until=at)
    assert backlog(session, at=at).leased == 1
    assert outbox.begin(session, [theirs], at=at) != []


def test_the_backlog_is_counted(session: Session, at: datetime) -> None:
    empty = backlog(session, at=at)
    assert (empty.ready, empty.leased, empty.dead, empty.oldest) == (0, 0, 0, timedelta(0))
    outbox.put(session, notice("a"), notice("b"))
    outbox.claim(session, limit=1, at=at)
    found = backlog(session, at=at + timedelta(seconds=5))
    assert (found.ready, found.leased, found.dead) == (2, 1, 0)
    assert timedelta(seconds=5) <= found.oldest < timedelta(seconds=9)
