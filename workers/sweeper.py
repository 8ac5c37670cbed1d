"""The sweeper: what a dead worker had is due again, what nobody will ask for is forgotten, and leaders hear of their SMS."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from channels import conversations
from channels.sms import received
from channels.telegram import received as telegram_updates
from core.groups import caps
from core.outbox import reports
from core.outbox.outcomes import release_expired
from core.outbox.queries import database_time
from workers.delivery import alarm

SWEEP_SECONDS = 5.0
PRUNE_SECONDS = 600.0
WARN_SECONDS = 300.0
BATCHES_MAX = 20
_FORGETS: Final = (conversations.prune, received.forget, reports.forget, telegram_updates.forget)


def sweep(session: Session) -> int:
    """Take messages back whose lease has ended, and say how many."""
    taken, dead = release_expired(session, at=database_time(session))
    session.commit()
    alarm(dead)
    return taken


def prune(session: Session) -> int:
    """Take secrets out of conversations that nobody can resume, forget what is over and done, and say how many rows that were."""
    at = database_time(session)
    conversations.tidy(session, at=at, within=timedelta(seconds=3 * PRUNE_SECONDS))
    session.commit()
    return sum(_forget(session, some, at=at) for some in _FORGETS)


def _forget(session: Session, some: Callable[..., int], *, at: datetime) -> int:
    """Forget in batches, each committed, and not for ever: what is left waits for the next time, and the outbox does not wait."""
    gone = 0
    for _ in range(BATCHES_MAX):
        count = some(session, at=at)
        session.commit()
        gone += count
        if not count:
            break
    return gone


def warn_of_caps(session: Session) -> int:
    """Tell the leaders of groups that have used up most of their month's SMS, and say how many groups."""
    groups = caps.warn(session, at=database_time(session))
    session.commit()
    return groups
