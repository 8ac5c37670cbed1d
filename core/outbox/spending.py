"""What messages cost: as the gateway bills it, summed by group and month in the transaction that records the sending."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from core.db.engine import driver

SCALE: Final = 10_000
UNSAID: Final = "XXX"  # ISO 4217's own code for no currency
_BILLED: Final = re.compile(r"([A-Z]{3}) (\d{1,12})(?:\.(\d{1,4})0*)?")


@dataclass(frozen=True, slots=True)
class Billed:
    """An amount as the gateway bills: whole ten-thousandths of a currency, for a message costs parts of a cent."""

    amount: int
    currency: str  # ISO 4217

    def __str__(self) -> str:
        return f"{self.currency} {self.amount // SCALE}.{self.amount % SCALE:04d}"


def billed(text: str) -> Billed | None:
    """Read an amount as the gateway writes it, such as KES 0.8000; none where it does not say one, or is finer than it can be kept."""
    found = _BILLED.fullmatch(text.strip())
    if found is None:
        return None
    currency, whole, part = found.groups()
    return Billed(int(whole) * SCALE + int((part or "").ljust(4, "0")), currency)


# Adds up the tries that were just recorded as sent, for the first time: `counted (group_id, outbox_id, n, at, segments, billed, currency)`.
# By the order of the key, so that two workers that count for the same groups wait for each other and never both.
SPEND: Final = f"""
INSERT INTO sms_spent (group_id, month, currency, messages, segments, again, billed)
SELECT c.group_id, c.month, coalesce(c.currency, '{UNSAID}'), count(*), coalesce(sum(c.segments), 0), count(*) FILTER (WHERE c.again),
       coalesce(sum(c.billed), 0)
FROM (SELECT t.group_id, t.currency, t.segments, t.billed,
             date_trunc('month', t.at AT TIME ZONE coalesce((SELECT g.timezone FROM savings_group g WHERE g.id = t.group_id), 'UTC'))::date
               AS month,
             EXISTS (SELECT FROM attempt a WHERE a.group_id = t.group_id AND a.outbox_id = t.outbox_id AND a.n < t.n
                     AND a.outcome IN ('unknown', 'lost')) AS again
      FROM counted t) c
GROUP BY c.group_id, c.month, coalesce(c.currency, '{UNSAID}')
ORDER BY c.group_id, c.month, coalesce(c.currency, '{UNSAID}')
ON CONFLICT ON CONSTRAINT sms_spent_pkey DO UPDATE SET
  messages = sms_spent.messages + excluded.messages, segments = sms_spent.segments + excluded.segments,
  again = sms_spent.again + excluded.again, billed = sms_spent.billed + excluded.billed
"""  # noqa: S608 put together from our own words


@dataclass(frozen=True, slots=True)
class Spent:
    """What a group's messages came to in a month. What the gateway gave no cost of is in `segments` and in no amount."""

    group_id: int
    code: str | None  # of the group; none for what concerns no group
    messages: int
    segments: int
    again: int
    billed: tuple[Billed, ...]  # one amount for each currency


_MOST: Final = """
SELECT s.group_id, g.code, sum(s.messages)::bigint, sum(s.segments)::bigint AS segments, sum(s.again)::bigint,
       array_agg(s.billed ORDER BY s.currency), array_agg(s.currency ORDER BY s.currency)
FROM sms_spent s LEFT JOIN savings_group g ON g.id = s.group_id
WHERE s.month = %s GROUP BY s.group_id, g.code ORDER BY segments DESC, s.group_id LIMIT %s
"""


def most(session: Session, *, month: date, limit: int = 10) -> list[Spent]:
    """The groups whose messages took most segments in a month."""
    rows = driver(session).execute(_MOST, (month, limit)).fetchall()
    return [
        Spent(group_id, code, messages, segments, again, _amounts(amounts, currencies))
        for group_id, code, messages, segments, again, amounts, currencies in rows
    ]


def _amounts(amounts: list[int], currencies: list[str]) -> tuple[Billed, ...]:
    return tuple(Billed(*each) for each in zip(amounts, currencies, strict=True) if each[1] != UNSAID)


def month_of(at: datetime) -> date:
    """The month of a moment, as it is kept: by its first day."""
    return at.date().replace(day=1)
