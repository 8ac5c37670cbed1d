"""The worker process: carries messages from the outbox to the gateway for as long as it lives. Redis may come and go meanwhile."""

import logging
import signal
from types import FrameType

from redis.exceptions import RedisError

from channels.sms.sender import Sender
from channels.sms.sentence import standing_facts
from core.db import make_engine
from core.settings import Settings
from workers.carrier import AWAY_SECONDS_MAX, Carrier, OneLineWhileAway
from workers.delivery import Delivery
from workers.jobs import deliver_with
from workers.patience import Patience
from workers.wake import open_redis

POOL_SIZE = 2
REST_SECONDS = 1.0  # after RQ gave up for a reason of its own

log = logging.getLogger(__name__)


def run(settings: Settings, database_url: str, redis_url: str) -> None:
    """Work until SIGTERM or SIGINT."""
    engine = make_engine(database_url, pool_size=POOL_SIZE)
    delivery = Delivery(engine, Sender.of(settings), standing=standing_facts(settings))
    deliver_with(delivery)
    work(delivery, redis_url)
    engine.dispose()


def work(delivery: Delivery, redis_url: str) -> None:
    """Take jobs until told to stop; RQ's worker ends when Redis hangs or restarts, and then there is another."""
    patience = Patience("redis", first=0.25, longest=AWAY_SECONDS_MAX)
    rq_log, quiet = logging.getLogger("rq.worker"), OneLineWhileAway(patience)
    rq_log.setLevel(logging.WARNING)
    rq_log.addFilter(quiet)

    def stop(_signum: int, _frame: FrameType | None) -> None:
        delivery.stopping.set()

    # The carrier puts its own in the place of these, which do the same, and break in where it waits.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("worker started")
    while not delivery.stopping.is_set():
        try:
            Carrier(open_redis(redis_url), delivery=delivery, patience=patience).work(logging_level=None)
        except RedisError as error:
            if not delivery.stopping.is_set():
                patience.missed(error)
        delivery.stopping.wait(patience.wait or REST_SECONDS)
    rq_log.removeFilter(quiet)
    log.info("worker stopped")
