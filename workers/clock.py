"""The clock process: of all that run, one leads. It carries the outbox to the queue, sweeps up behind dead workers, and reminds."""

import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from time import monotonic
from types import FrameType

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from channels.sms.account import Account
from core.db import make_engine
from core.db.engine import driver
from core.settings import Settings
from workers.alarm import ALARM_SECONDS, PinAlarm
from workers.daily import Daily
from workers.patience import Patience
from workers.persist import DATABASE_AWAY
from workers.purse import LOOK_SECONDS, Purse
from workers.relay import POLL_SECONDS, Relay
from workers.sweeper import PRUNE_SECONDS, SWEEP_SECONDS, WARN_SECONDS, prune, sweep, warn_of_caps

# The leader holds this advisory lock; another process that holds the number would keep every clock from leading.
LEADER_LOCK = 0x50414D4F4A41  # "PAMOJA"
CANDIDATE_SECONDS = 2.0
AWAY_SECONDS_MAX = 5.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Task:
    """Something the leader does again and again."""

    work: Callable[[Session], object]
    seconds: float
    next_at: float = 0.0


class Clock:
    """Leads when it can. All its work goes through the one connection that holds the lock: who loses it does nothing more."""

    def __init__(self, engine: Engine, relay: Relay, *more: Task) -> None:
        self._engine = engine
        self._relay = relay
        self._more = more
        self._patience = Patience("database", first=0.25, longest=AWAY_SECONDS_MAX)
        self.stopping = Event()

    def run(self) -> None:
        """Lead, or wait to lead, until told to stop."""
        while not self.stopping.is_set():
            try:
                self._term()
            except DATABASE_AWAY as error:
                self._patience.missed(error)
            self.stopping.wait(self._patience.wait or CANDIDATE_SECONDS)

    def _term(self) -> None:
        with self._engine.connect() as connection, Session(bind=connection) as session:
            try:
                if not lead(session):
                    return
                self._patience.found()
                log.info("this clock leads")
                self._work(session)
            finally:
                # The lock belongs to the connection, so the pool must not keep it.
                connection.invalidate()

    def _work(self, session: Session) -> None:
        tasks = (
            Task(self._relay.tick, POLL_SECONDS),
            Task(Daily().tick, POLL_SECONDS),
            Task(sweep, SWEEP_SECONDS),
            Task(prune, PRUNE_SECONDS),
            *self._more,
        )
        while not self.stopping.is_set():
            now = monotonic()
            for task in tasks:
                if task.next_at <= now:
                    task.next_at = now + task.seconds
                    do(task, session)
            self.stopping.wait(max(0.0, min(task.next_at for task in tasks) - monotonic()))


def do(task: Task, session: Session) -> None:
    """Do one task; its fault must not keep the others from being done, unless the connection is gone."""
    try:
        task.work(session)
    except Exception:
        if driver(session).closed:
            raise
        session.rollback()
        log.exception("a task of the clock failed")


def lead(session: Session) -> bool:
    """Take the leader's lock if it is free, and keep it until the connection ends."""
    row = driver(session).execute("SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK,)).fetchone()
    session.commit()
    assert row is not None
    return bool(row[0])


def run(settings: Settings, database_url: str, redis_url: str) -> None:
    """Keep time until SIGTERM or SIGINT."""
    purse = Purse(Account.of(settings), least=settings.at_balance_least)
    more = (
        Task(warn_of_caps, WARN_SECONDS),
        Task(purse.tick, LOOK_SECONDS),
        Task(PinAlarm(most=settings.pin_failures_max), ALARM_SECONDS),
    )
    clock = Clock(make_engine(database_url, pool_size=1), Relay(redis_url), *more)

    def stop(_signum: int, _frame: FrameType | None) -> None:
        clock.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    clock.run()
