"""The lane of an address: its messages go in order, and what holds one back holds back no other lane."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.db import Work, transaction
from core.db.engine import driver
from core.outbox import operations as outbox
from core.outbox import outcomes
from core.outbox.operations import Claimed
from core.outbox.outcomes import Failed, Sent
from core.outbox.queries import database_time
from core.outbox.rules import Outcome
from tests.builders import Town
from tests.notices import AMINA, BARAKA, Notice

SECOND: Final = timedelta(seconds=1)
NIGHT: Final = datetime(2026, 3, 2, 1, tzinfo=UTC)  # 04:00 in Nairobi
MORNING: Final = datetime(2026, 3, 2, 5, tzinfo=UTC)


class Lanes:
    """An outbox that is served by hand: messages by their events, to Amina unless it is said."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.at = database_time(session) + SECOND

    def put(self, *events: str, to: str = AMINA) -> None:
        """Put messages that are due."""
        outbox.put(self.session, *(Notice(event, to).message() for event in events))

    def claim(self, *, ids: list[int] | None = None) -> dict[str, Claimed]:
        """Claim what can be claimed, by event."""
        return {self._event(each.id): each for each in outbox.claim(self.session, ids=ids, at=self.at)}

    def reserve(self) -> list[str]:
        """Reserve what can be reserved."""
        return [self._event(id_) for id_ in outbox.reserve(self.session, limit=99, at=self.at)]

    def begin(self, *messages: Claimed) -> list[Claimed]:
        """Begin what may go."""
        return outbox.begin(self.session, messages, at=self.at)

    def came_to(self, message: Claimed, outcome: Outcome) -> None:
        """Try a message, with this outcome."""
        (begun,) = self.begin(message)
        if outcome is Outcome.SENT:
            outcomes.sent(self.session, [Sent(begun, "ATXid_1", "KES 0.8000", 1)], at=self.at)
        else:
            outcomes.failed(self.session, [Failed(begun, outcome, "as the test says")], at=self.at)

    def _event(self, id_: int) -> str:
        row = driver(self.session).execute("SELECT event_key FROM outbox WHERE id = %s", (id_,)).fetchone()
        assert row is not None
        return str(row[0])


@pytest.fixture
def lanes(session: Session) -> Lanes:
    """Give an empty outbox."""
    return Lanes(session)


@pytest.mark.parametrize(
    ("outcome", "next_goes"),
    [(Outcome.SENT, True), (Outcome.REJECTED, True), (Outcome.RETRY, False), (Outcome.DOWN, False), (Outcome.UNKNOWN, False)],
)
def test_the_next_goes_when_the_one_before_is_sent_or_given_up(lanes: Lanes, outcome: Outcome, next_goes: bool) -> None:  # noqa: FBT001
    lanes.put("first", "second")
    lanes.put("other", to=BARAKA)
    claimed = lanes.claim()
    assert list(claimed) == ["first", "second", "other"]
    assert lanes.begin(claimed["second"]) == [], "not before the first"
    lanes.came_to(claimed["first"], outcome)
    assert [each.id for each in lanes.begin(claimed["second"])] == ([claimed["second"].id] if next_goes else [])
    assert lanes.begin(claimed["other"]) != [], "another lane goes on"


def test_a_retry_keeps_its_place(lanes: Lanes) -> None:
    lanes.put("first", "second")
    claimed = lanes.claim()
    lanes.came_to(claimed["first"], Outcome.RETRY)
    outbox.put_back(lanes.session, [claimed["second"]], until=lanes.at)
    lanes.put("third")
    lanes.put("other", to=BARAKA)
    assert lanes.reserve() == ["other"]
    assert list(lanes.claim()) == ["other"]
    lanes.at += timedelta(hours=1)
    assert lanes.reserve() == ["first", "second", "third"]
    assert list(lanes.claim()) == ["first", "second", "third"]


def test_what_another_worker_has_holds_back_its_lane_only(lanes: Lanes) -> None:
    lanes.put("first", "second")
    lanes.put("other", to=BARAKA)
    reserved = outbox.reserve(lanes.session, limit=99, at=lanes.at)
    first, second, other = reserved
    assert list(lanes.claim(ids=[first])) == ["first"]
    assert list(lanes.claim(ids=[second, other])) == ["other"]
    lanes.at += SECOND
    assert lanes.reserve() == [], "not before the first is done with"
    row = driver(lanes.session).execute("SELECT queued_until FROM outbox WHERE id = %s", (second,)).fetchone()
    assert row == (None,), "and at once then"


def test_each_lane_is_reserved_whole_and_in_order(lanes: Lanes) -> None:
    for event in "abc":
        lanes.put(f"{event}1")
        lanes.put(f"{event}2", to=BARAKA)
    assert lanes.reserve() == ["a1", "b1", "c1", "a2", "b2", "c2"]


def test_poison_waits_for_no_turn(lanes: Lanes) -> None:
    lanes.put("first", "poison", "third")
    claimed = lanes.claim()
    (begun,) = outbox.begin_unsendable(lanes.session, [claimed["poison"]], at=lanes.at)
    outcomes.failed(lanes.session, [Failed(begun, Outcome.REJECTED, "no sentence")], at=lanes.at)
    lanes.came_to(claimed["first"], Outcome.SENT)
    lanes.came_to(claimed["third"], Outcome.SENT)


def test_what_waits_for_the_morning_holds_back_no_receipt(lanes: Lanes) -> None:
    group_id = Town(lanes.session).group_id
    driver(lanes.session).execute("DELETE FROM outbox")
    reminder = Notice("reminder", template="meeting.called", group_id=group_id).message(at=NIGHT)
    receipt = Notice("receipt", template="saving.received", group_id=group_id).message(at=NIGHT)
    outbox.put(lanes.session, reminder, receipt)
    # The receipt was due when it was put, which a test cannot choose.
    driver(lanes.session).execute("UPDATE outbox SET next_at = %s, due_at = %s WHERE event_key = 'receipt'", (NIGHT, NIGHT))
    lanes.at = NIGHT
    claimed = lanes.claim()
    assert list(claimed) == ["receipt"]
    lanes.came_to(claimed["receipt"], Outcome.UNKNOWN)
    lanes.at = MORNING - timedelta(hours=1)
    claimed = lanes.claim()
    assert list(claimed) == ["receipt"], "it comes again, before the reminder that was put first"
    (begun,) = lanes.begin(claimed["receipt"])
    lanes.at = MORNING
    assert lanes.claim() == {}, "in the morning it is the reminder that waits"
    outcomes.sent(lanes.session, [Sent(begun, "ATXid_1", "KES 0.8000", 1)], at=lanes.at)
    assert list(lanes.claim()) == ["reminder"]


@pytest.mark.usefixtures("emptied")
def test_two_workers_at_once_keep_the_order_of_a_lane(engine: Engine) -> None:
    with transaction(engine) as session:
        outbox.put(session, *(Notice(event).message() for event in "123"))
    with Work(engine) as one, Work(engine) as other:
        at = database_time(one.session) + SECOND
        ours = outbox.claim(one.session, limit=1, at=at)
        # The other passes over the row that is locked, and cannot know that it is about to be leased: beginning can.
        theirs = outbox.claim(other.session, at=at)
        one.commit()
        other.commit()
        assert [len(ours), len(theirs)] == [1, 2]
        assert outbox.begin(other.session, theirs, at=at) == []
        (begun,) = outbox.begin(one.session, ours, at=at)
        outcomes.sent(one.session, [Sent(begun, "ATXid_1", "KES 0.8000", 1)], at=at)
        one.commit()
        assert [each.id for each in outbox.begin(other.session, theirs, at=at)] == [theirs[0].id]
