"""Entries from elsewhere: all or nothing, each once by its key, in nobody's way."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.db.engine import driver
from core.groups.operations import CodeTaken
from core.ledger import queries
from core.ledger.imports import BadBook, Imported, OtherCurrency, RowsRefused, import_entries
from core.ledger.queries import NoSuchBook
from core.ledger.verify import verify
from core.refusal import Refused
from core.verify import CHECKS
from tests.books import AT
from tests.builders import Town
from tests.core.ledger.entries import entries, entry

FEES = entry("1", "2025-03-01", {"assets:cash": "10.00", "income:fees": "-10.00"})
TEA = entry("2", "2025-02-01", {"expenses:tea": "2.50", "assets:cash": "-2.50"}, memo="Tea")


def take(session: Session, *said: Mapping[str, object], book: str = "Old", currency: str | None = "KES", may_open: bool = True) -> Imported:
    """Import entries."""
    return import_entries(session, entries(*said), book=book, currency=currency, may_open=may_open, at=AT)


def refused(session: Session, *said: Mapping[str, object], book: str = "Old", may_open: bool = True) -> dict[int, str]:
    """Import entries that are refused: row -> reason."""
    with pytest.raises(RowsRefused) as why:
        take(session, *said, book=book, may_open=may_open)
    return {each.row: each.reason for each in why.value.rows}


def trial(session: Session, book: str = "Old") -> dict[str, Decimal]:
    """The trial balance in major units."""
    card = queries.book_card(session, name=book)
    return {line.code: Decimal(line.minor) / 100 for line in queries.trial_balance(session, book_id=card.id) if line.moved}


def test_it_is_posted_once(session: Session) -> None:
    assert take(session, FEES, TEA, FEES) == Imported(entries=2, repeated=1, accounts=3)
    assert take(session, FEES, TEA, currency=None, may_open=False) == Imported(entries=0, repeated=2, accounts=0)
    assert trial(session) == {"assets:cash": Decimal("7.50"), "expenses:tea": Decimal("2.50"), "income:fees": -10}
    rows = driver(session).execute("SELECT effective_on::text, memo, kind FROM entry WHERE memo IS NOT NULL").fetchall()
    assert rows == [("2025-02-01", "Tea", "import")]
    kinds = driver(session).execute("SELECT DISTINCT code, kind, side, floor_minor FROM account ORDER BY code").fetchall()
    assert kinds == [("assets:cash", "asset", 1, None), ("expenses:tea", "expense", 1, None), ("income:fees", "income", -1, None)]
    assert list(verify(session, CHECKS)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"date": "2025-03-02"},
        {"memo": "other"},
        {"postings": [{"account": "assets:cash", "amount": "10.01"}, {"account": "income:fees", "amount": "-10.01"}]},
        {"postings": [{"account": "income:fees", "amount": "-10.00"}, {"account": "assets:cash", "amount": "10.00"}]},
    ],
)
def test_a_key_with_other_content(session: Session, change: dict[str, object]) -> None:
    assert list(refused(session, TEA, FEES, FEES | change)) == [3]
    take(session, FEES)
    assert list(refused(session, TEA, FEES | change)) == [2]


def test_every_bad_row_is_named(session: Session) -> None:
    take(session, FEES)
    why = refused(session, TEA, FEES | {"key": "3", "date": "never"}, FEES | {"memo": "x"}, may_open=False)
    assert {row: reason.split(":")[0] for row, reason in why.items()} == {1: "account", 2: "date", 3: "key"}


@pytest.mark.parametrize(
    ("how", "refusal"),
    [
        ({"currency": None}, NoSuchBook),
        ({"currency": "kes"}, BadBook),
        ({"currency": "KSHS"}, BadBook),
        ({"book": ""}, BadBook),
        ({"book": "a\nb"}, BadBook),
        ({"book": "b" * 81}, BadBook),
        ({"book": "There", "currency": "UGX"}, OtherCurrency),
    ],
)
def test_books_that_cannot_be(session: Session, how: dict[str, Any], refusal: type[Refused]) -> None:
    take(session, FEES, book="There")
    with pytest.raises(refusal):
        take(session, FEES, **how)


def test_a_groups_own_book(session: Session) -> None:
    town = Town(session)
    town.saves("amina", 100)
    opening = entry("o", "2025-01-01", {"cash": "50", "savings:1": "-20", "opening-balances": "-30"})
    assert take(session, opening, book=town.code, may_open=False).entries == 1
    for account in ("loan:1", "unearned-interest", "savings:77"):
        assert list(refused(session, entry("l", "2025-01-02", {account: "1", "cash": "-1"}), book=town.code)) == [1]
    assert list(verify(session, CHECKS)) == []
    # The box held 150: that it holds 500 later does not help.
    over = entry("x", "2025-01-02", {"cash": "-150.01", "opening-balances": "150.01"})
    back = entry("y", "2025-01-03", {"cash": "500", "opening-balances": "-500"})
    assert refused(session, over, back, book=town.code) == {1: "an account would fall below its floor"}


def test_a_group_cannot_take_the_name_of_an_imported_book(session: Session) -> None:
    take(session, FEES, book="OLD")
    with pytest.raises(CodeTaken):
        Town(session, "OLD")


def test_many_lines_over_one_hot_account(session: Session) -> None:
    said = [entry(f"k{n}", "2025-03-01", {"assets:cash": f"{n}.01", f"income:{n % 7}": f"-{n}.01"}) for n in range(1, 2_001)]
    assert take(session, *said) == Imported(entries=2_000, repeated=0, accounts=8)
    assert trial(session)["assets:cash"] == Decimal("2001020.00")
    assert list(verify(session, CHECKS)) == []
