"""What came of the tries."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from core.db.engine import driver
from core.outbox import operations as outbox
from core.outbox import outcomes
from core.outbox.operations import Claimed
from core.outbox.outcomes import Failed, Sent
from core.outbox.queries import backlog, database_time, dead_letters
from core.outbox.rules import FAILURES_MAX, LEASE, UNKNOWN_PAUSE, Outcome
from tests.notices import AMINA, BARAKA, CHAUSIKU, Notice

Show = Callable[[], dict[str, str]]
Tries = Callable[[], list[str]]
YEAR = timedelta(days=365)


@pytest.fixture
def at(session: Session) -> datetime:
    """Say a moment when all that is put now is due."""
    return database_time(session) + timedelta(seconds=1)


@pytest.fixture
def begun(session: Session, at: datetime) -> Callable[..., list[Claimed]]:
    """Put messages, each to another phone and the first to Amina's, claim and begin them."""

    def begin(*events: str) -> list[Claimed]:
        outbox.put(session, *(Notice(event, f"+25470000000{n}").message(at) for n, event in enumerate(events, start=1)))
        return outbox.begin(session, outbox.claim(session, at=at), at=at)

    return begin


def test_sent(session: Session, begun: Callable[..., list[Claimed]], at: datetime, states: Show, tries: Tries) -> None:
    a, b = begun("a", "b")
    outcomes.sent(session, [Sent(a, "ATXid_1", "KES 0.8000", 1), Sent(b, "", "KES 1.6000", 2)], at=at)
    assert states() == {"a": "sent 1", "b": "sent 1"}
    assert tries() == ["a 1 sent", "b 1 sent"]
    assert driver(session).execute("SELECT provider_id, cost, segments FROM attempt ORDER BY outbox_id").fetchall() == [
        ("ATXid_1", "KES 0.8000", 1),
        (None, "KES 1.6000", 2),
    ]
    assert backlog(session, at=at).ready == 0


def test_sent_is_final_and_may_be_said_twice(session: Session, begun: Callable[..., list[Claimed]], at: datetime, states: Show) -> None:
    (a,) = begun("a")
    outcomes.sent(session, [Sent(a, "ATXid_1", "KES 0.8000", 1)], at=at)
    outcomes.sent(session, [Sent(a, "ATXid_1", "KES 0.8000", 1)], at=at + timedelta(days=1))
    assert outcomes.failed(session, [Failed(a, Outcome.REJECTED, "406")], at=at) == []
    assert states() == {"a": "sent 1"}
    assert driver(session).execute("SELECT sent_at FROM outbox").fetchall() == [(at,)]


def test_nothing_to_mark_is_no_statement(session: Session, at: datetime) -> None:
    outcomes.sent(session, [], at=at)
    assert outcomes.failed(session, [], at=at) == []


def test_failed_ones_wait_or_die(session: Session, begun: Callable[..., list[Claimed]], at: datetime, states: Show, tries: Tries) -> None:
    a, b, c, d = begun("a", "b", "c", "d")
    results = [
        Failed(a, Outcome.RETRY, "500 InternalServerError", 1),
        Failed(b, Outcome.REJECTED, "406 UserInBlacklist", 1),
        Failed(c, Outcome.DOWN, "401", 1),
        Failed(d, Outcome.UNKNOWN, "x" * 500),
    ]
    assert outcomes.failed(session, results, at=at) == [results[1]]
    assert states() == {"a": "ready 1", "b": "dead 1", "c": "ready 1", "d": "ready 1"}
    assert tries() == ["a 1 retry", "b 1 rejected", "c 1 down", "d 1 unknown"]
    assert outbox.claim(session, at=at) == []
    assert [each.id for each in outbox.claim(session, at=at + timedelta(seconds=2))] == [a.id]
    (dead,) = dead_letters(session)
    assert (dead.id, dead.address, dead.outcome, dead.detail) == (b.id, BARAKA, "rejected", "406 UserInBlacklist")


def test_a_message_that_fails_too_often_dies(session: Session, begun: Callable[..., list[Claimed]], at: datetime, states: Show) -> None:
    begun("a")
    outcomes.release_expired(session, at=at + YEAR)
    for n in range(2, FAILURES_MAX + 1):
        (a,) = outbox.begin(session, outbox.claim(session, at=at + n * YEAR), at=at + n * YEAR)
        dead = outcomes.failed(session, [Failed(a, Outcome.RETRY, "500")], at=at + n * YEAR)
        assert len(dead) == (n == FAILURES_MAX)
    assert states() == {"a": f"dead {FAILURES_MAX}"}


def test_one_call_in_doubt_is_tried_once_more(session: Session, begun: Callable[..., list[Claimed]], at: datetime, states: Show) -> None:
    (a,) = begun("a")
    assert outcomes.failed(session, [Failed(a, Outcome.UNKNOWN, "ReadTimeout")], at=at) == []
    assert outbox.claim(session, at=at + UNKNOWN_PAUSE - timedelta(seconds=1)) == []
    later = at + UNKNOWN_PAUSE
    (a,) = outbox.begin(session, outbox.claim(session, at=later), at=later)
    assert len(outcomes.failed(session, [Failed(a, Outcome.UNKNOWN, "ReadTimeout")], at=later)) == 1
    assert states() == {"a": "dead 2"}


def test_a_dead_worker_gives_back_what_it_had(session: Session, at: datetime, states: Show, tries: Tries) -> None:
    phones = {"begun": AMINA, "waiting": BARAKA, "living": CHAUSIKU}
    outbox.put(session, *(Notice(event, phone).message(at) for event, phone in phones.items()))
    begun, _waiting, living = outbox.claim(session, at=at)
    outbox.begin(session, [begun], at=at)
    outbox.begin(session, [living], at=at + timedelta(seconds=5))
    assert outcomes.release_expired(session, at=at + LEASE - timedelta(seconds=1)) == (0, [])
    assert outcomes.release_expired(session, at=at + LEASE) == (2, [])
    assert [each.id for each in outbox.claim(session, at=at + LEASE)] == [begun.id, begun.id + 1]
    assert states() == {"begun": "ready 1", "waiting": "ready 0", "living": "ready 1"}
    assert tries() == ["begun 1 lost"]


def test_who_comes_back_late_still_says_that_it_was_sent(
    session: Session, begun: Callable[..., list[Claimed]], at: datetime, states: Show, tries: Tries
) -> None:
    (late,) = begun("a")
    outcomes.release_expired(session, at=at + LEASE)
    assert outcomes.failed(session, [Failed(late, Outcome.REJECTED, "406")], at=at + LEASE) == []
    assert states() == {"a": "ready 1"}
    outcomes.sent(session, [Sent(late, "ATXid_1", "KES 0.8000", 1)], at=at + LEASE)
    assert states() == {"a": "sent 1"}
    assert tries() == ["a 1 sent"]
    assert outbox.claim(session, at=at + YEAR) == []


def test_a_report_settles_what_was_in_doubt(
    session: Session, begun: Callable[..., list[Claimed]], at: datetime, states: Show, tries: Tries
) -> None:
    a, b = begun("a", "b")
    outcomes.failed(session, [Failed(a, Outcome.UNKNOWN, "cut"), Failed(b, Outcome.RETRY, "500")], at=at)
    assert not outcomes.settle_unknown(session, address=CHAUSIKU, provider_id="ATXid_0", at=at)
    assert not outcomes.settle_unknown(session, address=BARAKA, provider_id="ATXid_0", at=at)
    assert outcomes.settle_unknown(session, address=AMINA, provider_id="ATXid_1", at=at)
    assert states() == {"a": "sent 1", "b": "ready 1"}
    assert not outcomes.settle_unknown(session, address=AMINA, provider_id="ATXid_2", at=at)
    assert tries() == ["a 1 sent", "b 1 retry"]
