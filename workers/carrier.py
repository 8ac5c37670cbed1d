"""RQ's worker, taught to live long: no fork for each job, and no despair while Redis is away."""

import logging
from types import FrameType
from typing import Any

from redis import Redis
from rq import Queue, SimpleWorker, worker_registration
from rq.exceptions import StopRequested
from rq.job import Job

from workers.delivery import Delivery
from workers.patience import Patience
from workers.wake import SERIALIZER, open_queue

WORKER_TTL_SECONDS = 30  # RQ then waits 15 s for a job before it looks up
MAINTENANCE_SECONDS = 5
AWAY_SECONDS_MAX = 5.0


class Carrier(SimpleWorker):
    """Listens to the one queue, and stops between two calls of the gateway."""

    max_connection_wait_time = AWAY_SECONDS_MAX
    log_result_lifespan = False

    def __init__(self, redis: Redis, *, delivery: Delivery, patience: Patience) -> None:
        self._delivery = delivery
        self._patience = patience
        self._waits = False
        super().__init__(
            [open_queue(redis)],
            connection=redis,
            serializer=SERIALIZER,
            worker_ttl=WORKER_TTL_SECONDS,
            maintenance_interval=MAINTENANCE_SECONDS,
            log_job_description=False,
        )

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Let the call in flight end. No word to Redis here: a signal may come at any moment, also while it is away."""
        del signum, frame
        self._delivery.stopping.set()
        self._stop_requested = True
        if self._waits:
            raise StopRequested

    def dequeue_job_and_maintain_ttl(self, timeout: int | None, max_idle_time: int | None = None) -> tuple[Job, Queue] | None:
        """Wait for a job. Only here may a signal break in, and one that came a moment before is not waited out."""
        self._waits = True
        try:
            if self._delivery.stopping.is_set():
                raise StopRequested
            return super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)
        finally:
            self._waits = False

    def subscribe(self) -> None:
        """Take no orders through Redis: the supervisor stops a worker by a signal."""

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:  # noqa: ANN401 RQ's own signature
        """Say that we live; to a Redis that has forgotten everything, say again who we are."""
        super().heartbeat(timeout, pipeline)
        if pipeline is None:
            self._patience.found()
            if not self.connection.hexists(self.key, "birth"):
                self.connection.hset(self.key, mapping=self.serialize())
                worker_registration.register(self)


class OneLineWhileAway(logging.Filter):
    """Lets `Patience` say that Redis is away, once, where RQ would say it at every try."""

    def __init__(self, patience: Patience) -> None:
        super().__init__()
        self._patience = patience

    def filter(self, record: logging.LogRecord) -> bool:
        """Swallow RQ's own line."""
        if "could not connect to Redis" not in str(record.msg):
            return True
        self._patience.missed("no connection")
        return False
