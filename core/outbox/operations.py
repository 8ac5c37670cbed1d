"""The way of a message to a worker: put, reserved for a queue, claimed, begun. Every write is one statement, however many messages.

A worker claims a batch for a short lease, and begins each call of the gateway on its own: beginning counts the try and
renews the lease of what is sent now. So a worker that dies leaves in doubt the one call it was in; the rest of its
batch was certainly not sent. The lease's end is the token of its holder: who lost it can no longer begin.

The messages to one address are a lane. Its order is that of `due_at`, the moment at which each was first due, and then of
the id; neither changes while it is tried. So what waits for the morning has no place before what may go at night, and once
its hour has come it has one, as a retry has that still waits. Only the first of a lane is begun: whatever holds it back, a
pause or another worker, holds back those behind it, and no other lane. What was given up holds nobody back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg.rows import TupleRow, args_row
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from core import facts as tagged
from core.db.engine import driver
from core.db.statement import Statement
from core.outbox import rules
from core.outbox.catalogue import kind_of
from core.outbox.rules import History

ROWS_MAX = 1_000  # in one statement


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be told to one address. The same event is told to it once."""

    group_id: int
    person_id: int | None
    address: str
    language: str
    template: str
    facts: dict[str, Any]
    event_key: str
    at: datetime  # of the event


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send until its lease ends."""

    group_id: int
    id: int
    address: str
    language: str
    template: str
    facts: dict[str, Any]  # as kept: a fact that cannot be read must not spoil the batch
    attempts: int
    lease_until: datetime
    history: History = field(default_factory=History)


_LOCAL: Final = "(m.at AT TIME ZONE coalesce((SELECT g.timezone FROM savings_group g WHERE g.id = m.group_id), 'UTC'))"
# What may wait does, at night, for the morning of the group; what may be stopped is not put for who said STOP. Both are asked
# row by row, and only where they matter: as joins they would read whole tables for the few rows that are put.
_PUT: Final[Statement[Any]] = Statement(f"""
INSERT INTO outbox (group_id, person_id, address, language, template, facts, event_key, created_at, next_at, due_at)
SELECT m.group_id, m.person_id, m.address, m.language, m.template, m.facts, m.event_key, m.at, first.due_at, first.due_at
FROM jsonb_to_recordset(%(messages)s) AS m (
  group_id bigint, person_id bigint, address text, language text, template text, facts jsonb, event_key text, at timestamptz,
  quiet boolean, stoppable boolean)
CROSS JOIN LATERAL (
  SELECT CASE WHEN NOT m.quiet OR extract(hour FROM {_LOCAL}) BETWEEN {rules.DAY_BEGINS} AND {rules.DAY_ENDS} - 1 THEN now()
         ELSE m.at + (date_trunc('day', {_LOCAL} + interval '{24 - rules.DAY_ENDS} hours') + interval '{rules.DAY_BEGINS} hours' - {_LOCAL})
         END AS due_at) first
WHERE CASE WHEN m.stoppable THEN (SELECT s.address FROM stopped s WHERE s.address = m.address) IS NULL ELSE true END
ON CONFLICT ON CONSTRAINT one_event_one_message DO NOTHING
""")  # noqa: S608 put together from our own words


def put(session: Session, *messages: Message) -> None:
    """Write messages in the transaction of their cause; what was told before is passed over.

    Their kinds (see the catalogue of events) say which wait for the morning, and which STOP stops.
    """
    for start in range(0, len(messages), ROWS_MAX):
        _PUT.later(driver(session), {"messages": Jsonb([_kept(message) for message in messages[start : start + ROWS_MAX]])})


def _kept(message: Message) -> dict[str, Any]:
    kind = kind_of(message.template)
    return {
        "group_id": message.group_id,
        "person_id": message.person_id,
        "address": message.address,
        "language": message.language,
        "template": message.template,
        "facts": tagged.dump(message.facts),
        "event_key": message.event_key,
        "at": message.at.isoformat(),
        "quiet": kind.keeps_quiet,
        "stoppable": kind.may_be_stopped,
    }


_DUE = "o.state = 'ready' AND o.lease_until IS NULL AND o.next_at <= %(at)s"
_NOT_QUEUED = "(o.queued_until IS NULL OR o.queued_until <= %(at)s)"
# Says of the first in the lane of `o`, which may be `o` itself, whether it can be taken too: whoever takes both sends them in order.
_FIRST_IS = """(SELECT {can_be_taken} FROM outbox h WHERE h.state = 'ready' AND h.address = o.address ORDER BY h.due_at, h.id LIMIT 1)"""
_FREE = "h.lease_until IS NULL AND h.next_at <= %(at)s"
_RESERVE = f"""
WITH due AS (
  SELECT o.group_id, o.id FROM outbox o
  WHERE {_DUE} AND {_NOT_QUEUED}
    AND {_FIRST_IS.format(can_be_taken=f"{_FREE} AND (h.queued_until IS NULL OR h.queued_until <= %(at)s)")}
  ORDER BY o.next_at, o.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), reserved AS (
  UPDATE outbox o SET queued_until = %(until)s FROM due WHERE o.group_id = due.group_id AND o.id = due.id
  RETURNING o.id, o.address, o.due_at
)
SELECT id FROM reserved WINDOW lane AS (PARTITION BY address)
ORDER BY min(due_at) OVER lane, min(id) OVER lane, address, due_at, id
"""  # noqa: S608 put together from our own words


def reserve(session: Session, *, limit: int, at: datetime, hold: timedelta = rules.QUEUED_FOR) -> list[int]:
    """Pick what is due, oldest first, to be carried to a worker by a queue; what the queue loses is due again after `hold`.

    Each lane is given whole and in its order, so that cutting the list seldom cuts a lane.
    """
    rows = driver(session).execute(_RESERVE, {"limit": limit, "at": at, "until": at + hold})
    return [row[0] for row in rows]


# What is behind somebody else's is not taken, and need not wait until the queue is taken for lost.
_TAKE = """
WITH due AS (
  SELECT o.group_id, o.id, {first_is} AS ours FROM outbox o WHERE {due} FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE outbox o SET lease_until = CASE WHEN due.ours THEN %(until)s::timestamptz END, queued_until = NULL
  FROM due WHERE o.group_id = due.group_id AND o.id = due.id
  RETURNING o.group_id, o.id, o.address, o.language, o.template, o.facts, o.attempts, o.lease_until, o.due_at
)
SELECT group_id, id, address, language, template, facts, attempts, lease_until FROM taken WHERE lease_until IS NOT NULL
ORDER BY due_at, id
"""
_CLAIM_IDS = _TAKE.format(first_is=_FIRST_IS.format(can_be_taken=f"{_FREE} AND h.id = ANY(%(ids)s)"), due=f"{_DUE} AND o.id = ANY(%(ids)s)")
_CLAIM_ANY = _TAKE.format(first_is=_FIRST_IS.format(can_be_taken=_FREE), due=f"{_DUE} ORDER BY o.next_at, o.id LIMIT %(limit)s")


def claim(
    session: Session, *, ids: Sequence[int] | None = None, limit: int = rules.BATCH_MAX, at: datetime, lease: timedelta = rules.LEASE
) -> list[Claimed]:
    """Take messages that are due, those of the ids or any, for as long as the lease; in the order of their lanes.

    A message is taken with those before it, or not at all. Whether it may really go is asked when it is begun.
    """
    parameters = {"at": at, "until": at + lease, "limit": limit, "ids": list(ids or ())}
    with driver(session).cursor(row_factory=args_row(Claimed)) as cursor:
        return cursor.execute(_CLAIM_ANY if ids is None else _CLAIM_IDS, parameters).fetchall()


HISTORY = """
SELECT count(*) FILTER (WHERE outcome IN ('retry','lost')) AS failures, count(*) FILTER (WHERE outcome = 'unknown') AS unknowns,
       min(at) AS first_at, max(n) AS last_n
FROM attempt a WHERE a.group_id = o.group_id AND a.outbox_id = o.id
"""
_HELD = "unnest(%(groups)s::bigint[], %(ids)s::bigint[], %(leases)s::timestamptz[]) AS held (group_id, id, lease_until)"
_STILL_HELD = "o.group_id = held.group_id AND o.id = held.id AND o.state = 'ready' AND o.lease_until = held.lease_until"
_BEGIN = f"""
WITH begun AS (
  UPDATE outbox o SET attempts = attempts + 1, lease_until = %(until)s FROM {_HELD} WHERE {_STILL_HELD} {{in_its_turn}}
  RETURNING o.group_id, o.id, o.attempts
)
SELECT o.group_id, o.id, o.attempts, h.failures, h.unknowns, h.first_at FROM begun o CROSS JOIN LATERAL ({HISTORY}) h
"""  # noqa: S608 put together from our own words
_BEGIN_NEXT = _BEGIN.format(
    in_its_turn="""AND NOT EXISTS (
    SELECT FROM outbox b WHERE b.state = 'ready' AND b.address = o.address AND (b.due_at, b.id) < (o.due_at, o.id))"""
)
_BEGIN_ANY = _BEGIN.format(in_its_turn="")


def begin(session: Session, messages: Sequence[Claimed], *, at: datetime, lease: timedelta = rules.LEASE) -> list[Claimed]:
    """Count a try of each message that is still ours and the first of its lane, renew its lease, and give those.

    Commit before sending. This is what keeps the order, whoever claimed what: the one before has been sent or given up.
    """
    return _begin(session, _BEGIN_NEXT, messages, at=at, lease=lease)


def begin_unsendable(session: Session, messages: Sequence[Claimed], *, at: datetime, lease: timedelta = rules.LEASE) -> list[Claimed]:
    """Count a try of each message that is still ours and that no phone will read, so that it need not wait for its turn."""
    return _begin(session, _BEGIN_ANY, messages, at=at, lease=lease)


def _begin(session: Session, statement: str, messages: Sequence[Claimed], *, at: datetime, lease: timedelta) -> list[Claimed]:
    rows = driver(session).execute(statement, held(messages) | {"until": at + lease})
    begun = {(row[0], row[1]): row[2:] for row in rows}
    return [_begun(message, begun[key], at=at, lease=lease) for message in messages if (key := (message.group_id, message.id)) in begun]


_PUT_BACK = f"UPDATE outbox o SET lease_until = NULL, next_at = %(until)s FROM {_HELD} WHERE {_STILL_HELD}"  # noqa: S608 our own words


def put_back(session: Session, messages: Sequence[Claimed], *, until: datetime) -> None:
    """Give up messages that were claimed and never begun; no try is counted."""
    if messages:
        driver(session).execute(_PUT_BACK, held(messages) | {"until": until})


def history(row: TupleRow, *, at: datetime) -> History:
    """Read failures, unknowns and the moment of the first try."""
    return History(failures=row[0], unknowns=row[1], age=at - (row[2] or at))


def _begun(message: Claimed, row: TupleRow, *, at: datetime, lease: timedelta) -> Claimed:
    return replace(message, attempts=row[0], lease_until=at + lease, history=history(row[1:], at=at))


def held(messages: Iterable[Claimed]) -> dict[str, Any]:
    """Say which messages are meant, and by which lease they were ours."""
    group_ids, ids, leases = [], [], []
    for message in messages:
        group_ids.append(message.group_id)
        ids.append(message.id)
        leases.append(message.lease_until)
    return {"groups": group_ids, "ids": ids, "leases": leases}
