"""What came of the tries: sent, failed, lost with their worker, or settled by a delivery report."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import random

from sqlalchemy.orm import Session

from core.db.engine import driver
from core.outbox import rules
from core.outbox.operations import HISTORY, Claimed, held, history, put_back
from core.outbox.rules import Outcome
from core.outbox.spending import SPEND, billed

DETAIL_MAX = 120
COST_MAX = 24


@dataclass(frozen=True, slots=True)
class Sent:
    """The gateway has taken it."""

    message: Claimed
    provider_id: str
    cost: str  # as it wrote it
    segments: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The gateway has not taken it, or we do not know."""

    message: Claimed
    outcome: Outcome
    detail: str
    segments: int | None = None


_SENT = f"""
WITH result AS (
  SELECT * FROM unnest(%(groups)s::bigint[], %(ids)s::bigint[], %(ns)s::int[], %(provider_ids)s::text[], %(costs)s::text[],
                       %(amounts)s::bigint[], %(currencies)s::text[], %(segments)s::int[])
                AS r (group_id, id, n, provider_id, cost, billed, currency, segments)
), marked AS (
  UPDATE outbox o SET state = 'sent', sent_at = coalesce(o.sent_at, %(at)s), lease_until = NULL, queued_until = NULL
  FROM result r WHERE o.group_id = r.group_id AND o.id = r.id
), counted AS (
  INSERT INTO attempt (group_id, outbox_id, n, at, outcome, provider_id, cost, billed, currency, segments)
  SELECT group_id, id, n, %(at)s, 'sent', nullif(provider_id, ''), cost, billed, currency, segments FROM result
  ON CONFLICT (group_id, outbox_id, n) DO UPDATE
  SET outcome = excluded.outcome, provider_id = excluded.provider_id, cost = excluded.cost, billed = excluded.billed,
      currency = excluded.currency, segments = excluded.segments, detail = NULL
  WHERE attempt.outcome <> 'sent'
  RETURNING group_id, outbox_id, n, at, segments, billed, currency
)
{SPEND}"""  # noqa: S608 put together from our own words


def sent(session: Session, results: Sequence[Sent], *, at: datetime) -> None:
    """Mark messages that the gateway has accepted; that is final, whoever holds the lease by now. What it cost is counted once."""
    if not results:
        return
    costs = [billed(each.cost) for each in results]
    driver(session).execute(
        _SENT,
        {
            "groups": [each.message.group_id for each in results],
            "ids": [each.message.id for each in results],
            "ns": [each.message.attempts for each in results],
            "provider_ids": [each.provider_id for each in results],
            "costs": [each.cost[:COST_MAX] for each in results],
            "amounts": [None if cost is None else cost.amount for cost in costs],
            "currencies": [None if cost is None else cost.currency for cost in costs],
            "segments": [each.segments for each in results],
            "at": at,
        },
    )


_FAILED = """
WITH result AS (
  SELECT * FROM unnest(%(groups)s::bigint[], %(ids)s::bigint[], %(leases)s::timestamptz[], %(ns)s::int[], %(outcomes)s::text[],
                       %(segments)s::int[], %(details)s::text[], %(nexts)s::timestamptz[])
                AS r (group_id, id, lease_until, n, outcome, segments, detail, next_at)
), marked AS (
  UPDATE outbox o SET state = CASE WHEN r.next_at IS NULL THEN 'dead' ELSE 'ready' END, lease_until = NULL, queued_until = NULL,
                      next_at = coalesce(r.next_at, o.next_at)
  FROM result r WHERE o.group_id = r.group_id AND o.id = r.id AND o.state = 'ready' AND o.lease_until = r.lease_until
  RETURNING o.group_id, o.id, o.state
), tried AS (
  INSERT INTO attempt (group_id, outbox_id, n, at, outcome, segments, detail)
  SELECT group_id, id, n, %(at)s, outcome, segments, detail FROM result
  ON CONFLICT (group_id, outbox_id, n) DO NOTHING
)
SELECT group_id, id FROM marked WHERE state = 'dead'
"""


def failed(session: Session, results: Sequence[Failed], *, at: datetime) -> list[Failed]:
    """Mark messages that were not accepted: tried again later, or left to a person. The latter are given, for the alarm."""
    if not results:
        return []
    verdicts = [rules.verdict(each.outcome, each.message.history, dice=random()) for each in results]  # noqa: S311 dice, not a secret
    rows = driver(session).execute(
        _FAILED,
        held([each.message for each in results])
        | {
            "ns": [each.message.attempts for each in results],
            "outcomes": [each.outcome.value for each in results],
            "segments": [each.segments for each in results],
            "details": [each.detail[:DETAIL_MAX] for each in results],
            "nexts": [None if each.pause is None else at + each.pause for each in verdicts],
            "at": at,
        },
    )
    dead = {(row[0], row[1]) for row in rows}
    return [each for each in results if (each.message.group_id, each.message.id) in dead]


_EXPIRED = f"""
SELECT o.group_id, o.id, o.address, o.language, o.template, o.facts, o.attempts, o.lease_until,
       h.failures, h.unknowns, h.first_at, o.attempts > coalesce(h.last_n, 0) AS begun
FROM (SELECT * FROM outbox WHERE lease_until <= %(at)s ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) o
CROSS JOIN LATERAL ({HISTORY}) h
"""  # noqa: S608 put together from our own words


def release_expired(session: Session, *, at: datetime, limit: int = 1_000) -> tuple[int, list[Failed]]:
    """Take messages back from workers that died: how many, and those that have now failed too often."""
    rows = driver(session).execute(_EXPIRED, {"at": at, "limit": limit}).fetchall()
    begun = [replace(Claimed(*row[:8]), history=history(row[8:11], at=at)) for row in rows if row[11]]
    put_back(session, [Claimed(*row[:8]) for row in rows if not row[11]], until=at)
    return len(rows), failed(session, [Failed(message, Outcome.LOST, "the worker died") for message in begun], at=at)


_SETTLE = f"""
WITH doubt AS (
  SELECT o.group_id, o.id, o.attempts FROM outbox o
  JOIN attempt a ON a.group_id = o.group_id AND a.outbox_id = o.id AND a.n = o.attempts AND a.outcome = 'unknown'
  WHERE o.address = %(address)s AND o.state = 'ready' AND o.lease_until IS NULL
  ORDER BY o.id LIMIT 1 FOR UPDATE OF o SKIP LOCKED
), marked AS (
  UPDATE outbox o SET state = 'sent', sent_at = %(at)s, queued_until = NULL FROM doubt d WHERE o.group_id = d.group_id AND o.id = d.id
), counted AS (
  UPDATE attempt a SET outcome = 'sent', provider_id = %(provider_id)s FROM doubt d
  WHERE a.group_id = d.group_id AND a.outbox_id = d.id AND a.n = d.attempts
  RETURNING a.group_id, a.outbox_id, a.n, a.at, a.segments, a.billed, a.currency
)
{SPEND}"""  # noqa: S608 put together from our own words


def settle_unknown(session: Session, *, address: str, provider_id: str, at: datetime) -> bool:
    """Take a delivery report whose id we never heard of as the answer that got lost.

    Of the messages to this address whose fate is unknown, the oldest was sent. Says whether there was one. A report says
    nothing of a cost, so it is counted without one.
    """
    return driver(session).execute(_SETTLE, {"address": address, "provider_id": provider_id, "at": at}).rowcount > 0


_REVIVE = """
UPDATE outbox SET state = 'ready', next_at = %(at)s, due_at = %(at)s WHERE id = %(id)s AND state = 'dead' RETURNING group_id
"""


def revive(session: Session, *, message_id: int, at: datetime) -> int | None:
    """Try a message again that was given up, and say whose group's it is; none if it is no dead letter.

    It stands last in the lane of its address. Its history stays: what was given up for too many tries has one more.
    """
    row = driver(session).execute(_REVIVE, {"id": message_id, "at": at}).fetchone()
    return None if row is None else int(row[0])
