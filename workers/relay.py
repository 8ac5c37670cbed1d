"""The relay: what is due in the outbox is carried by id to the queue that wakes the workers."""

from datetime import timedelta

from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from core.outbox import operations as outbox
from core.outbox.queries import database_time
from core.outbox.rules import BATCH_MAX, QUEUED_FOR
from workers.patience import Patience
from workers.wake import DEPTH_MAX, enqueue, open_queue, open_redis

POLL_SECONDS = 0.25
REDIS_AWAY_SECONDS_MAX = 5.0


class Relay:
    """Carries ids from the outbox to Redis. While Redis is away the outbox is not touched, so all of it is due at once when it is back."""

    def __init__(self, redis_url: str, *, hold: timedelta = QUEUED_FOR, patience: Patience | None = None) -> None:
        self._queue = open_queue(open_redis(redis_url))
        self._hold = hold
        self._patience = patience or Patience("redis", first=POLL_SECONDS, longest=REDIS_AWAY_SECONDS_MAX)

    def tick(self, session: Session) -> int:
        """Carry what is due and what the queue has room for, and say how much; commits before it enqueues."""
        if self._patience.wait:
            return 0
        try:
            room = (DEPTH_MAX - self._queue.count) * BATCH_MAX
            self._patience.found()
            if room <= 0:
                return 0
            ids = outbox.reserve(session, limit=room, at=database_time(session), hold=self._hold)
            session.commit()
            if ids:
                enqueue(self._queue, ids)
        except RedisError as error:
            self._patience.missed(error)
            return 0
        return len(ids)
