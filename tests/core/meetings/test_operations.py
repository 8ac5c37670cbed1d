"""Meetings: everybody is told of one, and the last answer counts."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from core.commands import AnswerMeeting, CallMeeting
from core.ids import MeetingId
from tests.builders import AT, Town
from tests.core.outcomes import outcome, rows, told

STARTS = AT + timedelta(days=3)


@pytest.fixture
def town(session: Session) -> Town:
    """Give a group; what is done in it is undone after the test."""
    return Town(session)


@pytest.fixture
def meeting(town: Town) -> MeetingId:
    """Give a meeting that was called."""
    return MeetingId(town.asks(CallMeeting, "chausiku", starts_at=STARTS, place="School")["meeting_id"])


@pytest.mark.parametrize(
    ("who", "came"), [("chausiku", "done"), ("baraka", "done"), ("daudi", "done"), (None, "done"), ("amina", "role.not_allowed")]
)
def test_leaders_and_operators_call_it(town: Town, who: str | None, came: str) -> None:
    assert outcome(town, CallMeeting, who, starts_at=STARTS, place="School") == came
    assert len(told(town, "meeting.called")) == (4 if came == "done" else 0)


@pytest.mark.usefixtures("meeting")
def test_every_member_is_told_where_and_when(town: Town) -> None:
    facts = {"group": "Umoja", "starts_at": STARTS, "timezone": "Africa/Nairobi", "place": "School"}
    assert told(town, "meeting.called") == [(name, facts) for name in town.people]


def test_who_is_not_in_the_group_is_not_told(town: Town) -> None:
    for name, state in (("amina", "left"), ("daudi", "asked")):
        rows(town, "UPDATE member SET state = %s WHERE group_id = %s AND id = %s RETURNING id", state, town.group_id, town.members[name])
    town.asks(CallMeeting, None, starts_at=STARTS, place="School")
    assert [name for name, _ in told(town, "meeting.called")] == ["baraka", "chausiku"]


def test_a_handset_of_two_people_is_told_once(town: Town) -> None:
    ((phone,),) = rows(town, "SELECT phone FROM handset WHERE group_id = %s AND person_id = %s", town.group_id, town.people["amina"])
    town.takes_in("esther", phone=phone)
    town.asks(CallMeeting, None, starts_at=STARTS, place="School")
    assert [name for name, _ in told(town, "meeting.called")] == ["amina", "baraka", "chausiku", "daudi"]


def test_the_last_answer_counts(town: Town, meeting: MeetingId) -> None:
    for answer in ("yes", "maybe", "no"):
        assert town.asks(AnswerMeeting, "amina", meeting_id=meeting, answer=answer) == {"answer": answer, "group": "Umoja"}
    town.asks(AnswerMeeting, "daudi", meeting_id=meeting, answer="yes")
    answers = rows(town, "SELECT member_id, answer FROM rsvp WHERE group_id = %s ORDER BY member_id", town.group_id)
    assert answers == [(town.members["amina"], "no"), (town.members["daudi"], "yes")]


@pytest.mark.parametrize(
    ("state", "after", "came"),
    [
        ("called", timedelta(days=2, hours=23), "done"),
        ("called", timedelta(days=3), "meeting.over"),
        ("held", timedelta(0), "meeting.over"),
        ("cancelled", timedelta(0), "meeting.over"),
    ],
)
def test_what_is_over_is_not_answered(town: Town, meeting: MeetingId, state: str, after: timedelta, came: str) -> None:
    rows(town, "UPDATE meeting SET state = %s WHERE group_id = %s AND id = %s RETURNING id", state, town.group_id, meeting)
    assert outcome(town, AnswerMeeting, "amina", meeting_id=meeting, answer="yes", at=AT + after) == came


def test_another_groups_meeting_is_none_of_ours(town: Town, meeting: MeetingId) -> None:
    other = Town(town.session)
    assert outcome(other, AnswerMeeting, "amina", meeting_id=meeting, answer="yes") == "meeting.over"
