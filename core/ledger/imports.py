"""Take entries that were written elsewhere into a book: all or nothing, each once by its key."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy.orm import Session

from core.commands import NO_GROUP, ImportEntries
from core.db.engine import driver
from core.ids import AccountId
from core.ledger import queries
from core.ledger.lines import RefusedRow, Row, account_kind, read_rows
from core.ledger.operations import EntryOverdraws, NewEntry, open_account, open_book, post_entries
from core.ledger.queries import BookCard
from core.ledger.rules import UNEARNED_INTEREST
from core.refusal import Refused

ROWS_MAX: Final = 25_000
MEGABYTES_MAX: Final = 5
BYTES_MAX: Final = MEGABYTES_MAX * 1024 * 1024
# Of refused rows the record keeps so many, and how many there were.
_ROWS_KEPT: Final = 20
KIND: Final = "import"
NAME_CHARS_MAX: Final = 80
CURRENCY_CHARS: Final = 3


class RowsRefused(Refused):
    """Some lines are not taken, so none is: `rows` says which and why."""

    code = "import.rows_refused"

    def __init__(self, rows: Sequence[RefusedRow]) -> None:
        self.rows = tuple(sorted(rows, key=lambda each: each.row))
        super().__init__(count=len(rows), rows=[f"row {each.row}: {each.reason}" for each in self.rows[:_ROWS_KEPT]])


class TooManyRows(Refused):
    """More than `most` lines at once."""

    code = "import.too_many_rows"


class TooManyBytes(Refused):
    """More than `most` megabytes at once."""

    code = "import.too_many_bytes"


class OtherCurrency(Refused):
    """The book is in another currency (`currency`)."""

    code = "import.other_currency"


class BadBook(Refused):
    """Not a name or a currency that a book can have."""

    code = "import.bad_book"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: entries posted, entries that stood already, accounts opened."""

    entries: int
    repeated: int
    accounts: int


def import_entries(session: Session, command: ImportEntries) -> Imported:
    """Post entries written as JSON lines. What stands already by its key, with the same content, is left alone.

    :raises RowsRefused: if a line cannot be taken
    :raises TooManyRows: if there are more than `ROWS_MAX`
    :raises TooManyBytes: if they are longer than `BYTES_MAX`
    :raises NoSuchBook: if there is no such book and no currency for a new one, or it is asked in another's name
    :raises OtherCurrency: if the book is in another currency
    :raises BadBook: if a new book cannot be named so
    """
    if sum(map(len, command.lines)) > BYTES_MAX:
        raise TooManyBytes(most=MEGABYTES_MAX)
    card = _book(session, command.book, command.currency)
    if command.group_id != (card.id if card.of_group else NO_GROUP):
        raise queries.NoSuchBook(book=command.book)
    read = list(islice(read_rows(command.lines, currency=card.currency), ROWS_MAX + 1))
    if len(read) > ROWS_MAX:
        raise TooManyRows(most=ROWS_MAX)
    refused = [row for row in read if isinstance(row, RefusedRow)]
    rows = [row for row in read if isinstance(row, Row)]
    fresh, reused = _fresh(rows, queries.imported(session, book_id=card.id, keys=[row.key for row in rows], kind=KIND))
    known = queries.accounts_of(session, book_id=card.id)
    refused += reused + _forbidden(fresh, known, card, may_open=command.may_open)
    if refused:
        raise RowsRefused(refused)
    codes = {account: known.get(account) for row in fresh for account, _ in row.postings}
    new = [code for code, account in codes.items() if account is None]
    opened = {code: open_account(session, book_id=card.id, code=code, kind=account_kind(code)) for code in new}
    if fresh:
        _post(session, command, fresh, card, known | opened)
    return Imported(entries=len(fresh), repeated=len(rows) - len(fresh), accounts=len(opened))


def _book(session: Session, name: str, currency: str | None) -> BookCard:
    """Find the book, or open it; two imports into the same one wait for each other."""
    driver(session).execute("SELECT pg_advisory_xact_lock(hashtextextended('ledger-import:' || %s, 0))", (name,))
    try:
        card = queries.book_card(session, name=name)
    except queries.NoSuchBook:
        if currency is None:
            raise
        return _new_book(session, name, currency)
    if currency not in (None, card.currency):
        raise OtherCurrency(book=name, currency=card.currency)
    return card


def _new_book(session: Session, name: str, currency: str) -> BookCard:
    if not (name.isprintable() and name == name.strip() and 1 <= len(name) <= NAME_CHARS_MAX):
        raise BadBook(what="name", value=name)
    if not (len(currency) == CURRENCY_CHARS and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise BadBook(what="currency", value=currency)
    book_id = open_book(session, book_id=None, organisation_id=None, name=name, currency=currency)
    return BookCard(id=book_id, currency=currency, of_group=False, has_floors=False)


def _fresh(rows: Sequence[Row], standing: dict[str, tuple[object, ...] | None]) -> tuple[list[Row], list[RefusedRow]]:
    """Leave out what stands already, here or further up in the file; a key that names other content is refused."""
    fresh, refused, seen = [], [], dict(standing)
    for row in rows:
        if row.key not in seen:
            seen[row.key] = row.content
            fresh.append(row)
        elif seen[row.key] != row.content:
            refused.append(RefusedRow(row.number, f"key: {row.key!r} already names an entry with other content"))
    return fresh, refused


def _forbidden(rows: Sequence[Row], known: dict[str, AccountId], card: BookCard, *, may_open: bool) -> list[RefusedRow]:
    refused = []
    for row in rows:
        names = [name for name, _ in row.postings]
        if card.of_group and (own := next(filter(_is_members_money, names), None)):
            refused.append(RefusedRow(row.number, f"account: {own} is members' money, which moves only by what they are told of"))
        elif not may_open and (lacking := next((name for name in names if name not in known), None)):
            refused.append(RefusedRow(row.number, f"account: {lacking} is not open (--open opens accounts on first use)"))
    return refused


def _is_members_money(account: str) -> bool:
    """Say whether an account of a group's own book is a saver's or a loan's, or moves with the loans."""
    return account == UNEARNED_INTEREST or account.startswith(("savings:", "loan:"))


def _post(session: Session, command: ImportEntries, rows: Sequence[Row], card: BookCard, accounts: dict[str, AccountId]) -> None:
    entries = [NewEntry(row.key, row.day, row.memo, [(accounts[name], minor) for name, minor in row.postings]) for row in rows]
    try:
        post_entries(session, book_id=card.id, kind=KIND, entries=entries, at=command.at, command_id=command.id)
    except EntryOverdraws as overdrawn:
        row = next(row for row in rows if row.key == overdrawn.facts["key"])
        raise RowsRefused([RefusedRow(row.number, "an account would fall below its floor")]) from overdrawn
