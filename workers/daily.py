"""The daily jobs of the leading clock: what is due, what is late, who meets tomorrow. `core.outbox.daily` says how one more is added."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from time import monotonic
from typing import Final

from sqlalchemy.orm import Session

from core.groups.queries import timezones
from core.loans import reminders as loans
from core.meetings import reminders as meetings
from core.outbox.daily import FIRST, Job, Key, days_now
from core.outbox.operations import put
from core.outbox.queries import database_time

# How long after its morning a group is reminded, at most. What was told is not told again.
ROUND_SECONDS: Final = 900.0

JOBS: Final = (loans.DUE, meetings.TOMORROW)


class Daily:
    """Goes round all groups, a batch at each tick: the relay, on the same connection, must not wait for a million members."""

    def __init__(self, jobs: Sequence[Job] = JOBS) -> None:
        self._jobs = jobs
        self._round: Iterator[int] | None = None
        self._next_at = 0.0

    def tick(self, session: Session) -> int:
        """Put the next batch of reminders, and say how many."""
        if self._round is None:
            if monotonic() < self._next_at:
                return 0
            self._next_at = monotonic() + ROUND_SECONDS
            self._round = remind(session, at=database_time(session), jobs=self._jobs)
        put_now = next(self._round, None)
        if put_now is None:  # it is over, or it broke off: then it goes round again in a while
            self._round = None
        return put_now or 0


def remind(session: Session, *, at: datetime, jobs: Sequence[Job] = JOBS) -> Iterator[int]:
    """Put everything that is to be said at a moment, each batch in a transaction of its own; give how many are in each."""
    for today in days_now(timezones(session), at=at):
        for job in jobs:
            for days in job.days:
                after: Key | None = FIRST
                while after is not None:
                    batch = job.find(session, today, days, after)
                    put(session, *batch.messages)
                    session.commit()
                    after = batch.after
                    yield len(batch.messages)
    session.commit()
