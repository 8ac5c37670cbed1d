"""Entries written as JSON lines: read exactly, or refused with the row and a reason."""

import json
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ledger.lines import RefusedRow, Row, account_kind, read_rows

GOOD: Final[dict[str, Any]] = {
    "key": "r-1",
    "date": "2025-03-01",
    "memo": "Fees",
    "postings": [{"account": "assets:cash", "amount": "250.10"}, {"account": "income:fees", "amount": "-250.10"}],
}


def read(entry: object, currency: str = "KES") -> Row | RefusedRow:
    """Read one entry."""
    line = entry if isinstance(entry, bytes) else json.dumps(entry).encode()
    (row,) = read_rows([line], currency=currency)
    return row


def amounts(*texts: object) -> list[dict[str, object]]:
    """Give postings of these amounts."""
    return [{"account": "assets:cash", "amount": text} for text in texts]


def test_a_good_line() -> None:
    postings = (("assets:cash", 25_010), ("income:fees", -25_010))
    assert read(GOOD) == Row(1, "r-1", date(2025, 3, 1), "Fees", postings)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"key": None}, "key"),
        ({"key": 7}, "key"),
        ({"key": " "}, "key"),
        ({"key": "k" * 121}, "key"),
        ({"key": "a\0b"}, "key"),
        ({"key": "a\ud83d"}, "key"),
        ({"memo": ["x"]}, "memo"),
        ({"memo": "m" * 201}, "memo"),
        ({"memo": "two\nlines"}, "memo"),
        ({"date": None}, "date"),
        ({"date": "20250301"}, "date"),
        ({"date": "2025-02-30"}, "date"),
        ({"date": "01/03/2025"}, "date"),
        ({"postings": None}, "postings"),
        ({"postings": []}, "postings"),
        ({"postings": amounts("1")}, "postings"),
        ({"postings": [1, 2]}, "postings"),
        ({"postings": amounts("1", "-1.01")}, "sum to -0.01"),
        ({"postings": amounts("1.001", "-1.001")}, "finer than KES"),
        ({"postings": amounts("0", "0.00")}, "must not be 0"),
        ({"postings": amounts("1,000", "-1,000")}, "a decimal"),
        ({"postings": amounts("NaN", "1")}, "a decimal"),
        ({"postings": amounts("\u0661", "-1")}, "a decimal"),
        ({"postings": amounts(*[True, False])}, "a decimal"),
        ({"postings": amounts(None, "1")}, "a decimal"),
        ({"postings": amounts("1e99", "-1e99")}, "more than the house handles"),
        ({"postings": amounts("10000000000.01", "-10000000000.01")}, "more than the house handles"),
        ({"postings": [{"account": "a:b", "amount": "1", "currency": "USD"}, {"account": "a:b", "amount": "-1"}]}, "currency"),
        *(
            ({"postings": [{"account": name, "amount": "1"}, {"account": "equity", "amount": "-1"}]}, "account")
            for name in (None, 7, "", "a" * 81, "a::b", ":a", "a:", "a  b", "a;b", "(a)", "[a]", "*", "a\tb", " a")
        ),
    ],
)
def test_what_is_refused(change: dict[str, object], reason: str) -> None:
    refused = read(GOOD | change)
    assert isinstance(refused, RefusedRow)
    assert reason in refused.reason


@pytest.mark.parametrize("line", [b"{", b"[]", b"7", b"\xff", b"[" * 100_000, b'"' + b"x" * 300_000 + b'"', b'{"key": NaN'])
def test_what_is_no_entry(line: bytes) -> None:
    assert isinstance(read(line), RefusedRow)


@given(st.decimals(min_value=-(10**10), max_value=10**10, places=2).filter(bool), st.booleans())
def test_amounts_are_exact(amount: Decimal, as_number: bool) -> None:  # noqa: FBT001 hypothesis gives it
    texts = [f"{amount:f}", f"{-amount:f}"]
    line = json.dumps(GOOD | {"postings": amounts(*texts)})
    for text in texts if as_number else []:
        line = line.replace(f'"{text}"', text)
    row = read(line.encode())
    assert isinstance(row, Row)
    assert [minor for _, minor in row.postings] == [int(amount * 100), int(-amount * 100)]


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        ("KES", "1", 100),
        ("KES", "+1.50", 150),
        ("KES", "1.500", 150),
        ("KES", "15e-1", 150),
        ("UGX", "1500", 1500),
        ("UGX", "1500.00", 1500),
    ],
)
def test_digits_of_a_currency(currency: str, text: str, minor: int) -> None:
    row = read(GOOD | {"postings": amounts(text, f"-{text.removeprefix('+')}")}, currency)
    assert isinstance(row, Row)
    assert row.postings[0][1] == minor


def test_rows_are_counted_as_in_the_file() -> None:
    good = json.dumps(GOOD).encode()
    rows = list(read_rows([b"\xef\xbb\xbf" + good, b"", b"  \n", b"x", good + b"\r\n"], currency="KES"))
    assert [row.number if isinstance(row, Row) else row.row for row in rows] == [1, 4, 5]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("assets:cash", "asset"),
        ("Liabilities:Savings", "liability"),
        ("equity", "equity"),
        ("income:fees", "income"),
        ("expenses:tea", "expense"),
        ("revenue", "income"),
        ("cash", "asset"),
        ("incomes:x", "asset"),
    ],
)
def test_kinds(name: str, kind: str) -> None:
    assert account_kind(name) == kind
