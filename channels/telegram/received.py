"""Which updates were taken: a set, for Telegram may begin its numbers anew after a quiet week. Never what was in them."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db.base import Base, Big, Instant
from core.db.engine import Driver, driver
from core.db.statement import Statement

KEEP: Final = timedelta(days=3)  # Telegram itself forgets what nobody fetched after one
FORGOTTEN_AT_ONCE: Final = 5_000


class TelegramUpdate(Base):
    """One update that was taken."""

    __tablename__ = "telegram_update"
    __table_args__ = (Index(None, "at"),)

    update_id: Mapped[Big] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[Instant]


_RECEIVE: Final[Statement[Any]] = Statement(
    "INSERT INTO telegram_update (update_id, at) VALUES (%(update)s, %(at)s) ON CONFLICT (update_id) DO NOTHING"
)
_FORGET: Final = """
DELETE FROM telegram_update WHERE update_id IN (SELECT update_id FROM telegram_update WHERE at < %s ORDER BY at LIMIT %s)
"""


def receive(connection: Driver, update_id: int, *, at: datetime) -> bool:
    """Note that an update is taken; False if it was taken before. Another that takes it now is waited for."""
    return _RECEIVE.count(connection, {"update": update_id, "at": at}) == 1


def forget(session: Session, *, at: datetime) -> int:
    """Forget the oldest, up to a limit, and say how many."""
    return driver(session).execute(_FORGET, (at - KEEP, FORGOTTEN_AT_ONCE)).rowcount
