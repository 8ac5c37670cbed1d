"""A book as text for other programs: it reads back as it was, and it balances."""

import csv
import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Final

import pytest
from sqlalchemy.orm import Session

from core.ledger import queries
from core.ledger.exports import CSV_COLUMNS, beancount_names, export
from core.ledger.queries import UsedAccount
from core.ledger.verify import verify
from tests.books import AT
from tests.core.ledger.entries import entries, entry, take_lines

Journal = dict[str, tuple[date, str, list[tuple[str, Decimal]]]]
ROWS: Final = (
    entry("a", "2025-03-02", {"assets:cash": "250.10", "income:fees": "-250.10"}, memo="=Fees; of | March"),
    entry("b, c", "2025-03-01", {"assets:cash": "-1", "expenses:tea \u00e0 deux": "0.40", "expenses:sugar": "0.60"}),
    entry('-"quoted"', "2025-03-03", {"cash": "7.00", "equity": "-7.00"}, memo='said "hi" \\ bye'),
)
EXPECTED: Final[Journal] = {
    "a": (date(2025, 3, 2), "=Fees; of | March", [("assets:cash", Decimal("250.10")), ("income:fees", Decimal("-250.10"))]),
    "b, c": (
        date(2025, 3, 1),
        "",
        [("assets:cash", Decimal(-1)), ("expenses:tea \u00e0 deux", Decimal("0.40")), ("expenses:sugar", Decimal("0.60"))],
    ),
    '-"quoted"': (date(2025, 3, 3), 'said "hi" \\ bye', [("cash", Decimal(7)), ("equity", Decimal(-7))]),
}


@pytest.fixture
def lines(session: Session, request: pytest.FixtureRequest) -> list[str]:
    """Export a book in the style that the test names."""
    take_lines(session, entries(*ROWS))
    assert list(verify(session)) == []
    return list(export(session, card=queries.book_card(session, name="Old"), name="Old", style=request.param))


def read_hledger(lines: list[str]) -> Journal:
    """Read a journal as far as we write it."""
    found: Journal = {}
    for block in "\n".join(lines).split("\n\n")[1:]:
        head, key, kind, *postings = block.splitlines()
        assert kind == "    ; kind: import"
        day, memo = head.split(" ", 1)
        pairs = [line.strip().rsplit("  ", 1) for line in postings]
        amounts = [(account, Decimal(amount.removesuffix(" KES"))) for account, amount in pairs]
        found[key.removeprefix("    ; key: ")] = (date.fromisoformat(day), memo.split(") ", 1)[1], amounts)
    return found


@pytest.mark.parametrize("lines", ["hledger"], indirect=True)
def test_hledger_reads_back_and_balances(lines: list[str]) -> None:
    journal = read_hledger(lines)
    assert list(journal) == ["b, c", "a", '-"quoted"']  # by the day they took effect
    for key, (day, memo, postings) in journal.items():
        expected_day, expected_memo, expected = EXPECTED[key]
        assert (day, postings) == (expected_day, expected)
        assert memo == (expected_memo.replace(";", ",").replace("|", "/") or "import")
        assert sum(amount for _, amount in postings) == 0
    assert "account income:fees  ; type: R" in lines
    assert "commodity 1000.00 KES" in lines


@pytest.mark.parametrize("lines", ["csv"], indirect=True)
def test_csv_reads_back(lines: list[str]) -> None:
    found: dict[str, tuple[date, str, list[tuple[str, Decimal]]]] = {}
    for row in csv.DictReader(lines):
        assert tuple(row) == CSV_COLUMNS
        assert not any(row[name].startswith(("=", "-", "+", "@")) for name in ("key", "memo", "account", "kind"))
        key, memo = row["key"].removeprefix("'"), row["memo"].removeprefix("'")
        found.setdefault(key, (date.fromisoformat(row["date"]), memo, []))[2].append((row["account"], Decimal(row["amount"])))
        assert (row["currency"], row["kind"]) == ("KES", "import")
    assert found == EXPECTED


@pytest.mark.parametrize("lines", ["beancount"], indirect=True)
def test_beancount_takes_the_names(lines: list[str]) -> None:
    account = r"(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+"
    opened: dict[str, date] = {}
    sums: dict[str, Decimal] = defaultdict(Decimal)
    day = date.min
    for line in lines:
        if found := re.fullmatch(rf"(?P<day>\S+) open (?P<name>{account}) KES", line):
            opened[found["name"]] = date.fromisoformat(found["day"])
        elif found := re.fullmatch(r'(?P<day>\S+) \* "(?P<memo>([^"\\]|\\.)*)"', line):
            day = date.fromisoformat(found["day"])
        elif found := re.fullmatch(rf"  (?P<name>{account})  (?P<amount>\S+) KES", line):
            assert opened[found["name"]] <= day
            sums[str(day)] += Decimal(found["amount"])
        else:
            assert re.fullmatch(r'(  (key|kind|code): "([^"\\]|\\.)*"|option "\w+" ".*"|)', line), line
    assert dict(sums) == {"2025-03-01": 0, "2025-03-02": 0, "2025-03-03": 0}
    assert '  key: "-\\"quoted\\""' in lines


def test_names_that_would_be_the_same_are_told_apart() -> None:
    codes = ("assets:cash", "cash", "cash!", "equity", "Equity:owners", "savings:1")
    kinds = {"equity": "equity", "Equity:owners": "equity", "savings:1": "liability"}
    assert beancount_names(UsedAccount(code, kinds.get(code, "asset"), AT.date()) for code in codes) == {
        "assets:cash": "Assets:Cash",
        "cash": "Assets:Cash-2",
        "cash!": "Assets:Cash-3",
        "equity": "Equity:Equity",
        "Equity:owners": "Equity:Owners",
        "savings:1": "Liabilities:Savings:1",
    }
