"""Meetings are called, moved, called off and closed; members say whether they come."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from psycopg.rows import namedtuple_row
from sqlalchemy.orm import Session

from core.commands import AnswerMeeting, CallMeeting, CancelMeeting, ChangeMeeting, CloseMeeting, Command
from core.db.engine import driver
from core.groups.notices import notice
from core.groups.queries import Actor
from core.ids import MeetingId
from core.meetings import queries
from core.outbox.operations import put
from core.refusal import Refused

# Every member is told the whole of it, in one SMS.
PLACE_CHARS_MAX: Final = 30
REASON_CHARS_MAX: Final = 30


class MeetingOver(Refused):
    """The meeting was held or cancelled, or is not this group's."""

    code = "meeting.over"


class MeetingBegun(Refused):
    """What has begun is not moved any more."""

    code = "meeting.begun"


class MeetingNotBegun(Refused):
    """What has not begun is called off, not closed: it begins at `starts_at`."""

    code = "meeting.not_begun"


class MeetingInThePast(Refused):
    """Nobody can come to what has been."""

    code = "meeting.in_the_past"


class MeetingUnchanged(Refused):
    """It is at that time and place already."""

    code = "meeting.unchanged"


class BadPlace(Refused):
    """A place has 1 to `most` characters."""

    code = "meeting.bad_place"


class BadWhy(Refused):
    """A reason to call off a meeting has `most` characters at most."""

    code = "meeting.bad_reason"


_CALL = "INSERT INTO meeting (group_id, starts_at, place, state, told_at) VALUES (%s, %s, %s, 'called', %s) RETURNING id"
# Of two leaders at once, the second waits here, and finds what the first has done.
_LOCK = "SELECT id, starts_at, place FROM meeting WHERE group_id = %s AND id = %s AND state = 'called' FOR UPDATE"
_CHANGE = "UPDATE meeting SET starts_at = %s, place = %s, told_at = %s WHERE group_id = %s AND id = %s"
_END = "UPDATE meeting SET state = %s WHERE group_id = %s AND id = %s"
_FORGET_ANSWERS = "DELETE FROM rsvp WHERE group_id = %s AND meeting_id = %s"
_ANSWER = """
INSERT INTO rsvp (group_id, meeting_id, member_id, answer, answered_at)
SELECT group_id, id, %s, %s, %s FROM meeting WHERE group_id = %s AND id = %s AND state = 'called' AND starts_at > %s
ON CONFLICT (group_id, meeting_id, member_id) DO UPDATE SET answer = excluded.answer, answered_at = excluded.answered_at
RETURNING meeting_id
"""


def call_meeting(session: Session, command: CallMeeting, actor: Actor) -> dict[str, Any]:
    """Call a meeting; every member is told.

    :raises MeetingInThePast: if it would have begun before now
    :raises BadPlace: if the place has no name, or too long a one
    """
    place = _place(command.place)
    _to_come(command.starts_at, command)
    row = driver(session).execute(_CALL, (actor.home.id, command.starts_at, place, command.at)).fetchone()
    assert row is not None
    facts = _facts(actor, starts_at=command.starts_at, place=place)
    _tell_everybody(session, command, "meeting.called", facts)
    return {"meeting_id": row[0], **facts}


def change_meeting(session: Session, command: ChangeMeeting, actor: Actor) -> dict[str, Any]:
    """Move a meeting that has not begun to another time or place; every member is told.

    With another time, the answers given before are forgotten, and the phone asks again: a yes to Tuesday says nothing of
    Thursday, and nobody should count on it. (What each had said stays in the record of commands.) A new place alone
    leaves them as they are.

    :raises MeetingOver: if it was called off or closed, or is not this group's
    :raises MeetingBegun: if it has begun
    :raises MeetingInThePast: if it would have begun before now
    :raises BadPlace: if the place has no name, or too long a one
    :raises MeetingUnchanged: if it is so already
    """
    was = _lock(session, actor, command.meeting_id)
    if was.starts_at <= command.at:
        raise MeetingBegun
    starts_at, place = command.starts_at or was.starts_at, was.place if command.place is None else _place(command.place)
    _to_come(starts_at, command)
    if (starts_at, place) == (was.starts_at, was.place):
        raise MeetingUnchanged
    connection, key = driver(session), (actor.home.id, was.id)
    connection.execute(_CHANGE, (starts_at, place, command.at, *key))
    if starts_at != was.starts_at:
        connection.execute(_FORGET_ANSWERS, key)
    facts = _facts(actor, starts_at=starts_at, place=place)
    _tell_everybody(session, command, "meeting.changed", facts)
    return facts


def cancel_meeting(session: Session, command: CancelMeeting, actor: Actor) -> dict[str, Any]:
    """Call off a meeting, or say of one whose hour has come that it does not take place; every member is told.

    :raises MeetingOver: if it was called off or closed before, or is not this group's
    :raises BadWhy: if the reason is too long
    """
    reason = command.reason.strip()
    if len(reason) > REASON_CHARS_MAX:
        raise BadWhy(most=REASON_CHARS_MAX)
    was = _lock(session, actor, command.meeting_id)
    driver(session).execute(_END, ("cancelled", actor.home.id, was.id))
    facts = _facts(actor, starts_at=was.starts_at, place=was.place)
    because = {"reason": reason} if reason else {}
    _tell_everybody(session, command, "meeting.cancelled_because" if reason else "meeting.cancelled", facts | because)
    return facts | because


def close_meeting(session: Session, command: CloseMeeting, actor: Actor) -> dict[str, Any]:
    """Close a meeting that has begun; every member is told what came of it, and what they have themselves.

    :raises MeetingOver: if it was called off or closed before, or is not this group's
    :raises MeetingNotBegun: if it is still to come
    """
    group = actor.home
    was = _lock(session, actor, command.meeting_id)
    if was.starts_at > command.at:
        raise MeetingNotBegun(**_facts(actor, starts_at=was.starts_at, place=was.place))
    driver(session).execute(_END, ("held", group.id, was.id))
    facts = {"group_code": group.code, **queries.sums(session, group=group, since=was.starts_at)}
    savers = queries.savers(session, group=group)
    told = (notice(command, saver.contact, "meeting.digest", facts | {"own": saver.savings}, about=saver.member_id) for saver in savers)
    put(session, *told)
    return {**_facts(actor, starts_at=was.starts_at, place=was.place), **facts}


def answer_meeting(session: Session, command: AnswerMeeting, actor: Actor) -> dict[str, Any]:
    """Keep a member's answer; the last one counts.

    :raises MeetingOver: if there is nothing to come to
    """
    parameters = (actor.member_id, command.answer, command.at, actor.home.id, command.meeting_id, command.at)
    if driver(session).execute(_ANSWER, parameters).fetchone() is None:
        raise MeetingOver
    return {"answer": command.answer, "group": actor.home.name}


def _place(place: str) -> str:
    if not 1 <= len(place.strip()) <= PLACE_CHARS_MAX:
        raise BadPlace(most=PLACE_CHARS_MAX)
    return place.strip()


def _to_come(starts_at: datetime, command: Command) -> None:
    if starts_at <= command.at:
        raise MeetingInThePast


def _lock(session: Session, actor: Actor, meeting_id: MeetingId) -> Any:  # noqa: ANN401 a row by name
    with driver(session).cursor(row_factory=namedtuple_row) as cursor:
        found = cursor.execute(_LOCK, (actor.home.id, meeting_id)).fetchone()
    if found is None:
        raise MeetingOver
    return found


def _facts(actor: Actor, *, starts_at: datetime, place: str) -> dict[str, Any]:
    return {"group": actor.home.name, "starts_at": starts_at, "timezone": actor.home.timezone, "place": place}


def _tell_everybody(session: Session, command: Command, template: str, facts: Mapping[str, Any]) -> None:
    """Tell every active member; a handset of several people is told once."""
    members = queries.members(session, group_id=command.group_id)
    put(session, *(notice(command, member, template, facts) for member in members))
