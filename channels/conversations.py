"""The conversation of a member with the house: one row a session, saved with the exact reply.

The row never holds what was typed (a PIN is in it): of the gateway's cumulative text it keeps the length and a keyed
HMAC, which prove that the next request goes on where this one stopped. Nothing is locked: a save succeeds only on the
turn it was made from, so of two requests for the same turn one is overtaken, and starts again.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Boolean, Index, Integer, LargeBinary, PrimaryKeyConstraint, SmallInteger, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import facts as kept_facts
from core.db.base import Base, Big, Instant, Language, Phone
from core.db.engine import Driver, driver
from core.db.statement import Later, Statement

RESUME_WITHIN: Final = timedelta(minutes=10)
KEEP: Final = timedelta(days=2)
PRUNED_AT_ONCE: Final = 5_000
# What a broken-off change of PIN leaves among the answers, sealed; and the screen whose words are a one-time code.
_SEALED: Final = ["old_pin", "new_pin", "again"]
_TELLS_A_CODE: Final = "telegram"


class ConversationRow(Base):
    """Where a session stands, and the exact reply it was last given."""

    __tablename__ = "conversation"
    __table_args__ = (
        PrimaryKeyConstraint("channel", "session"),
        Index(None, "address", "started_at"),
        Index(None, "started_at"),
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
    closed_at: Mapped[Instant | None] = mapped_column(comment="when the gateway said that the session is over")
    person_id: Mapped[Big | None]
    member_id: Mapped[Big | None]
    group_id: Mapped[Big]
    language: Mapped[Language]
    screen: Mapped[str] = mapped_column(String(40))
    page: Mapped[int] = mapped_column(SmallInteger)
    strikes: Mapped[int] = mapped_column(SmallInteger, comment="replies in a row that were not understood")
    pin_given: Mapped[bool] = mapped_column(Boolean, comment="the right PIN was given in this session")
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="what was answered so far; a new PIN only sealed, and not for long")
    shown: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="the facts on the screen that is open")


@dataclass
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
LOAD: Final = Statement(
    f"SELECT {', '.join(_COLUMNS)} FROM conversation"  # noqa: S608 the columns are ours
    " WHERE channel = %(channel)s AND session = %(session)s",
    Conversation,
)
_LATEST: Final = Statement(
    f"SELECT {', '.join(_COLUMNS)} FROM conversation"  # noqa: S608 the columns are ours
    " WHERE channel = %(channel)s AND address = %(address)s AND session <> %(session)s AND started_at > %(since)s"
    " AND person_id IS NOT DISTINCT FROM %(person)s AND group_id = %(group)s"
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
# A turn that only moves through menus need not wait for the disk. One that did more waits, and so does its conversation,
# which travels with the COMMIT: so the statement itself must fail where the turn was overtaken.
_ALONE: Final = "{} RETURNING set_config('synchronous_commit', 'off', true)"
_WITH_MORE: Final = "WITH saved AS ({} RETURNING 1) SELECT CASE count(*) WHEN 1 THEN 1 ELSE overtaken() END FROM saved"
_SAVES: Final[dict[tuple[bool, bool], Statement[Any]]] = {
    (first, alone): Statement((_ALONE if alone else _WITH_MORE).format(_OPEN if first else _SAVE))
    for first in (True, False)
    for alone in (True, False)
}
_OVERTAKEN: Final = "PM010"
_CLOSE: Final = """
UPDATE conversation SET closed_at = %s, answers = answers - %s::text[] WHERE channel = %s AND session = %s AND closed_at IS NULL
"""


def text_hmac(key: bytes, text: str) -> bytes:
    """Fingerprint what was typed; keyed, for a plain hash of a PIN is the PIN."""
    return hmac.digest(key, text.encode(), "sha256")


class Recent:
    """What this process saved last of each session, so that the next turn need not read it again.

    Another process may have gone on meanwhile; then the save finds another turn in the database, and is overtaken.
    """

    def __init__(self, most: int = 4_096) -> None:
        self._most = most
        self._kept: dict[tuple[str, str], Conversation] = {}
        self._lock = Lock()

    def get(self, channel: str, session: str) -> Conversation | None:
        """The conversation as it was last saved here, to be changed at will."""
        found = self._kept.get((channel, session))
        return found and copy(found)

    def keep(self, conversation: Conversation) -> None:
        """Remember a conversation that was saved, and that nobody changes any more; the one that was quiet longest makes room."""
        key = conversation.channel, conversation.session
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = conversation
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]

    def forget(self, channel: str, session: str) -> None:
        """Forget a conversation that may have changed elsewhere."""
        with self._lock:
            self._kept.pop((channel, session), None)


def copy(conversation: Conversation) -> Conversation:
    """Give a conversation that may be changed without the other."""
    twin = object.__new__(Conversation)
    vars(twin).update(vars(conversation), answers=dict(conversation.answers), shown=dict(conversation.shown))
    return twin


def loaded(later: Later[Conversation]) -> Conversation | None:
    """Give the conversation that a statement finds, with its facts as they were."""
    found = later.one()
    if found is not None:
        found.answers, found.shown = kept_facts.load(found.answers), kept_facts.load(found.shown)
    return found


def latest(connection: Driver, now: Conversation, *, at: datetime) -> Later[Conversation]:
    """Find what the same person, or nobody that is known, had before on the same handset in the same group, if it is recent."""
    who = {"channel": now.channel, "address": now.address, "session": now.session, "person": now.person_id, "group": now.group_id}
    return _LATEST.later(connection, who | {"since": at - RESUME_WITHIN})


class Overtaken(Exception):
    """Another request of the same session was quicker: start the turn again and find its reply."""


def save(connection: Driver, conversation: Conversation) -> None:
    """Keep a conversation after a turn, and commit what the turn did with it.

    :raises Overtaken: if the same turn was saved by another request; nothing of this one is kept
    """
    row = dict(vars(conversation))
    row["answers"], row["shown"] = Jsonb(kept_facts.dump(conversation.answers)), Jsonb(kept_facts.dump(conversation.shown))
    first = conversation.turn == 1
    if not connection.in_transaction:
        if _SAVES[first, True].count(connection, row) != 1:
            raise Overtaken
        return
    _SAVES[first, False].later(connection, row)
    try:
        connection.keep()
    except psycopg.Error as error:
        if error.sqlstate == _OVERTAKEN:
            raise Overtaken from error
        raise


def close(connection: Driver, *, channel: str, session: str, at: datetime) -> None:
    """The gateway says that the session is over."""
    connection.execute(_CLOSE, (at, _SEALED, channel, session))


_TIDY: Final = """
UPDATE conversation SET answers = answers - %(sealed)s::text[], reply = CASE WHEN screen = %(code)s THEN '' ELSE reply END
WHERE started_at BETWEEN %(from)s AND %(to)s AND (answers ?| %(sealed)s::text[] OR screen = %(code)s AND reply <> '')
"""
_PRUNE: Final = """
DELETE FROM conversation WHERE ctid = ANY(ARRAY(SELECT ctid FROM conversation WHERE started_at < %s ORDER BY started_at LIMIT %s))
"""


def tidy(session: Session, *, at: datetime, within: timedelta) -> int:
    """Take sealed PINs and one-time codes out of what nobody can resume any more, and say of how many."""
    to = at - RESUME_WITHIN
    parameters = {"sealed": _SEALED, "code": _TELLS_A_CODE, "from": to - within, "to": to}
    return driver(session).execute(_TIDY, parameters).rowcount


def prune(session: Session, *, at: datetime) -> int:
    """Forget the oldest conversations that are over and done, up to a limit, and say how many."""
    return driver(session).execute(_PRUNE, (at - KEEP, PRUNED_AT_ONCE)).rowcount
