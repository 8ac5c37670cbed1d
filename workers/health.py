"""Whether those who deliver are alive: for the doctor and the readiness check."""

from redis import Redis
from rq import worker_registration
from sqlalchemy.orm import Session

from core.db.engine import driver
from workers.clock import LEADER_LOCK
from workers.wake import open_queue

# pg_locks shows a lock of 64 bits as two halves.
_LEADS = """
SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND (classid::bigint << 32) | objid::bigint = %s)
"""


def clock_leads(session: Session) -> bool:
    """Say whether a clock leads; its lock ends with its connection, so this cannot be out of date."""
    row = driver(session).execute(_LEADS, (LEADER_LOCK,)).fetchone()
    assert row is not None
    return bool(row[0])


def workers_alive(redis: Redis) -> int:
    """Count the workers that said within the last minute and a half that they live."""
    keys = worker_registration.get_keys(queue=open_queue(redis))
    return sum(bool(redis.exists(key)) for key in keys)
