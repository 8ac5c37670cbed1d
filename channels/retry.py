"""Do a turn again where that is safe: it is one transaction and its command has one id, so it is done once whatever happens."""

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

import psycopg
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from channels.conversations import Overtaken
from core.db.engine import Work

log = structlog.get_logger(__name__)

TRIES_MAX: Final = 5
PATIENCE_S: Final = 4  # no try begins later: a phone is answered within 8 s
# Serialization, deadlock, a lock that was not free in time; a command that was recorded by another request meanwhile.
_AGAIN: Final = frozenset({"40001", "40P01", "55P03"})
_TWICE: Final = frozenset({"one_command_once", "one_event_one_entry"})
Made = TypeVar("Made")


def tried(engine: Engine, turn: Callable[[Work], Made], *, name: str, failed: Callable[[], None] = lambda: None) -> Made:
    """Run a turn, and again if it was overtaken or the database was away for a moment; `failed` is told each time.

    :raises SQLAlchemyError: or psycopg.Error, if the database cannot be had
    """
    patience = time.monotonic() + PATIENCE_S
    for attempt in range(1, TRIES_MAX + 1):
        try:
            with Work(engine) as work:
                return turn(work)
        except (Overtaken, psycopg.Error, SQLAlchemyError) as error:
            failed()
            if attempt == TRIES_MAX or time.monotonic() > patience or not _is_passing(error):
                raise
            log.info("turn tried again", session=name, attempt=attempt, why=type(error).__name__)
            time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311 jitter is no secret
    raise AssertionError("the last attempt returns or raises")


def _is_passing(error: Exception) -> bool:
    if isinstance(error, Overtaken):
        return True
    cause = getattr(error, "orig", None) or error
    if not isinstance(cause, psycopg.Error):
        return False
    if isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None:
        return True  # the connection was lost
    state, law = cause.sqlstate or "", cause.diag.constraint_name or ""
    return state in _AGAIN or state.startswith(("57P", "08")) or law in _TWICE
