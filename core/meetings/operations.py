"""Meetings are called, members say whether they come."""

from typing import Any

from psycopg.rows import class_row
from sqlalchemy.orm import Session

from core.commands import AnswerMeeting, CallMeeting
from core.db.engine import driver
from core.groups.notices import notice
from core.groups.queries import Actor, Contact
from core.outbox.operations import put
from core.refusal import Refused


class MeetingOver(Refused):
    """The meeting was held or cancelled, or is not this group's."""

    code = "meeting.over"


_CALL = "INSERT INTO meeting (group_id, starts_at, place, state) VALUES (%s, %s, %s, 'called') RETURNING id"
_ALL = """
SELECT p.id AS person_id, p.name, min(h.phone) AS phone, p.language
FROM member m JOIN person p ON p.id = m.person_id
JOIN handset h ON h.group_id = m.group_id AND h.member_id = m.id
WHERE m.group_id = %s AND m.state = 'active' GROUP BY p.id, p.name, p.language ORDER BY p.id
"""
_ANSWER = """
INSERT INTO rsvp (group_id, meeting_id, member_id, answer, answered_at)
SELECT group_id, id, %s, %s, %s FROM meeting WHERE group_id = %s AND id = %s AND state = 'called' AND starts_at > %s
ON CONFLICT (group_id, meeting_id, member_id) DO UPDATE SET answer = excluded.answer, answered_at = excluded.answered_at
RETURNING meeting_id
"""


def call_meeting(session: Session, command: CallMeeting, actor: Actor) -> dict[str, Any]:
    """Call a meeting; every member is told."""
    connection, group = driver(session), actor.home
    row = connection.execute(_CALL, (group.id, command.starts_at, command.place)).fetchone()
    assert row is not None
    facts = {"group": group.name, "starts_at": command.starts_at, "timezone": group.timezone, "place": command.place}
    with connection.cursor(row_factory=class_row(Contact)) as cursor:
        members = cursor.execute(_ALL, (group.id,)).fetchall()
    put(session, *(notice(command, member, "meeting.called", facts) for member in members))
    return {"meeting_id": row[0], **facts}


def answer_meeting(session: Session, command: AnswerMeeting, actor: Actor) -> dict[str, Any]:
    """Keep a member's answer; the last one counts.

    :raises MeetingOver: if there is nothing to come to
    """
    parameters = (actor.member_id, command.answer, command.at, actor.home.id, command.meeting_id, command.at)
    if driver(session).execute(_ANSWER, parameters).fetchone() is None:
        raise MeetingOver
    return {"answer": command.answer, "group": actor.home.name}
