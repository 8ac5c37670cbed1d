"""What the ledger says: balances, statements by pages, the trial balance of any day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row
from sqlalchemy.orm import Session

from core.commands import NO_GROUP
from core.db.engine import Reader, driver
from core.db.statement import Statement
from core.ids import AccountId, GroupId, MemberId
from core.refusal import Refused


@dataclass(frozen=True, slots=True)
class Balance:
    """An account and what it holds, in minor units on its own side (a saver's savings are positive)."""

    id: AccountId
    code: str
    minor: int


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting of an account, on the account's own side, with the balance after it."""

    version: int
    entry_id: int
    kind: str
    effective_on: date
    minor: int
    balance_minor: int
    memo: str | None
    reverses: int | None


@dataclass(frozen=True, slots=True)
class TrialLine:
    """An account of a trial balance: minor units, debit positive; `moved` if anything was posted by then."""

    code: str
    kind: str
    minor: int
    moved: bool


@dataclass(frozen=True, slots=True)
class BookCard:
    """A book: its number, its currency, whether it is a group's own, whether any of its accounts has a floor."""

    id: int
    currency: str
    of_group: bool
    has_floors: bool


@dataclass(frozen=True, slots=True)
class UsedAccount:
    """An account that was posted to, and the first day that was."""

    code: str
    kind: str
    first_on: date


@dataclass(frozen=True, slots=True)
class Journal:
    """One posting with what its entry says."""

    entry_id: int
    effective_on: date
    key: str
    kind: str
    memo: str | None
    code: str
    minor: int


@dataclass(frozen=True, slots=True)
class Event:
    """What kind of event an entry posted, and the day it took effect."""

    kind: str
    effective_on: date


@dataclass(frozen=True, slots=True)
class MovedSavings:
    """A member whose savings were moved: by how much, and to what, in minor units on the saver's side."""

    member_id: MemberId
    minor: int
    balance_minor: int


_BALANCES = Statement(
    "SELECT id, code, side * balance_minor AS minor FROM account WHERE book_id = %(book)s AND code = ANY(%(codes)s)", Balance
)
_STATEMENT = """
SELECT p.account_version AS version, p.entry_id, e.kind, e.effective_on, a.side * p.amount_minor AS minor,
       a.side * p.balance_after_minor AS balance_minor, e.memo, e.reverses
FROM account a
JOIN posting p ON p.book_id = a.book_id AND p.account_id = a.id
JOIN entry e ON e.book_id = p.book_id AND e.id = p.entry_id
WHERE a.book_id = %(book)s AND a.code = %(code)s AND p.account_version < %(before)s
ORDER BY p.account_version DESC LIMIT %(limit)s
"""
_TRIAL_NOW = "SELECT code, kind, balance_minor AS minor, version > 0 AS moved FROM account WHERE book_id = %s ORDER BY code"
_TRIAL_AS_OF = """
SELECT a.code, a.kind, coalesce(sum(p.amount_minor) FILTER (WHERE e.effective_on <= %(day)s), 0)::bigint AS minor,
       coalesce(bool_or(e.effective_on <= %(day)s), false) AS moved
FROM account a
LEFT JOIN posting p ON p.book_id = a.book_id AND p.account_id = a.id
LEFT JOIN entry e ON e.book_id = p.book_id AND e.id = p.entry_id
WHERE a.book_id = %(book)s GROUP BY a.code, a.kind ORDER BY a.code
"""
_FIRST_PAGE = 2**62


def balances(session: Reader, *, book_id: int, codes: Sequence[str]) -> dict[str, Balance]:
    """The accounts of these codes, as far as the book has them."""
    return {found.code: found for found in _BALANCES.all(driver(session), {"book": book_id, "codes": list(codes)})}


def statement(session: Reader, *, book_id: int, code: str, before: int | None = None, limit: int = 50) -> list[StatementLine]:
    """The newest postings of an account, newest first; `before` is the version of the last line of the page before."""
    parameters = {"book": book_id, "code": code, "before": before or _FIRST_PAGE, "limit": limit}
    with driver(session).cursor(row_factory=class_row(StatementLine)) as cursor:
        return cursor.execute(_STATEMENT, parameters).fetchall()


def trial_balance(session: Session, *, book_id: int, as_of: date | None = None) -> list[TrialLine]:
    """Every account's balance, now or at the end of a day; the lines sum to zero."""
    with driver(session).cursor(row_factory=class_row(TrialLine)) as cursor:
        if as_of is None:
            return cursor.execute(_TRIAL_NOW, (book_id,)).fetchall()
        return cursor.execute(_TRIAL_AS_OF, {"book": book_id, "day": as_of}).fetchall()


_CARD = """
SELECT b.id, b.currency, EXISTS (SELECT FROM savings_group g WHERE g.id = b.id) AS of_group,
       EXISTS (SELECT FROM account a WHERE a.book_id = b.id AND a.floor_minor IS NOT NULL) AS has_floors
FROM book b WHERE b.name = %s
"""
_IMPORTED = """
SELECT e.idempotency_key, e.kind, e.effective_on, e.memo,
       array_agg(a.code ORDER BY p.line), array_agg(p.amount_minor ORDER BY p.line)
FROM entry e
JOIN posting p ON p.book_id = e.book_id AND p.entry_id = e.id
JOIN account a ON a.book_id = p.book_id AND a.id = p.account_id
WHERE e.book_id = %s AND e.idempotency_key = ANY(%s) GROUP BY e.book_id, e.id
"""


class NoSuchBook(Refused):
    """There is no book of this name (`book`)."""

    code = "ledger.no_such_book"


def book_card(session: Session, *, name: str) -> BookCard:
    """A book by its name; a group's is named by the group's code.

    :raises NoSuchBook: if there is none
    """
    with driver(session).cursor(row_factory=class_row(BookCard)) as cursor:
        card = cursor.execute(_CARD, (name,)).fetchone()
    if card is None:
        raise NoSuchBook(book=name)
    return card


def group_of(session: Session, *, book: str) -> GroupId:
    """The group whose own book has this name; `NO_GROUP` where no group's has."""
    row = driver(session).execute("SELECT g.id FROM book b JOIN savings_group g ON g.id = b.id WHERE b.name = %s", (book,)).fetchone()
    return NO_GROUP if row is None else GroupId(row[0])


def accounts_of(session: Session, *, book_id: int) -> dict[str, AccountId]:
    """The accounts of a book: code -> number."""
    return dict(driver(session).execute("SELECT code, id FROM account WHERE book_id = %s", (book_id,)).fetchall())


def imported(session: Session, *, book_id: int, keys: Sequence[str], kind: str) -> dict[str, tuple[object, ...] | None]:
    """The entries of these keys: key -> (day, memo, postings as (code, minor)); None for one of another kind."""
    found = driver(session).execute(_IMPORTED, (book_id, list(keys)))
    return {
        key: (day, memo, tuple(zip(codes, amounts, strict=True))) if was == kind else None for key, was, day, memo, codes, amounts in found
    }


_USED = """
SELECT a.code, a.kind, min(e.effective_on) AS first_on
FROM account a
JOIN posting p ON p.book_id = a.book_id AND p.account_id = a.id
JOIN entry e ON e.book_id = p.book_id AND e.id = p.entry_id
WHERE a.book_id = %s GROUP BY a.code, a.kind ORDER BY a.code
"""
_JOURNAL = """
SELECT e.id AS entry_id, e.effective_on, e.idempotency_key AS key, e.kind, e.memo, a.code, p.amount_minor AS minor
FROM entry e
JOIN posting p ON p.book_id = e.book_id AND p.entry_id = e.id
JOIN account a ON a.book_id = p.book_id AND a.id = p.account_id
WHERE e.book_id = %s ORDER BY e.effective_on, e.id, p.line
"""


def used_accounts(session: Session, *, book_id: int) -> list[UsedAccount]:
    """The accounts of a book that were ever posted to, by code."""
    with driver(session).cursor(row_factory=class_row(UsedAccount)) as cursor:
        return cursor.execute(_USED, (book_id,)).fetchall()


def journal(session: Session, *, book_id: int) -> Iterator[Journal]:
    """Every posting of a book by day, entry and line, a few at a time: a book may be larger than the memory."""
    with driver(session).cursor("journal", row_factory=class_row(Journal)) as cursor:
        yield from cursor.execute(_JOURNAL, (book_id,))


_EVENT = "SELECT kind, effective_on FROM entry WHERE book_id = %s AND id = %s"
_MOVED = """
SELECT a.member_id, -sum(p.amount_minor)::bigint AS minor, -max(a.balance_minor) AS balance_minor
FROM posting p JOIN account a ON a.book_id = p.book_id AND a.id = p.account_id
WHERE p.book_id = %s AND p.entry_id = %s AND a.member_id IS NOT NULL AND a.code LIKE 'savings:%%'
GROUP BY a.member_id ORDER BY a.member_id
"""


def event(session: Reader, *, book_id: int, entry_id: int) -> Event | None:
    """What an entry posted, and for which day; None if the book has no such entry."""
    with driver(session).cursor(row_factory=class_row(Event)) as cursor:
        return cursor.execute(_EVENT, (book_id, entry_id)).fetchone()


def moved_savings(session: Reader, *, book_id: int, entry_id: int) -> list[MovedSavings]:
    """Whose savings an entry moved, by how much, and what they hold now."""
    with driver(session).cursor(row_factory=class_row(MovedSavings)) as cursor:
        return cursor.execute(_MOVED, (book_id, entry_id)).fetchall()
