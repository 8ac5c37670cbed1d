"""The only ways into the ledger: open a book or an account, post an entry, reverse one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NoReturn
from uuid import UUID

import psycopg
from sqlalchemy.orm import Session

from core.db.engine import driver
from core.db.statement import Statement
from core.ids import AccountId, EntryId, PersonId
from core.refusal import Refused

LINES_MIN: Final = 2


class Overdrawn(Refused):
    """An account would fall below its floor."""

    code = "ledger.overdrawn"


class KeyReused(Refused):
    """The idempotency key already names an entry with other content."""

    code = "ledger.key_reused"


class EntryOverdraws(Overdrawn):
    """The first entry of a batch that would take an account below its floor (`key`)."""

    code = "ledger.overdrawn"


class AlreadyReversed(Refused):
    """The entry was reversed before."""

    code = "ledger.already_reversed"


class NoSuchEntry(Refused):
    """The book has no such entry."""

    code = "ledger.no_such_entry"


class NoSuchAccount(Refused):
    """The book has no such account."""

    code = "ledger.no_such_account"


class BookNameTaken(Refused):
    """There is a book of this name (`book`)."""

    code = "ledger.book_name_taken"


class Unbalanced(Refused):
    """The lines do not sum to zero, or are fewer than two."""

    code = "ledger.unbalanced"


@dataclass(frozen=True, slots=True)
class Posted:
    """An entry that stands, with each account's balance after it (debit positive), in the order of the lines."""

    entry_id: EntryId
    fresh: bool
    balances: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One of many entries to be posted at once; lines as in `post_entry`."""

    key: str
    effective_on: date
    memo: str | None
    lines: Sequence[tuple[AccountId, int]]


_POST: Statement[Any] = Statement("""
SELECT * FROM post_entry(%(book)s, %(key)s, %(kind)s, %(actor)s, %(on)s, %(at)s, %(accounts)s, %(amounts)s, %(memo)s, NULL, %(command)s)
""")
_POST_MANY = "SELECT post_entries(%s, %s, %s, %s, %s, %s, %s, %s, %s::int[], %s::bigint[], %s::bigint[])"
_REVERSE: Statement[Any] = Statement("""
SELECT * FROM reverse_entry(%(book)s, %(entry)s, %(key)s, %(actor)s, %(on)s, %(at)s, %(memo)s, %(command)s)
""")
_RULES = {
    "no_overdraft": Overdrawn,
    "entry_balances": Unbalanced,
    "posting_moves_money": Unbalanced,
    "one_reversal": AlreadyReversed,
    "one_event_one_entry": KeyReused,
}
_STATES = {"PM001": KeyReused, "PM002": NoSuchAccount, "PM003": NoSuchEntry}


def post_entry(
    session: Session,
    *,
    book_id: int,
    key: str,
    kind: str,
    lines: Sequence[tuple[AccountId, int]],
    effective_on: date,
    at: datetime,
    actor_id: PersonId | None = None,
    memo: str | None = None,
    command_id: UUID | None = None,
) -> Posted:
    """Post one event once, in one round trip.

    `lines` are (account, signed minor units; debit positive). The same key with the same content gives the entry
    that stands, so a retry is safe.

    :raises Overdrawn: if an account would fall below its floor
    :raises Unbalanced: if the lines do not sum to zero
    :raises KeyReused: if the key already names another entry
    :raises NoSuchAccount: if an account is not of this book
    """
    if len(lines) < LINES_MIN:
        raise Unbalanced
    what = {"book": book_id, "key": key, "kind": kind, "on": effective_on, "at": at, "actor": actor_id, "memo": memo, "command": command_id}
    moved = {"accounts": [account for account, _ in lines], "amounts": [minor for _, minor in lines]}
    return _posted(session, _POST, what | moved)


def post_entries(
    session: Session,
    *,
    book_id: int,
    kind: str,
    entries: Sequence[NewEntry],
    at: datetime,
    actor_id: PersonId | None = None,
    command_id: UUID | None = None,
) -> None:
    """Post many events of one kind at once, in this order; all are new, or none is posted.

    :raises EntryOverdraws: if an account would fall below its floor on the way
    :raises Unbalanced: if the lines of one do not sum to zero
    :raises KeyReused: if a key names an entry that stands
    :raises NoSuchAccount: if an account is not of this book
    """
    lines = [(n, account, minor) for n, entry in enumerate(entries, start=1) for account, minor in entry.lines]
    parameters = (
        *(book_id, kind, actor_id, at, command_id),
        *([entry.key for entry in entries], [entry.effective_on for entry in entries], [entry.memo for entry in entries]),
        *([n for n, _, _ in lines], [account for _, account, _ in lines], [minor for _, _, minor in lines]),
    )
    try:
        driver(session).execute(_POST_MANY, parameters)
    except psycopg.errors.CheckViolation as error:
        if error.diag.constraint_name == "no_overdraft" and error.diag.message_detail is not None:
            raise EntryOverdraws(key=error.diag.message_detail) from error
        _refuse(error)
    except psycopg.Error as error:
        _refuse(error)


def reverse_entry(
    session: Session,
    *,
    book_id: int,
    entry_id: EntryId,
    key: str,
    memo: str,
    effective_on: date,
    at: datetime,
    actor_id: PersonId | None = None,
    command_id: UUID | None = None,
) -> Posted:
    """Undo an entry by its mirror.

    :raises NoSuchEntry: if the book has no such entry
    :raises AlreadyReversed: if it was reversed before
    :raises Overdrawn: if what it brought in is no longer there
    """
    what = {"book": book_id, "entry": entry_id, "key": key, "on": effective_on, "at": at, "actor": actor_id, "memo": memo}
    return _posted(session, _REVERSE, what | {"command": command_id})


def _posted(session: Session, statement: Statement[Any], parameters: Mapping[str, object]) -> Posted:
    try:
        row = statement.one(driver(session), parameters)
    except psycopg.Error as error:
        _refuse(error)
    assert row is not None, "post_entry always answers"
    return Posted(EntryId(row[0]), row[1], tuple(row[2]))


def _refuse(error: psycopg.Error) -> NoReturn:
    """Raise the refusal that an error of the database means, or the error itself."""
    refusal = _RULES.get(error.diag.constraint_name or "") or _STATES.get(error.sqlstate or "")
    if refusal is None:
        raise error
    raise refusal from error


def open_book(session: Session, *, book_id: int | None, organisation_id: int | None, name: str, currency: str) -> int:
    """Open a book; a group's has the group's own number, any other takes the next free one.

    :raises BookNameTaken: if there is a book of this name
    """
    try:
        row = driver(session).execute("SELECT open_book(%s, %s, %s, %s)", (book_id, organisation_id, name, currency)).fetchone()
    except psycopg.errors.UniqueViolation as error:
        raise BookNameTaken(book=name) from error
    assert row is not None
    return int(row[0])


def open_account(
    session: Session, *, book_id: int, code: str, kind: str, member_id: int | None = None, floor_minor: int | None = None
) -> AccountId:
    """Open an account, or find the one of this code."""
    row = driver(session).execute("SELECT open_account(%s, %s, %s, %s, %s)", (book_id, code, kind, member_id, floor_minor)).fetchone()
    assert row is not None
    return AccountId(row[0])
