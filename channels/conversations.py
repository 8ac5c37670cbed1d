"""The conversation of a member with the house: one row a session, loaded under a lock and saved with the exact reply.

The row never holds what was typed (a PIN is in it): of the gateway's cumulative text it keeps the length and a keyed
HMAC, which prove that the next request goes on where this one stopped.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Boolean, Index, Integer, LargeBinary, PrimaryKeyConstraint, SmallInteger, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import facts as kept_facts
from core.db.base import Base, Big, Instant, Language, Phone
from core.db.engine import Driver, driver
from core.db.statement import Statement

RESUME_WITHIN: Final = timedelta(minutes=10)
KEEP: Final = timedelta(days=2)


class ConversationRow(Base):
    """Where a session stands, and the exact reply it was last given."""

    __tablename__ = "conversation"
    __table_args__ = (
        PrimaryKeyConstraint("channel", "session"),
        Index(None, "channel", "address", "started_at"),
        # Nothing indexed changes from turn to turn, so each turn is one in-page update.
        {"postgresql_with": {"fillfactor": "70"}},
    )

    channel: Mapped[str] = mapped_column(String(8))
    session: Mapped[str] = mapped_column(String(80), comment="the gateway's own id of the session")
    address: Mapped[Phone]
    started_at: Mapped[Instant]
    touched_at: Mapped[Instant]
    turn: Mapped[int] = mapped_column(Integer, comment="turns so far; with the session it names what a turn asks for")
    text_length: Mapped[int] = mapped_column(Integer)
    text_hmac: Mapped[bytes] = mapped_column(LargeBinary)
    reply: Mapped[str] = mapped_column(Text, comment="the exact answer, given again to a repeat")
    ended: Mapped[bool] = mapped_column(Boolean)
    person_id: Mapped[Big | None]
    member_id: Mapped[Big | None]
    group_id: Mapped[Big]
    language: Mapped[Language]
    screen: Mapped[str] = mapped_column(String(40))
    page: Mapped[int] = mapped_column(SmallInteger)
    strikes: Mapped[int] = mapped_column(SmallInteger, comment="replies in a row that were not understood")
    pin_given: Mapped[bool] = mapped_column(Boolean, comment="the right PIN was given in this session")
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="what was answered so far; never a PIN")
    shown: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="the facts on the screen that is open")


@dataclass(slots=True)
class Conversation:
    """Where a session stands. The turn changes it and saves it with the reply."""

    channel: str
    session: str
    address: str
    started_at: datetime
    touched_at: datetime
    language: str
    turn: int = 0
    text_length: int = 0
    text_hmac: bytes = b""
    reply: str = ""
    ended: bool = False
    person_id: int | None = None
    member_id: int | None = None
    group_id: int = 0
    screen: str = "start"
    page: int = 0
    strikes: int = 0
    pin_given: bool = False
    answers: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)

    @property
    def resumable(self) -> bool:
        """Whether something was begun that may be taken up again."""
        return not self.ended and bool(self.answers)


_COLUMNS: Final = tuple(Conversation.__dataclass_fields__)
_LOAD: Final = Statement(
    f"SELECT {', '.join(_COLUMNS)} FROM conversation"  # noqa: S608 the columns are ours
    " WHERE channel = %(channel)s AND session = %(session)s",
    Conversation,
)
_LATEST: Final = Statement(
    f"SELECT {', '.join(_COLUMNS)} FROM conversation"  # noqa: S608 the columns are ours
    " WHERE channel = %(channel)s AND address = %(address)s AND session <> %(session)s AND started_at > %(since)s"
    " ORDER BY started_at DESC LIMIT 1",
    Conversation,
)
_FIXED: Final = ("channel", "session", "address", "started_at")
_OPEN: Final = (
    f"INSERT INTO conversation ({', '.join(_COLUMNS)}) VALUES ({', '.join(f'%({c})s' for c in _COLUMNS)})"  # noqa: S608
    " ON CONFLICT (channel, session) DO NOTHING"
)
_SAVE: Final = (
    f"UPDATE conversation SET {', '.join(f'{c} = %({c})s' for c in _COLUMNS if c not in _FIXED)}"  # noqa: S608
    " WHERE channel = %(channel)s AND session = %(session)s AND turn = %(turn)s::int - 1"
)
# A turn that only moves through menus need not wait for the disk. One that did more waits, and so does its conversation.
_ALONE: Final = " RETURNING set_config('synchronous_commit', 'off', true)"
_SAVES: Final[dict[tuple[bool, bool], Statement[Any]]] = {
    (first, alone): Statement((_OPEN if first else _SAVE) + (_ALONE if alone else "")) for first in (True, False) for alone in (True, False)
}
_CLOSE: Final = "UPDATE conversation SET ended = true WHERE channel = %s AND session = %s AND NOT ended AND answers = '{}'"


def text_hmac(key: bytes, text: str) -> bytes:
    """Fingerprint what was typed; keyed, for a plain hash of a PIN is the PIN."""
    return hmac.digest(key, text.encode(), "sha256")


def load(connection: Driver, *, channel: str, session: str) -> Conversation | None:
    """Load a session's conversation. Nothing is locked: of two requests for the same turn one saves, and one is overtaken."""
    found = _LOAD.one(connection, {"channel": channel, "session": session})
    return found and _opened(found)


def latest(connection: Driver, *, channel: str, address: str, session: str, at: datetime) -> Conversation | None:
    """The conversation before this session's on the same handset, if it is recent."""
    parameters = {"channel": channel, "address": address, "session": session, "since": at - RESUME_WITHIN}
    found = _LATEST.one(connection, parameters)
    return found and _opened(found)


def _opened(found: Conversation) -> Conversation:
    found.answers, found.shown = kept_facts.load(found.answers), kept_facts.load(found.shown)
    return found


class Overtaken(Exception):
    """Another request of the same session was quicker: start the turn again and find its reply."""


def save(connection: Driver, conversation: Conversation) -> None:
    """Keep a conversation after a turn.

    :raises Overtaken: if the same turn was saved by another request
    """
    row = {column: getattr(conversation, column) for column in _COLUMNS}
    row["answers"], row["shown"] = Jsonb(kept_facts.dump(conversation.answers)), Jsonb(kept_facts.dump(conversation.shown))
    alone = connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
    if _SAVES[conversation.turn == 1, alone].count(connection, row) != 1:
        raise Overtaken


def close(connection: Driver, *, channel: str, session: str) -> None:
    """The gateway says that the session is over: what has nothing to resume is closed."""
    connection.execute(_CLOSE, (channel, session))


def prune(session: Session, *, at: datetime) -> int:
    """Forget conversations that are over and done."""
    return driver(session).execute("DELETE FROM conversation WHERE started_at < %s", (at - KEEP,)).rowcount
