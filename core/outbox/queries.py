"""What the outbox holds, and what time it is there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row
from sqlalchemy.orm import Session

from core.db.engine import driver


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits, for how long, and what waits for a person."""

    ready: int
    due: int  # of the ready ones; the others wait for the morning, or for another try
    leased: int
    dead: int
    capped: int
    oldest: timedelta  # how long the one that is due longest has been due


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up, and why."""

    group_id: int
    group: str | None  # its code
    id: int
    address: str
    template: str
    attempts: int
    outcome: str | None
    detail: str | None
    created_at: datetime


_BACKLOG = """
SELECT (SELECT count(*) FROM outbox WHERE state = 'ready') AS ready,
       (SELECT count(*) FROM outbox WHERE state = 'ready' AND next_at <= %(at)s) AS due,
       (SELECT count(*) FROM outbox WHERE lease_until IS NOT NULL) AS leased,
       (SELECT count(*) FROM outbox WHERE state = 'dead') AS dead,
       (SELECT count(*) FROM outbox WHERE state = 'capped') AS capped,
       greatest(interval '0', %(at)s - (SELECT min(next_at) FROM outbox WHERE state = 'ready')) AS oldest
"""
_DEAD = """
SELECT o.group_id, g.code AS "group", o.id, o.address, o.template, o.attempts, a.outcome, a.detail, o.created_at
FROM outbox o LEFT JOIN attempt a ON a.group_id = o.group_id AND a.outbox_id = o.id AND a.n = o.attempts
LEFT JOIN savings_group g ON g.id = o.group_id
WHERE o.state = 'dead' ORDER BY o.group_id, o.id LIMIT %s
"""


def database_time(session: Session) -> datetime:
    """Say the time by the database's clock. Leases go by it, because the clocks of two machines differ."""
    row = driver(session).execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    at: datetime = row[0]
    return at


def backlog(session: Session, *, at: datetime) -> Backlog:
    """Count what waits."""
    with driver(session).cursor(row_factory=class_row(Backlog)) as cursor:
        found = cursor.execute(_BACKLOG, {"at": at}).fetchone()
    assert found is not None
    return found


def dead_letters(session: Session, *, limit: int = 100) -> list[DeadLetter]:
    """List what was given up."""
    with driver(session).cursor(row_factory=class_row(DeadLetter)) as cursor:
        return cursor.execute(_DEAD, (limit,)).fetchall()
