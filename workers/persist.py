"""Do a piece of work in one transaction, and do it again if the database went away meanwhile."""

import logging
from collections.abc import Callable, Sequence
from time import sleep
from typing import TypeVar

import psycopg
from sqlalchemy import Engine, exc
from sqlalchemy.orm import Session

from core.db.engine import transaction

DATABASE_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
PAUSES_SECONDS = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)
Made = TypeVar("Made")

log = logging.getLogger(__name__)


def persistently(engine: Engine, work: Callable[[Session], Made], *, pauses: Sequence[float] = PAUSES_SECONDS) -> Made:
    """Run `work`, which must bear being run again after a commit whose answer was lost."""
    for pause in pauses:
        try:
            with transaction(engine) as session:
                return work(session)
        except DATABASE_AWAY as error:
            log.warning("database is away", extra={"again_in_seconds": pause, "why": type(error).__name__})
            sleep(pause)
    with transaction(engine) as session:
        return work(session)
