"""Read entries written as JSON lines: pure, exact, and with a reason for each line that cannot be read."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from typing import Any, Final

from core.money import AMOUNT_MINOR_MAX, exponent

KEY_CHARS_MAX: Final = 120
MEMO_CHARS_MAX: Final = 200
ACCOUNT_CHARS_MAX: Final = 80
POSTINGS_MIN: Final = 2
POSTINGS_MAX: Final = 1_000
LINE_BYTES_MAX: Final = 256 * 1024
# The first part of an account's name says what it is; any other is something owned.
_KINDS: Final = {
    "asset": "asset",
    "assets": "asset",
    "liability": "liability",
    "liabilities": "liability",
    "equity": "equity",
    "income": "income",
    "revenue": "income",
    "revenues": "income",
    "expense": "expense",
    "expenses": "expense",
}
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT: Final = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?")
# Parts between colons; what other programs take for a comment, a mark or the end of the name is not in it.
_ACCOUNT: Final = re.compile(r"\w[^\s:;]*( [^\s:;]+)*(:\w[^\s:;]*( [^\s:;]+)*)*")
_UNKEEPABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_EXACT: Final = Context(prec=120)


class Unreadable(Exception):
    """A line that cannot be read, and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as written: the number of its line, and its postings as (account, minor units; debit positive)."""

    number: int
    key: str
    day: date
    memo: str | None
    postings: tuple[tuple[str, int], ...]

    @property
    def content(self) -> tuple[object, ...]:
        """What must be the same where the key is the same."""
        return self.day, self.memo, self.postings


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A line that is not taken, and why."""

    row: int
    reason: str


class _Number(str):
    """A number as it is written, so that nothing is lost to floating point."""

    __slots__ = ()


def account_kind(name: str) -> str:
    """Say what kind of account a name means, by its first part."""
    return _KINDS.get(name.partition(":")[0].casefold(), "asset")


def read_rows(lines: Iterable[bytes], *, currency: str) -> Iterator[Row | RefusedRow]:
    """Read entries, one a line; empty lines are passed over."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _row(number, line, currency)
        except Unreadable as why:
            yield RefusedRow(number, str(why))


def _row(number: int, line: bytes, currency: str) -> Row:
    entry = _json(line)
    postings = entry.get("postings")
    if not isinstance(postings, list) or not POSTINGS_MIN <= len(postings) <= POSTINGS_MAX:
        raise Unreadable(f"postings: there must be {POSTINGS_MIN} to {POSTINGS_MAX}")
    lines = tuple(_posting(posting, currency) for posting in postings)
    if total := sum(minor for _, minor in lines):
        raise Unreadable(f"postings: they sum to {Decimal(total).scaleb(-exponent(currency))} instead of 0")
    memo = entry.get("memo")
    return Row(
        number,
        _text(entry.get("key"), "key", KEY_CHARS_MAX),
        _day(entry.get("date")),
        _text(memo, "memo", MEMO_CHARS_MAX) if memo not in (None, "") else None,
        lines,
    )


def _json(line: bytes) -> dict[str, Any]:
    if len(line) > LINE_BYTES_MAX:
        raise Unreadable(f"the line is longer than {LINE_BYTES_MAX} bytes")
    try:
        entry = json.loads(line.decode("utf-8-sig"), parse_float=_Number, parse_int=_Number)
    except UnicodeDecodeError:
        raise Unreadable("the line is not UTF-8") from None
    except (ValueError, RecursionError):
        raise Unreadable("the line is not JSON") from None
    if not isinstance(entry, dict):
        raise Unreadable("the line is not a JSON object")
    return entry


def _posting(posting: object, currency: str) -> tuple[str, int]:
    if not isinstance(posting, dict):
        raise Unreadable("postings: each is an object with account and amount")
    if posting.get("currency", currency) != currency:
        raise Unreadable(f"currency: the book is in {currency}")
    account = _text(posting.get("account"), "account", ACCOUNT_CHARS_MAX)
    if not _ACCOUNT.fullmatch(account):
        raise Unreadable(f"account: {account!r} is not a name such as assets:cash")
    return account, _minor(posting.get("amount"), currency)


def _text(value: object, name: str, chars_max: int) -> str:
    if not isinstance(value, str) or isinstance(value, _Number) or not value.strip():
        raise Unreadable(f"{name}: a text is wanted")
    if len(value) > chars_max:
        raise Unreadable(f"{name}: longer than {chars_max} characters")
    if any(unicodedata.category(char) in _UNKEEPABLE for char in value):
        raise Unreadable(f"{name}: it has a character that cannot be kept, such as the end of a line")
    return value


def _day(value: object) -> date:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Unreadable("date: write it like 2025-03-01")


def _minor(value: object, currency: str) -> int:
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise Unreadable("amount: a decimal such as -12.50 is wanted")
    minor = _EXACT.scaleb(Decimal(value), exponent(currency))
    if abs(minor) > AMOUNT_MINOR_MAX:
        raise Unreadable(f"amount: {value} is more than the house handles")
    if minor != minor.to_integral_value():
        raise Unreadable(f"amount: {value} is finer than {currency}")
    if not minor:
        raise Unreadable("amount: it must not be 0")
    return int(minor)
