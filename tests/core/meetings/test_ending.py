"""Meetings that are moved, called off or closed: who may, when, and what everybody is told."""

from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy.orm import Session

from core.commands import AnswerMeeting, CallMeeting, CancelMeeting, ChangeMeeting, CloseMeeting, ReverseEntry
from core.ids import EntryId, MeetingId, new_id
from core.ledger import queries as books
from core.money import Money
from tests.builders import AT, Town
from tests.core.outcomes import outcome, rows, told

STARTS: Final = AT + timedelta(days=3)
HOUR: Final = timedelta(hours=1)
WHO: Final = [("chausiku", "done"), ("baraka", "done"), ("daudi", "done"), (None, "done"), ("amina", "role.not_allowed")]


@pytest.fixture
def town(session: Session) -> Town:
    """Give a group; what is done in it is undone after the test."""
    return Town(session)


@pytest.fixture
def meeting(town: Town) -> MeetingId:
    """Give a meeting that was called."""
    return MeetingId(town.asks(CallMeeting, "chausiku", starts_at=STARTS, place="School")["meeting_id"])


def kes(major: int) -> Money:
    return Money(major * 100, "KES")


def state(town: Town, meeting: MeetingId) -> str:
    ((found,),) = rows(town, "SELECT state FROM meeting WHERE group_id = %s AND id = %s", town.group_id, meeting)
    return str(found)


@pytest.mark.parametrize(("who", "came"), WHO)
def test_leaders_and_operators_move_call_off_and_close(town: Town, meeting: MeetingId, who: str | None, came: str) -> None:
    other = MeetingId(town.asks(CallMeeting, None, starts_at=STARTS, place="School")["meeting_id"])
    assert outcome(town, ChangeMeeting, who, meeting_id=meeting, place="Market") == came
    assert outcome(town, CancelMeeting, who, meeting_id=meeting) == came
    assert outcome(town, CloseMeeting, who, meeting_id=other, at=STARTS) == came
    assert (state(town, meeting), state(town, other)) == (("cancelled", "held") if came == "done" else ("called", "called"))


@pytest.mark.parametrize(
    ("was", "at", "came"),  # of changing, calling off, closing
    [
        ("called", AT, ("done", "done", "meeting.not_begun")),
        ("called", STARTS - timedelta(seconds=1), ("done", "done", "meeting.not_begun")),
        ("called", STARTS, ("meeting.begun", "done", "done")),
        ("called", STARTS + timedelta(days=9), ("meeting.begun", "done", "done")),
        ("held", AT, ("meeting.over", "meeting.over", "meeting.over")),
        ("cancelled", STARTS, ("meeting.over", "meeting.over", "meeting.over")),
    ],
)
def test_when_each_is_possible(town: Town, was: str, at: datetime, came: tuple[str, str, str]) -> None:
    asked: tuple[tuple[Any, dict[str, Any]], ...] = ((ChangeMeeting, {"starts_at": STARTS + HOUR}), (CancelMeeting, {}), (CloseMeeting, {}))
    for (kind, more), expected in zip(asked, came, strict=True):
        meeting = town.asks(CallMeeting, None, starts_at=STARTS, place="School")["meeting_id"]
        rows(town, "UPDATE meeting SET state = %s WHERE group_id = %s AND id = %s RETURNING id", was, town.group_id, meeting)
        assert outcome(town, kind, "chausiku", meeting_id=meeting, at=at, **more) == expected, kind.kind


@pytest.mark.parametrize("kind", [ChangeMeeting, CancelMeeting, CloseMeeting])
def test_another_groups_meeting_is_none_of_ours(town: Town, meeting: MeetingId, kind: Any) -> None:  # noqa: ANN401 a command
    assert outcome(Town(town.session), kind, "chausiku", meeting_id=meeting, at=STARTS) == "meeting.over"
    assert state(town, meeting) == "called"


@pytest.mark.parametrize(
    ("said", "came"),
    [
        ({"place": "Market"}, "done"),
        ({"place": " Market "}, "done"),
        ({"place": ""}, "meeting.bad_place"),
        ({"place": "x" * 31}, "meeting.bad_place"),
        ({"starts_at": AT}, "meeting.in_the_past"),
        ({"starts_at": STARTS, "place": "School"}, "meeting.unchanged"),
        ({}, "meeting.unchanged"),
    ],
)
def test_what_may_be_changed(town: Town, meeting: MeetingId, said: dict[str, Any], came: str) -> None:
    assert outcome(town, ChangeMeeting, "chausiku", meeting_id=meeting, **said) == came
    facts = {"group": "Umoja", "starts_at": STARTS, "timezone": "Africa/Nairobi", "place": "Market"}
    assert told(town, "meeting.changed") == ([(name, facts) for name in town.people] if came == "done" else [])


@pytest.mark.parametrize(
    ("said", "came"),
    [({"starts_at": AT, "place": "School"}, "meeting.in_the_past"), ({"starts_at": STARTS, "place": "x" * 31}, "meeting.bad_place")],
)
def test_what_may_be_called(town: Town, said: dict[str, Any], came: str) -> None:
    assert outcome(town, CallMeeting, "chausiku", **said) == came


@pytest.mark.parametrize(("said", "answers"), [({"starts_at": STARTS + HOUR}, []), ({"place": "Market"}, ["yes"])])
def test_another_time_asks_again_another_place_does_not(town: Town, meeting: MeetingId, said: dict[str, Any], answers: list[str]) -> None:
    other = town.asks(CallMeeting, None, starts_at=STARTS, place="School")["meeting_id"]
    for each in (meeting, other):
        town.asks(AnswerMeeting, "amina", meeting_id=each, answer="yes")
    town.asks(ChangeMeeting, "chausiku", meeting_id=meeting, **said)
    kept = "SELECT answer FROM rsvp WHERE group_id = %s AND meeting_id = %s"
    assert [row[0] for row in rows(town, kept, town.group_id, meeting)] == answers
    assert [row[0] for row in rows(town, kept, town.group_id, other)] == ["yes"], "another meeting is not touched"


@pytest.mark.parametrize(
    ("reason", "template"),
    [("", "meeting.cancelled"), ("  ", "meeting.cancelled"), ("Rain", "meeting.cancelled_because"), ("x" * 31, "")],
)
def test_it_is_called_off_with_a_reason_or_without(town: Town, meeting: MeetingId, reason: str, template: str) -> None:
    came = outcome(town, CancelMeeting, "chausiku", meeting_id=meeting, reason=reason)
    assert came == ("done" if template else "meeting.bad_reason")
    if template:
        because = {"reason": "Rain"} if reason.strip() else {}
        facts = {"group": "Umoja", "starts_at": STARTS, "timezone": "Africa/Nairobi", "place": "School"} | because
        assert told(town, template) == [(name, facts) for name in town.people]


def test_the_same_request_twice_is_done_once(town: Town, meeting: MeetingId) -> None:
    asked = new_id()
    first = town.asks(CancelMeeting, "chausiku", id=asked, meeting_id=meeting)
    assert town.asks(CancelMeeting, "chausiku", id=asked, meeting_id=meeting) == first
    assert len(told(town, "meeting.cancelled")) == 4


def test_the_digest_says_what_the_journal_says(town: Town) -> None:
    """What was before the meeting does not count, nor what another group does; a correction counts against what it corrects."""
    town.saves("amina", 3_000)
    town.borrows("amina", 900, months=1)  # 945 to repay
    meeting = town.asks(CallMeeting, None, at=AT - HOUR, starts_at=AT - HOUR / 2, place="School")["meeting_id"]
    rows(town, "UPDATE meeting SET starts_at = %s WHERE group_id = %s AND id = %s RETURNING id", AT + HOUR, town.group_id, meeting)
    during = _Later(town)
    during.saves("amina", 500)
    wrong = during.saves("daudi", 70)
    during.saves("baraka", 200)
    during.repays("amina", 945)
    during.borrows("amina", 1_000, months=1)
    entry = books.statement(town.session, book_id=town.group_id, code="savings:4", limit=1)[0].entry_id
    during.asks(ReverseEntry, None, entry_id=EntryId(entry), reason="counted twice", effective_on=AT.date())
    assert wrong["amount"] == kes(70)
    elsewhere = _Later(Town(town.session))
    elsewhere.saves("amina", 4_000)
    closed = during.asks(CloseMeeting, "chausiku", meeting_id=meeting)
    whole = {
        "group_code": town.code,
        "saved": kes(700),
        "repaid": kes(945),
        "lent": kes(1_000),
        "box": kes(3_000 - 900 + 700 + 945 - 1_000),
    }
    assert closed.items() >= whole.items()
    own = {"amina": 3_500, "baraka": 200, "chausiku": 0, "daudi": 0}
    assert told(town, "meeting.digest") == [(name, whole | {"own": kes(major)}) for name, major in own.items()]


class _Later(Town):
    """The same group, two hours later."""

    def __init__(self, town: Town) -> None:
        self.session, self.code, self.group_id, self.people, self.members = (
            town.session,
            town.code,
            town.group_id,
            town.people,
            town.members,
        )

    def asks(self, kind: Any, who: str | None, **said: object) -> dict[str, Any]:  # noqa: ANN401 as the other
        return Town.asks(self, kind, who, **({"at": AT + 2 * HOUR} | said))


def test_two_people_on_a_handset_each_have_their_own_digest(town: Town, meeting: MeetingId) -> None:
    ((phone,),) = rows(town, "SELECT phone FROM handset WHERE group_id = %s AND person_id = %s", town.group_id, town.people["amina"])
    town.takes_in("esther", phone=phone)
    town.asks(CloseMeeting, "chausiku", meeting_id=meeting, at=STARTS)
    assert [name for name, _ in told(town, "meeting.digest")] == [*town.people]
