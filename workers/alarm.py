"""Call a person when many wrong PINs are given over the whole house: somebody tries one PIN on a thousand accounts.

Each account has its own count and lock, which such a guesser never meets.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.groups import pins
from core.outbox.queries import database_time

ALARM_SECONDS = 60.0
WITHIN = timedelta(minutes=10)

log = logging.getLogger(__name__)


class PinAlarm:
    """Counts wrong PINs and says it, once in ten minutes, when there are more than `most`.

    What was said is remembered by the clock that leads; after a change of leader it may be said again.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._quiet_until: datetime | None = None

    def __call__(self, session: Session) -> None:
        """Look at the last ten minutes."""
        at = database_time(session)
        if self._quiet_until is not None and at < self._quiet_until:
            session.commit()
            return
        failures = pins.failures(session, since=at - WITHIN)
        session.commit()
        if failures > self._most:
            self._quiet_until = at + WITHIN
            # Neither whose nor from where: that is in the records, for who may read them.
            log.error("many wrong PINs", extra={"failures": failures, "minutes": WITHIN // timedelta(minutes=1), "most": self._most})
