"""Give a book as text that other programs read: hledger, beancount, CSV. Debits are positive in all of them."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from types import MappingProxyType
from typing import Final

from sqlalchemy.orm import Session

from core.ledger import queries
from core.ledger.queries import BookCard, Journal, UsedAccount
from core.money import exponent

_LETTERS: Final = {"asset": "A", "liability": "L", "equity": "E", "income": "R", "expense": "X"}
_ROOTS: Final = {"asset": "Assets", "liability": "Liabilities", "equity": "Equity", "income": "Income", "expense": "Expenses"}
_ROOT_WORDS: Final = frozenset(
    {"asset", "assets", "liability", "liabilities", "equity", "income", "revenue", "revenues", "expense", "expenses"}
)
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\0", "'")
CSV_COLUMNS: Final = ("date", "entry", "key", "kind", "memo", "account", "amount", "currency")


@dataclass(frozen=True, slots=True)
class Export:
    """A book on its way out: its accounts that were ever moved, and its postings in the order of days and entries."""

    name: str
    currency: str
    accounts: tuple[UsedAccount, ...]
    journal: Iterable[Journal]

    def amount(self, minor: int) -> str:
        """Write an amount in major units, exactly."""
        return major(minor, self.currency)

    @property
    def entries(self) -> Iterator[list[Journal]]:
        """The postings, entry by entry."""
        return (list(lines) for _, lines in groupby(self.journal, key=lambda line: line.entry_id))


def major(minor: int, currency: str) -> str:
    """Write minor units as a decimal in major units with all the digits of the currency."""
    return f"{Decimal(minor).scaleb(-exponent(currency)):f}"


def export(session: Session, *, card: BookCard, name: str, style: str) -> Iterator[str]:
    """Give a book line by line in one of `STYLES`."""
    accounts = queries.used_accounts(session, book_id=card.id)
    return STYLES[style](Export(name, card.currency, tuple(accounts), queries.journal(session, book_id=card.id)))


def hledger(book: Export) -> Iterator[str]:
    """A journal for hledger (and ledger): every entry with its key and kind as tags."""
    yield f"; book: {book.name}"
    yield f"commodity {'1000.' + '0' * exponent(book.currency)} {book.currency}"
    for account in book.accounts:
        yield f"account {account.code}  ; type: {_LETTERS[account.kind]}"
    for lines in book.entries:
        first = lines[0]
        yield ""
        # A semicolon would begin a comment, a bar would end the payee.
        yield f"{first.effective_on} ({first.entry_id}) {_one_line(first.memo or first.kind).replace(';', ',').replace('|', '/')}"
        yield f"    ; key: {_one_line(first.key)}"
        yield f"    ; kind: {first.kind}"
        for line in lines:
            yield f"    {line.code}  {book.amount(line.minor)} {book.currency}"


def beancount(book: Export) -> Iterator[str]:
    """A ledger for beancount: accounts under its five roots, with the name they have here as metadata."""
    names = beancount_names(book.accounts)
    yield f'option "title" {_quoted(book.name)}'
    yield f'option "operating_currency" "{book.currency}"'
    for account in book.accounts:
        yield ""
        yield f"{account.first_on} open {names[account.code]} {book.currency}"
        yield f"  code: {_quoted(account.code)}"
    for lines in book.entries:
        first = lines[0]
        yield ""
        yield f"{first.effective_on} * {_quoted(first.memo or first.kind)}"
        yield f"  key: {_quoted(first.key)}"
        yield f"  kind: {_quoted(first.kind)}"
        for line in lines:
            yield f"  {names[line.code]}  {book.amount(line.minor)} {book.currency}"


def table(book: Export) -> Iterator[str]:
    """A CSV table with one posting a row. A text that a spreadsheet would take for a formula gets an apostrophe in front."""
    yield _csv_row(CSV_COLUMNS)
    for line in book.journal:
        texts = (_cell(text) for text in (line.key, line.kind, line.memo or "", line.code))
        yield _csv_row((line.effective_on, line.entry_id, *texts, book.amount(line.minor), book.currency))


STYLES: Final[Mapping[str, Callable[[Export], Iterator[str]]]] = MappingProxyType(
    {"hledger": hledger, "beancount": beancount, "csv": table}
)


def beancount_names(accounts: Iterable[UsedAccount]) -> dict[str, str]:
    """Give each account a name that beancount takes; two that would be the same are told apart by a number."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for account in accounts:
        parts = account.code.split(":")
        if len(parts) > 1 and parts[0].casefold() in _ROOT_WORDS:
            parts = parts[1:]
        wanted = ":".join((_ROOTS[account.kind], *(_component(part) for part in parts)))
        name, n = wanted, 1
        while name in taken:
            n += 1
            name = f"{wanted}-{n}"
        taken.add(name)
        names[account.code] = name
    return names


def _component(part: str) -> str:
    """A part of a beancount account: letters, digits and dashes, a capital or a digit first."""
    kept = re.sub(r"[^A-Za-z0-9]+", "-", part).strip("-")
    return kept[:1].upper() + kept[1:] or "X"


def _quoted(text: str) -> str:
    return json.dumps(_one_line(text), ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv_row(cells: Iterable[str | int | date]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="").writerow(list(cells))
    return line.getvalue()
