"""The pepper: whatever runs must have the one that the PINs of its database were made with."""

import logging

import psycopg
from sqlalchemy.exc import OperationalError

from core.db.engine import make_engine, transaction
from core.groups.pins import keep_mark
from core.settings import Settings

log = logging.getLogger(__name__)


def check(given: Settings, database_url: str) -> None:
    """See that the database is of this pepper, and mark it with it if it has no mark yet.

    :raises PepperDiffers: if it is of another one
    """
    # As the owner: a database that was never migrated does not know the application's role.
    engine = make_engine(database_url, role=None, pool_size=1)
    try:
        with transaction(engine) as session:
            keep_mark(session, pepper=given.pepper)
    finally:
        engine.dispose()


def check_if_there(given: Settings, database_url: str) -> None:
    """Check, but let a process start while its database is away: until it is back no PIN can be looked at.

    :raises PepperDiffers: if the database is there, and of another one
    """
    try:
        check(given, database_url)
    except (psycopg.OperationalError, OperationalError):
        log.warning("the database is away: whether the pepper is its own is seen at the next start")
