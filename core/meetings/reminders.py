"""Members are reminded of a meeting on the day before."""

from datetime import timedelta
from typing import Any, Final

from psycopg.rows import namedtuple_row
from sqlalchemy.orm import Session

from core.db.engine import driver
from core.outbox.daily import ROWS_MAX, Batch, Job, Key, Today
from core.outbox.operations import Message

# The meetings of a day, by their index, with their members; without meetings that everybody was told of today. Who does
# not come, and who was told, is read and passed over, so that a batch is never a long search. A handset of several people
# is told once.
_TOMORROW: Final = """
SELECT t.group_id, t.id AS meeting_id, t.starts_at, t.place, m.id AS member_id, g.name AS group, g.timezone,
       p.id AS person_id, p.language, h.phone,
       EXISTS (SELECT FROM rsvp r
               WHERE r.group_id = t.group_id AND r.meeting_id = t.id AND r.member_id = m.id AND r.answer = 'no') AS said_no,
       EXISTS (SELECT FROM outbox o WHERE o.group_id = t.group_id AND o.address = h.phone
                 AND o.event_key = 'meeting.tomorrow:' || t.id || ':' || %(day)s::text) AS told
FROM meeting t
JOIN savings_group g ON g.id = t.group_id AND g.timezone = %(zone)s
JOIN member m ON m.group_id = t.group_id AND m.state = 'active'
JOIN person p ON p.id = m.person_id
CROSS JOIN LATERAL (SELECT min(x.phone) AS phone FROM handset x WHERE x.group_id = m.group_id AND x.member_id = m.id) h
WHERE t.state = 'called' AND t.starts_at >= %(from)s AND t.starts_at < %(until)s AND t.told_at < %(today)s
  AND (t.group_id, t.id) >= (%(group)s, %(meeting)s) AND (t.group_id, t.id, m.id) > (%(group)s, %(meeting)s, %(member)s)
ORDER BY t.group_id, t.id, m.id LIMIT %(limit)s
"""


def find(session: Session, today: Today, days: int, after: Key) -> Batch:
    """Make the reminders of the meetings that are so many days ago (in so many, where it is negative)."""
    day = today.on - timedelta(days=days)
    asked = {
        "zone": today.zone,
        "today": today.begins(today.on),
        "day": day,
        "from": today.begins(day),
        "until": today.begins(day + timedelta(days=1)),
        "limit": ROWS_MAX,
    }
    with driver(session).cursor(row_factory=namedtuple_row) as cursor:
        rows: list[Any] = cursor.execute(_TOMORROW, asked | dict(zip(("group", "meeting", "member"), after, strict=True))).fetchall()
    last = (rows[-1].group_id, rows[-1].meeting_id, rows[-1].member_id) if len(rows) == ROWS_MAX else None
    return Batch([_message(row, today, f"{day}") for row in rows if not (row.said_no or row.told)], last)


TOMORROW: Final = Job((-1,), find)


def _message(row: Any, today: Today, day: str) -> Message:  # noqa: ANN401 a row by name
    return Message(
        group_id=row.group_id,
        person_id=row.person_id,
        address=row.phone,
        language=row.language,
        template="meeting.tomorrow",
        facts={"group": row.group, "starts_at": row.starts_at, "timezone": row.timezone, "place": row.place},
        # With its day: a meeting that moves is reminded of again.
        event_key=f"meeting.tomorrow:{row.meeting_id}:{day}",
        at=today.at,
    )
