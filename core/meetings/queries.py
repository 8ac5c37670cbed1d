"""Who is told of a meeting, and what it came to."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from psycopg.rows import class_row, dict_row, namedtuple_row
from sqlalchemy.orm import Session

from core.db.engine import driver
from core.groups.queries import Contact, GroupCard
from core.ids import GroupId, MeetingId, MemberId, PersonId
from core.ledger.rules import CASH
from core.money import Money

_MEMBERS: Final = """
SELECT p.id AS person_id, p.name, min(h.phone) AS phone, p.language
FROM member m JOIN person p ON p.id = m.person_id
JOIN handset h ON h.group_id = m.group_id AND h.member_id = m.id
WHERE m.group_id = %s AND m.state = 'active' GROUP BY p.id, p.name, p.language ORDER BY p.id
"""
_SAVERS: Final = """
SELECT m.id AS member_id, p.id AS person_id, p.name, p.language, -a.balance_minor AS minor,
       (SELECT min(h.phone) FROM handset h WHERE h.group_id = m.group_id AND h.member_id = m.id) AS phone
FROM member m JOIN person p ON p.id = m.person_id
JOIN account a ON a.book_id = m.group_id AND a.code = 'savings:' || m.number
WHERE m.group_id = %s AND m.state = 'active' ORDER BY p.id
"""
# What an entry moved in the box, by what it was for; a correction counts with what it corrects.
_SUMS: Final = """
SELECT coalesce(sum(p.amount_minor) FILTER (WHERE coalesce(r.kind, e.kind) = 'saving.deposit'), 0)::bigint AS saved,
       coalesce(sum(p.amount_minor) FILTER (WHERE coalesce(r.kind, e.kind) = 'loan.repaid'), 0)::bigint AS repaid,
       coalesce(-sum(p.amount_minor) FILTER (WHERE coalesce(r.kind, e.kind) = 'loan.disbursed'), 0)::bigint AS lent,
       (SELECT balance_minor FROM account WHERE book_id = %(group)s AND code = %(cash)s) AS box
FROM account a
JOIN posting p ON p.book_id = a.book_id AND p.account_id = a.id
JOIN entry e ON e.book_id = p.book_id AND e.id = p.entry_id
LEFT JOIN entry r ON r.book_id = e.book_id AND r.id = e.reverses
WHERE a.book_id = %(group)s AND a.code = %(cash)s AND e.recorded_at >= %(since)s
"""
# The next to come or the one of a day; the last to have begun.
_TO_COME: Final = """
SELECT id FROM meeting WHERE group_id = %(group)s AND state = 'called'
  AND CASE WHEN %(on)s::date IS NULL THEN starts_at > %(at)s ELSE (starts_at AT TIME ZONE %(zone)s)::date = %(on)s END
ORDER BY starts_at LIMIT 1
"""
_BEGUN: Final = """
SELECT id FROM meeting WHERE group_id = %(group)s AND state = 'called' AND starts_at <= %(at)s ORDER BY starts_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Saver:
    """A member, how to reach them, and what they have saved."""

    member_id: MemberId
    contact: Contact
    savings: Money


def members(session: Session, *, group_id: GroupId) -> list[Contact]:
    """The active members, each on one handset."""
    with driver(session).cursor(row_factory=class_row(Contact)) as cursor:
        return cursor.execute(_MEMBERS, (group_id,)).fetchall()


def savers(session: Session, *, group: GroupCard) -> list[Saver]:
    """The active members with their savings."""
    with driver(session).cursor(row_factory=namedtuple_row) as cursor:
        rows: list[Any] = cursor.execute(_SAVERS, (group.id,)).fetchall()
    return [
        Saver(
            MemberId(row.member_id), Contact(PersonId(row.person_id), row.name, row.phone, row.language), Money(row.minor, group.currency)
        )
        for row in rows
    ]


def sums(session: Session, *, group: GroupCard, since: datetime) -> dict[str, Money]:
    """What the group's journal says of the time since a moment, over the entries of its own book recorded from then on.

    `saved` and `repaid` came into the box, `lent` went out of it, `box` is what it holds now.
    """
    with driver(session).cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_SUMS, {"group": group.id, "cash": CASH, "since": since}).fetchone()
    assert row is not None, "an aggregate has a row"
    return {name: Money(minor, group.currency) for name, minor in row.items()}


def to_come(session: Session, *, group: GroupCard, at: datetime, on: date | None = None) -> MeetingId | None:
    """The next meeting, or the one that was called for a day of the group's."""
    asked = {"group": group.id, "at": at, "on": on, "zone": group.timezone}
    row = driver(session).execute(_TO_COME, asked).fetchone()
    return None if row is None else MeetingId(row[0])


def begun(session: Session, *, group: GroupCard, at: datetime) -> MeetingId | None:
    """The last meeting that has begun and was neither closed nor called off."""
    row = driver(session).execute(_BEGUN, {"group": group.id, "at": at}).fetchone()
    return None if row is None else MeetingId(row[0])
