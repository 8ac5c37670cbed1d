"""Members are reminded of a meeting on the day before, by the calendar of where the group lives."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from core.commands import AnswerMeeting, CallMeeting, CancelMeeting, ChangeMeeting
from core.groups.queries import timezones
from core.ids import MeetingId
from core.meetings import reminders
from core.outbox.daily import FIRST, days_now
from core.outbox.operations import put
from tests.builders import AT, Town
from tests.core.outcomes import outcome, rows, told

NAIROBI: Final = ZoneInfo("Africa/Nairobi")
STARTS: Final = datetime(2025, 3, 4, 14, tzinfo=NAIROBI)  # three days after it is called


@pytest.fixture
def town(session: Session) -> Town:
    """Give a group; what is done in it is undone after the test."""
    return Town(session)


@pytest.fixture
def meeting(town: Town) -> MeetingId:
    """Give a meeting that was called."""
    return MeetingId(town.asks(CallMeeting, "chausiku", starts_at=STARTS, place="School")["meeting_id"])


def remind(town: Town, at: datetime) -> None:
    """Do the daily job at a moment."""
    for today in days_now(timezones(town.session), at=at):
        put(town.session, *reminders.find(town.session, today, -1, FIRST).messages)


def told_of_it(town: Town) -> list[str]:
    return [name for name, _ in told(town, "meeting.tomorrow")]


@pytest.mark.usefixtures("meeting")
@pytest.mark.parametrize(
    ("day", "hour", "is_told"),
    [(2, 9, False), (3, 7, False), (3, 8, True), (3, 19, True), (3, 20, False), (4, 9, False), (5, 9, False)],
)
def test_on_the_day_before_while_it_is_day(town: Town, day: int, hour: int, is_told: bool) -> None:  # noqa: FBT001 a column
    remind(town, datetime(2025, 3, day, hour, tzinfo=NAIROBI))
    facts = {"group": "Umoja", "starts_at": STARTS, "timezone": "Africa/Nairobi", "place": "School"}
    assert told(town, "meeting.tomorrow") == ([(name, facts) for name in town.people] if is_told else [])


@pytest.mark.parametrize("hour", [0, 2, 22])
def test_tomorrow_is_the_groups_own(town: Town, hour: int) -> None:
    town.asks(CallMeeting, None, starts_at=STARTS.replace(hour=hour), place="School")
    remind(town, datetime(2025, 3, 3, 9, tzinfo=NAIROBI))
    assert told_of_it(town) == [*town.people]


def test_fifty_times_a_day_changes_nothing(town: Town, meeting: MeetingId) -> None:
    for minute in range(50):
        remind(town, datetime(2025, 3, 3, 9, minute, tzinfo=NAIROBI))
    assert told_of_it(town) == [*town.people]
    town.asks(ChangeMeeting, "chausiku", meeting_id=meeting, starts_at=STARTS + timedelta(days=2))
    remind(town, datetime(2025, 3, 5, 9, tzinfo=NAIROBI))
    assert told_of_it(town) == [*town.people] * 2, "it moved: the day before it is another day"


def test_who_does_not_come_is_not_reminded(town: Town, meeting: MeetingId) -> None:
    for name, answer in (("amina", "no"), ("baraka", "maybe"), ("daudi", "yes")):
        town.asks(AnswerMeeting, name, meeting_id=meeting, answer=answer)
    rows(town, "UPDATE member SET state = 'left' WHERE group_id = %s AND id = %s RETURNING id", town.group_id, town.members["daudi"])
    remind(town, datetime(2025, 3, 3, 9, tzinfo=NAIROBI))
    assert told_of_it(town) == ["baraka", "chausiku"]


def test_nobody_is_reminded_of_what_is_called_off(town: Town, meeting: MeetingId) -> None:
    assert outcome(town, CancelMeeting, "chausiku", meeting_id=meeting) == "done"
    remind(town, datetime(2025, 3, 3, 9, tzinfo=NAIROBI))
    assert told_of_it(town) == []


def test_nobody_is_told_twice_on_a_day(town: Town) -> None:
    """It was called today for tomorrow: everybody has an SMS about it already."""
    town.asks(CallMeeting, "chausiku", starts_at=AT + timedelta(days=1), place="School")
    remind(town, AT + timedelta(hours=1))
    assert told_of_it(town) == []


@pytest.mark.usefixtures("meeting")
def test_batches_follow_one_another_and_leave_none_out(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "ROWS_MAX", 1)
    (today,) = days_now(["Africa/Nairobi"], at=datetime(2025, 3, 3, 9, tzinfo=NAIROBI))
    found: list[int | None] = []
    batch = reminders.find(town.session, today, -1, FIRST)
    while batch.after is not None:
        found += [message.person_id for message in batch.messages]
        batch = reminders.find(town.session, today, -1, batch.after)
    assert found == [*town.people.values()]
