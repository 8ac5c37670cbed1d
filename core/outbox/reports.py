"""Delivery reports: what the gateway says became of a message after it took it.

They come late, twice, out of order, and before the answer to the call that sent the message. So each is kept by the gateway's
id, and one never takes the place of another that ranks higher. Source of the ranks: the order in which Africa's Talking
describes the states; a state that it adds later ranks lowest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from core.db.engine import Work, driver
from core.outbox.outcomes import settle_unknown

UNKNOWN_RANK: Final = 0
RANKS: Final[Mapping[str, int]] = {
    "Sent": 1,
    "Submitted": 2,
    "Buffered": 3,
    "AbsentSubscriber": 4,
    "Rejected": 8,
    "Failed": 8,
    "Expired": 8,
    "Success": 9,
}
_KEEP: Final = """
INSERT INTO delivery_report (provider_id, status, rank, reason, at) VALUES (%s, %s, %s, nullif(%s, ''), %s)
ON CONFLICT (provider_id) DO UPDATE SET status = excluded.status, rank = excluded.rank, reason = excluded.reason, at = excluded.at
WHERE delivery_report.rank < excluded.rank
"""
KEEP: Final = timedelta(days=90)
FORGOTTEN_AT_ONCE: Final = 5_000
_FORGET: Final = """
DELETE FROM delivery_report WHERE provider_id IN (SELECT provider_id FROM delivery_report WHERE at < %s ORDER BY at LIMIT %s)
"""
_IS_OURS: Final = "SELECT FROM attempt WHERE provider_id = %s LIMIT 1"


@dataclass(frozen=True, slots=True)
class Report:
    """A report as the gateway gave it to us."""

    provider_id: str
    status: str
    reason: str
    at: datetime


def keep(work: Work, report: Report, *, address: str) -> None:
    """Keep a report, and commit. One of an id that we never heard of may be the answer that got lost (see `settle_unknown`)."""
    rank = RANKS.get(report.status, UNKNOWN_RANK)
    work.begin()
    work.driver.execute(_KEEP, (report.provider_id, report.status, rank, report.reason, report.at))
    if address and work.driver.execute(_IS_OURS, (report.provider_id,)).fetchone() is None:
        settle_unknown(work.session, address=address, provider_id=report.provider_id, at=report.at)
    work.commit()


def forget(session: Session, *, at: datetime) -> int:
    """Forget the oldest reports, up to a limit, and say how many: nobody asks a gateway about last quarter's messages."""
    return driver(session).execute(_FORGET, (at - KEEP, FORGOTTEN_AT_ONCE)).rowcount
