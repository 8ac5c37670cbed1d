"""The sweeper: what a dead worker had is due again, and conversations that nobody will resume are forgotten."""

from datetime import timedelta

from sqlalchemy.orm import Session

from channels import conversations
from channels.telegram import received as telegram_updates
from core.outbox.outcomes import release_expired
from core.outbox.queries import database_time
from workers.delivery import alarm

SWEEP_SECONDS = 5.0
PRUNE_SECONDS = 600.0


def sweep(session: Session) -> int:
    """Take messages back whose lease has ended, and say how many."""
    taken, dead = release_expired(session, at=database_time(session))
    session.commit()
    alarm(dead)
    return taken


def prune(session: Session) -> int:
    """Take secrets out of conversations that nobody can resume, forget those that are over and done, and say how many."""
    at, gone = database_time(session), 0
    conversations.tidy(session, at=at, within=timedelta(seconds=3 * PRUNE_SECONDS))
    session.commit()
    while some := conversations.prune(session, at=at):
        session.commit()
        gone += some
    while some := telegram_updates.forget(session, at=at):
        session.commit()
        gone += some
    return gone
