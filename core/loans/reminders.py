"""Borrowers are reminded of what is due, and told of what is late; the leaders hear once of what is late."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from psycopg.rows import namedtuple_row
from sqlalchemy.orm import Session

from core.db.engine import driver
from core.groups import queries as groups
from core.groups.queries import Contact
from core.groups.rules import LEADERS
from core.ids import PersonId
from core.loans.rules import next_due
from core.money import Money
from core.outbox.daily import ROWS_MAX, Batch, Job, Key, Today
from core.outbox.operations import Message

SOON_DAYS: Final = 3
OVERDUE_WEEKS_MAX: Final = 52  # who has not paid by then needs people, not another SMS
_BEFORE: Final[Mapping[int, str]] = {-SOON_DAYS: "loan.due_soon", 0: "loan.due_today"}
_OVERDUE: Final = tuple(1 + 7 * week for week in range(OVERDUE_WEEKS_MAX))

# The instalments of a day, by its index. What was told is read and passed over, so that a batch is never a long search.
_DUE: Final = """
SELECT i.group_id, i.loan_id, i.n, i.due_on, g.name AS group, g.currency, p.id AS person_id, p.name, p.language,
       (SELECT min(h.phone) FROM handset h WHERE h.group_id = l.group_id AND h.member_id = l.member_id) AS phone,
       l.principal_minor + l.interest_minor AS total, a.balance_minor AS owed, s.days, s.parts,
       EXISTS (SELECT FROM outbox o WHERE o.group_id = i.group_id
                 AND o.event_key = 'loan.due:' || i.loan_id || ':' || i.n || ':' || %(days)s::int) AS told
FROM instalment i
JOIN loan l ON l.group_id = i.group_id AND l.id = i.loan_id AND l.state = 'active'
JOIN account a ON a.book_id = l.group_id AND a.id = l.account_id
JOIN savings_group g ON g.id = i.group_id AND g.timezone = %(zone)s
JOIN person p ON p.id = l.person_id
CROSS JOIN LATERAL (
  SELECT array_agg(x.due_on ORDER BY x.n) AS days, array_agg(x.principal_minor + x.interest_minor ORDER BY x.n) AS parts
  FROM instalment x WHERE x.group_id = i.group_id AND x.loan_id = i.loan_id
) s
WHERE i.due_on = %(due)s AND (i.group_id, i.loan_id, i.n) > (%(group)s, %(loan)s, %(n)s)
ORDER BY i.group_id, i.loan_id, i.n LIMIT %(limit)s
"""


def find(session: Session, today: Today, days: int, after: Key) -> Batch:
    """Make the reminders of what was due so many days ago (is due in so many, where it is negative)."""
    asked = {"due": today.on - timedelta(days=days), "days": days, "zone": today.zone, "limit": ROWS_MAX}
    with driver(session).cursor(row_factory=namedtuple_row) as cursor:
        rows: list[Any] = cursor.execute(_DUE, asked | dict(zip(("group", "loan", "n"), after, strict=True))).fetchall()
    open_ = [(row, minor) for row in rows if not row.told and (minor := _to_pay(row))]
    messages = [_to_borrower(row, minor, today, days) for row, minor in open_]
    if days > 0:
        leaders = groups.officers_of(session, group_ids={row.group_id for row, _ in open_}, roles=LEADERS)
        messages += [
            _to_leader(row, minor, today, leader)
            for row, minor in open_
            for leader in leaders.get(row.group_id, ())
            if leader.person_id != row.person_id
        ]
    last = (rows[-1].group_id, rows[-1].loan_id, rows[-1].n) if len(rows) == ROWS_MAX else None
    return Batch(messages, last)


DUE: Final = Job((*_BEFORE, *_OVERDUE), find)


def _to_pay(row: Any) -> int:  # noqa: ANN401 a row by name
    """What is still to pay of the instalment, in minor units, if it is the one that the loan's screen shows as due.

    So an instalment is not spoken of as long as one before it is not paid in full: that one is.
    """
    due = next_due(list(zip(row.days, row.parts, strict=True)), paid=row.total - row.owed)
    return due[1] if due is not None and due[0] == row.due_on else 0


def _facts(row: Any, minor: int) -> dict[str, Any]:  # noqa: ANN401 a row by name
    owed = Money(row.owed, row.currency)
    return {"group": row.group, "name": row.name, "next": Money(minor, row.currency), "due": row.due_on, "owed": owed}


def _to_borrower(row: Any, minor: int, today: Today, days: int) -> Message:  # noqa: ANN401 a row by name
    return Message(
        group_id=row.group_id,
        person_id=row.person_id,
        address=row.phone,
        language=row.language,
        template=_BEFORE.get(days, "loan.overdue"),
        facts=_facts(row, minor),
        event_key=f"loan.due:{row.loan_id}:{row.n}:{days}",
        at=today.at,
    )


def _to_leader(row: Any, minor: int, today: Today, leader: Contact) -> Message:  # noqa: ANN401 a row by name
    return Message(
        group_id=row.group_id,
        person_id=PersonId(leader.person_id),
        address=leader.phone,
        language=leader.language,
        template="loan.overdue_for_leaders",
        facts=_facts(row, minor),
        # Without the days: each leader hears of it once, on the first day that it is found late.
        event_key=f"loan.overdue_for_leaders:{row.loan_id}:{row.n}",
        at=today.at,
    )
