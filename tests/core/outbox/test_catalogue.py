"""The catalogue of what is told: whole, in words, and of the kind that each message is."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from channels.words.catalogue import keys
from core.groups.rules import PERMITS
from core.outbox import operations as outbox
from core.outbox import stops
from core.outbox.catalogue import EVENTS, Kind
from tests.builders import Town
from tests.notices import AMINA, Notice

# Commands that tell nobody anything, and why.
SILENT = {
    "organisation.open": "nobody is in it yet",
    "group.open": "nobody is in it yet",
    "member.add": "staff tells them face to face",
    "language.choose": "it is answered on the screen",
    "group.choose": "it is answered on the screen",
    "loan.cancel": "it is answered on the screen",
    "meeting.answer": "it is answered on the screen",
    "entries.import": "no member's account is moved by it",
}
# What is said on the way to another message, never by itself.
PARTS = {key for key in keys("sms") if key.startswith(("sms.", "hint."))} - {"sms.reply", "sms.nearly_spent"}


def test_every_message_has_words_and_every_word_a_message() -> None:
    assert EVENTS.keys() == keys("sms") - PARTS


def test_every_command_tells_somebody_or_is_known_to_be_silent() -> None:
    told = {command for event in EVENTS.values() for command in event.of}
    assert told.isdisjoint(SILENT)
    assert told | SILENT.keys() == PERMITS.keys()


@pytest.mark.parametrize(
    ("hour", "template", "waits_until"),
    [
        (3, "meeting.called", "08:00"),
        (4, "meeting.called", "08:00"),
        (5, "meeting.called", ""),  # 08:00 in Nairobi
        (16, "meeting.called", ""),
        (17, "meeting.called", "08:00"),  # 20:00
        (22, "loan.asked", "08:00"),
        (22, "saving.received", ""),
        (22, "pin.locked", ""),
        (22, "cash.declared", ""),
    ],
)
def test_what_may_wait_waits_for_the_morning_of_the_group(session: Session, hour: int, template: str, waits_until: str) -> None:
    group_id = Town(session).group_id  # in Nairobi
    at = datetime(2026, 3, 2, hour, tzinfo=UTC)
    outbox.put(session, Notice("e", template=template, group_id=group_id).message(at=at))
    row = (
        session.connection()
        .exec_driver_sql(
            "SELECT to_char(next_at AT TIME ZONE 'Africa/Nairobi', 'HH24:MI'), next_at - created_at, next_at = now(), due_at = next_at"
            " FROM outbox WHERE event_key = 'e'"
        )
        .one()
    )
    assert row[3], "that is its place in the lane"
    if waits_until:
        assert row[0] == waits_until
        assert timedelta(0) < row[1] <= timedelta(hours=12)
    else:
        assert row[2], "it goes at once, by the database's clock"


@pytest.mark.parametrize("template", EVENTS)
def test_stop_stops_reminders_and_news_and_nothing_else(session: Session, template: str) -> None:
    stops.stop(session, address=AMINA, at=datetime(2026, 3, 2, tzinfo=UTC))
    outbox.put(session, Notice("e", template=template).message())
    put = session.connection().exec_driver_sql("SELECT count(*) FROM outbox WHERE event_key = 'e'").scalar_one()
    assert put == (0 if EVENTS[template].kind in {Kind.REMINDER, Kind.SOCIAL} else 1)
