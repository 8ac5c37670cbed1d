"""What came in by SMS: each message once, by the gateway's id, and what was understood of it. Never what was typed: it may hold a PIN."""

from datetime import datetime, timedelta
from typing import Any, Final

from psycopg.types.json import Jsonb
from sqlalchemy import Index, PrimaryKeyConstraint, SmallInteger, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db.base import Base, Instant, Phone
from core.db.engine import Driver, driver
from core.db.statement import Statement

KEEP: Final = timedelta(days=30)
FORGOTTEN_AT_ONCE: Final = 5_000
NEXT_WITHIN: Final = timedelta(hours=12)


class SmsReceived(Base):
    """One SMS of a member. The gateway repeats it for up to twelve hours; its id says that we have it."""

    __tablename__ = "sms_received"
    __table_args__ = (PrimaryKeyConstraint("id"), Index(None, "address", "at"), Index(None, "at"))

    id: Mapped[str] = mapped_column(String(80), comment="the gateway's own")
    address: Mapped[Phone] = mapped_column(comment="who sent it: E.164, or a name such as MTN, shortened")
    at: Mapped[Instant]
    command: Mapped[str | None] = mapped_column(String(12), comment="what was understood; null for nothing")
    said: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="what NEXT goes on from; never a text, never a PIN")
    page: Mapped[int] = mapped_column(SmallInteger)


_RECEIVE: Final[Statement[Any]] = Statement("""
INSERT INTO sms_received (id, address, at, command, said, page)
VALUES (%(id)s, %(address)s, %(at)s, %(command)s, %(said)s, %(page)s) ON CONFLICT (id) DO NOTHING
""")
_SEEN: Final[Statement[Any]] = Statement("SELECT FROM sms_received WHERE id = %(id)s")
_LAST: Final[Statement[Any]] = Statement("""
SELECT command, said, page FROM sms_received WHERE address = %(address)s AND at > %(since)s AND command IS NOT NULL
ORDER BY at DESC LIMIT 1
""")
_STRAY: Final[Statement[Any]] = Statement(
    "SELECT count(*) AS n FROM sms_received WHERE address = %(address)s AND at > %(since)s AND command IS NULL"
)


def is_known(connection: Driver, sms_id: str) -> bool:
    """Say whether this SMS was taken before."""
    return _SEEN.count(connection, {"id": sms_id}) == 1


def receive(
    connection: Driver, sms_id: str, *, address: str, at: datetime, command: str | None, said: dict[str, Any] | None = None, page: int = 0
) -> bool:
    """Note that an SMS was taken; False if another request was quicker."""
    values = {"id": sms_id, "address": address, "at": at, "command": command, "said": Jsonb(said or {}), "page": page}
    return _RECEIVE.count(connection, values) == 1


def last(connection: Driver, *, address: str, at: datetime) -> Any:  # noqa: ANN401 a row by name
    """The last command of a number, for NEXT to go on from; None where there is none of today."""
    return _LAST.one(connection, {"address": address, "since": at - NEXT_WITHIN})


def strays(connection: Driver, *, address: str, since: datetime) -> int:
    """How many messages of a number were not understood since then."""
    row = _STRAY.one(connection, {"address": address, "since": since})
    assert row is not None
    return int(row.n)


def forget(session: Session, *, at: datetime) -> int:
    """Forget the oldest, up to a limit, and say how many: a gateway repeats for hours, not for weeks."""
    statement = """
    DELETE FROM sms_received WHERE id IN (SELECT id FROM sms_received WHERE at < %s ORDER BY at LIMIT %s)
    """
    return driver(session).execute(statement, (at - KEEP, FORGOTTEN_AT_ONCE)).rowcount
