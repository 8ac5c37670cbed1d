"""Which Telegram account speaks for whom: bound by a one-time code, told to the person by SMS, dropped when they say so.

The code is shown only behind the PIN on the person's own phone, and lives ten minutes. What identifies an account is its
number: a name or a picture can be anybody's, and a code that was passed on works once, for who was quicker, and the SMS
says for whom.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from psycopg.rows import class_row
from sqlalchemy.orm import Session

from core.commands import Command, UnlinkTelegram, UseLinkCode
from core.db.engine import Driver, Reader, driver
from core.db.statement import Statement
from core.groups.notices import notice
from core.groups.queries import Actor, Contact
from core.ids import PersonId
from core.outbox.operations import put

TRIES_MAX: Final = 5
LOCK: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Account:
    """A Telegram account that is bound, and where its chat stands."""

    user_id: int
    person_id: PersonId
    chat_id: int
    name: str
    session: str | None
    message_id: int | None


# Locked until the turn is over: of two presses at once the second waits, and finds what the first has changed.
_FIND: Final = Statement(
    "SELECT user_id, person_id, chat_id, name, session, message_id FROM telegram_account WHERE user_id = %(user)s FOR UPDATE", Account
)
_STAND: Final[Statement[Any]] = Statement("UPDATE telegram_account SET session = %(session)s WHERE user_id = %(user)s")
_LIVE: Final[Statement[Any]] = Statement(
    "UPDATE telegram_account SET message_id = %(message)s WHERE user_id = %(user)s AND session = %(session)s"
)
# A try is counted before it is looked at. After five, nothing is looked at for an hour, and the lock is not drawn out.
_COUNT_TRY: Final = """
INSERT INTO telegram_try AS t (user_id, failures, at) VALUES (%(user)s, 1, %(at)s)
ON CONFLICT (user_id) DO UPDATE SET failures = CASE WHEN t.at <= %(since)s THEN 1 ELSE t.failures + 1 END, at = excluded.at
WHERE t.failures < %(max)s OR t.at <= %(since)s
RETURNING failures
"""
_TAKE_CODE: Final = """
UPDATE link_code SET used_at = %(at)s WHERE code_hash = %(code)s AND used_at IS NULL AND expires_at > %(at)s RETURNING person_id
"""
_CONTACTS: Final = """
SELECT DISTINCT ON (h.phone) p.id AS person_id, p.name, h.phone, p.language
FROM person p JOIN handset h ON h.person_id = p.id WHERE p.id = %s ORDER BY h.phone
"""
_BIND: Final = "INSERT INTO telegram_account (user_id, person_id, chat_id, name, bound_at) VALUES (%s, %s, %s, %s, %s)"


def find_account(connection: Driver, *, user_id: int) -> Account | None:
    """The bound account of this number, held until the transaction ends."""
    return _FIND.one(connection, {"user": user_id})


def account_of(reader: Reader, *, person_id: PersonId) -> str | None:
    """What the account that speaks for a person calls itself, if there is one."""
    row = driver(reader).execute("SELECT name FROM telegram_account WHERE person_id = %s", (person_id,)).fetchone()
    return None if row is None else str(row[0])


def stand(connection: Driver, *, user_id: int, session: str) -> None:
    """Note the conversation that an account's chat stands in."""
    _STAND.later(connection, {"user": user_id, "session": session})


def shows(connection: Driver, *, user_id: int, session: str, message_id: int) -> None:
    """Note the message whose buttons are live, if the chat still stands in that conversation."""
    _LIVE.count(connection, {"user": user_id, "session": session, "message": message_id})


def use_link_code(session: Session, command: UseLinkCode, _actor: Actor) -> dict[str, Any]:
    """Bind the account to the person whose code it is, and tell them by SMS on each of their handsets.

    A wrong code is no refusal, which would undo its count, but a receipt: `bound` is false, and `tries_left` says how many
    are left before the lock of an hour (none where it is locked).
    """
    connection = driver(session)
    asked = {
        "user": command.user_id,
        "at": command.at,
        "since": command.at - LOCK,
        "max": TRIES_MAX,
        "code": bytes.fromhex(command.code_hash),
    }
    counted = connection.execute(_COUNT_TRY, asked).fetchone()
    if counted is None:
        return {"bound": False, "tries_left": 0}
    found = connection.execute(_TAKE_CODE, asked).fetchone()
    if found is None:
        return {"bound": False, "tries_left": TRIES_MAX - counted[0]}
    person_id = PersonId(found[0])
    connection.execute("DELETE FROM telegram_try WHERE user_id = %s", (command.user_id,))
    connection.execute("DELETE FROM telegram_account WHERE user_id = %s OR person_id = %s", (command.user_id, person_id))
    connection.execute(_BIND, (command.user_id, person_id, command.chat_id, command.account, command.at))
    _tell(session, command, person_id, "telegram.linked", {"account": command.account})
    return {"bound": True, "person_id": int(person_id)}


def unlink(session: Session, command: UnlinkTelegram, actor: Actor) -> dict[str, Any]:
    """Let no Telegram account speak for the person any more; they are told."""
    assert actor.person_id is not None, "an account is a person's"
    return {"unlinked": drop(session, command, person_id=actor.person_id)}


def drop(session: Session, command: Command, *, person_id: PersonId) -> bool:
    """Drop the binding of a person, if there is one, and tell them of it."""
    deleted = driver(session).execute("DELETE FROM telegram_account WHERE person_id = %s RETURNING name", (person_id,)).fetchone()
    if deleted is None:
        return False
    _tell(session, command, person_id, "telegram.unlinked", {"account": deleted[0]})
    return True


def _tell(session: Session, command: Command, person_id: PersonId, template: str, facts: dict[str, Any]) -> None:
    with driver(session).cursor(row_factory=class_row(Contact)) as cursor:
        contacts = cursor.execute(_CONTACTS, (person_id,)).fetchall()
    put(session, *(notice(command, to, template, facts) for to in contacts))
