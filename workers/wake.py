"""Redis, which only wakes the workers: one queue of jobs that carry ids. It may be down, or lose everything, and nothing is lost."""

from collections.abc import Sequence

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue

from core.outbox.rules import BATCH_MAX

QUEUE = "sms"
JOB = "workers.jobs.deliver"
# Never pickle: who can write to Redis must not choose what we run.
SERIALIZER = "json"
JOB_SECONDS_MAX = 120  # the last resort against a call that never ends
JOB_KEPT_SECONDS = 3_600  # of one that broke; what it carried is in the outbox
DEPTH_MAX = 20  # jobs that wait; more would only be carried twice
ANSWER_SECONDS = 2


def open_redis(url: str) -> Redis:
    """Make a client that gives up soon; whoever uses it knows how to wait."""
    return Redis.from_url(
        url,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=15,
    )


def open_queue(redis: Redis) -> Queue:
    """Open the one queue. A worker listens to one queue only: RQ loses jobs of a worker that dies while it listens to several."""
    return Queue(QUEUE, connection=redis, serializer=SERIALIZER, default_timeout=JOB_SECONDS_MAX)


def enqueue(queue: Queue, ids: Sequence[int]) -> None:
    """Wake a worker for these messages, up to 100 in one job."""
    queue.enqueue_many(
        [
            Queue.prepare_data(
                JOB,
                kwargs={"outbox_ids": list(ids[start : start + BATCH_MAX])},
                timeout=JOB_SECONDS_MAX,
                result_ttl=0,
                failure_ttl=JOB_KEPT_SECONDS,
                description="deliver",
            )
            for start in range(0, len(ids), BATCH_MAX)
        ]
    )
