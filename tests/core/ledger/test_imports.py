"""Entries from elsewhere: all or nothing, each once by its key, in nobody's way."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.commands import NO_GROUP
from core.db.engine import driver
from core.groups.operations import CodeTaken
from core.groups.rules import NotAllowed
from core.ids import GroupId, new_id
from core.ledger import imports, queries
from core.ledger.imports import BadBook, OtherCurrency, RowsRefused, TooManyBytes, TooManyRows
from core.ledger.queries import NoSuchBook
from core.ledger.verify import verify
from core.refusal import Refused
from core.verify import CHECKS
from tests.builders import Town
from tests.core.ledger.entries import entries, entry, take_lines

FEES = entry("1", "2025-03-01", {"assets:cash": "10.00", "income:fees": "-10.00"})
TEA = entry("2", "2025-02-01", {"expenses:tea": "2.50", "assets:cash": "-2.50"}, memo="Tea")


def take(session: Session, *said: Mapping[str, object], **how: Any) -> tuple[int, int, int]:  # noqa: ANN401 of `take_lines`
    """Import entries: how many were posted, how many stood already, how many accounts were opened."""
    done = take_lines(session, entries(*said), **how)
    return done["entries"], done["repeated"], done["accounts"]


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
    assert take(session, FEES, TEA, FEES) == (2, 1, 3)
    assert take(session, FEES, TEA, currency=None, may_open=False) == (0, 2, 0)
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
    gift = entry("o", "2025-01-01", {"cash": "50", "opening-balances": "-50"})
    assert take(session, gift, book=town.code, may_open=False) == (1, 0, 0)
    assert list(verify(session, CHECKS)) == []
    # The box holds 150: that it holds 500 later does not help.
    over = entry("x", "2025-01-02", {"cash": "-150.01", "opening-balances": "150.01"})
    back = entry("y", "2025-01-03", {"cash": "500", "opening-balances": "-500"})
    assert refused(session, over, back, book=town.code) == {1: "an account would fall below its floor"}


@pytest.mark.parametrize("account", ["savings:1", "savings:77", "loan:1", "loan:77", "unearned-interest"])
def test_members_money_is_not_moved_past_what_members_are_told_of(session: Session, account: str) -> None:
    town = Town(session)
    town.saves("amina", 1_000)
    town.borrows("amina", 500)
    before = trial(session, town.code)
    said = entry("l", "2025-01-02", {account: "1", "cash": "-1"})
    why = refused(session, entry("fine", "2025-01-01", {"cash": "5", "opening-balances": "-5"}), said, book=town.code)
    assert why == {2: f"account: {account} is members' money, which moves only by what they are told of"}
    assert trial(session, town.code) == before
    # In a book that is nobody's own, a name is only a name.
    assert take(session, said)[0] == 1


def records(session: Session) -> list[Any]:
    """The records of imports: group, outcome, content, facts."""
    statement = "SELECT group_id, outcome, content, facts FROM command_record WHERE kind = 'entries.import' ORDER BY at, id"
    return driver(session).execute(statement).fetchall()


def test_an_import_is_a_command_like_any_other(session: Session) -> None:
    town = Town(session)
    gift = entry("o", "2025-01-01", {"cash": "50", "opening-balances": "-50"})
    command_id = new_id()
    take(session, gift, book=town.code, id=command_id)
    assert driver(session).execute("SELECT command_id FROM entry WHERE kind = 'import'").fetchall() == [(command_id,)]
    ((group_id, outcome, content, facts),) = records(session)
    assert (group_id, outcome, facts) == (town.group_id, "done", {"entries": 1, "repeated": 0, "accounts": 0})
    assert (content["book"], content["rows"], len(content["digest"])) == (town.code, 1, 64)
    # The lines themselves are in the book; the record has their digest.
    assert "opening-balances" not in str(content)
    with pytest.raises(NotAllowed):
        take(session, gift, book=town.code, channel="ussd", actor_id=town.people["baraka"])


def test_a_refused_import_is_on_record_too(session: Session) -> None:
    many = [FEES | {"key": str(n), "date": "never"} for n in range(100)]
    assert len(refused(session, *many)) == 100
    ((group_id, outcome, _, facts),) = records(session)
    assert (group_id, outcome, facts["count"], len(facts["rows"])) == (NO_GROUP, "import.rows_refused", 100, 20)
    assert facts["rows"][0] == "row 1: date: write it like 2025-03-01"


@pytest.mark.parametrize("own", [True, False])
def test_a_book_is_imported_into_in_the_name_of_its_group(session: Session, own: bool) -> None:  # noqa: FBT001 a column
    town = Town(session)
    take(session, FEES)
    with pytest.raises(NoSuchBook):
        take(session, FEES, book="Old" if own else town.code, group_id=town.group_id if own else GroupId(0))


@pytest.mark.parametrize(
    ("rows", "chars", "refusal"), [(3, 1, None), (4, 1, TooManyRows), (3, 100, None), (3, 900, TooManyBytes), (4, 900, TooManyBytes)]
)
def test_a_file_has_a_limit(
    session: Session, monkeypatch: pytest.MonkeyPatch, rows: int, chars: int, refusal: type[Refused] | None
) -> None:
    monkeypatch.setattr(imports, "ROWS_MAX", 3)
    monkeypatch.setattr(imports, "BYTES_MAX", 1_500)
    lines = [line + b" " * chars for line in entries(*(FEES | {"key": str(n)} for n in range(rows)))]
    if refusal is None:
        assert take_lines(session, lines)["entries"] == rows
        return
    with pytest.raises(refusal):
        take_lines(session, lines)
    with pytest.raises(NoSuchBook):
        queries.book_card(session, name="Old")


def test_the_limits_are_those_of_the_design() -> None:
    assert (imports.ROWS_MAX, imports.MEGABYTES_MAX, imports.BYTES_MAX) == (25_000, 5, 5 * 2**20)


def test_a_group_cannot_take_the_name_of_an_imported_book(session: Session) -> None:
    take(session, FEES, book="OLD")
    with pytest.raises(CodeTaken):
        Town(session, "OLD")


def test_many_lines_over_one_hot_account(session: Session) -> None:
    said = [entry(f"k{n}", "2025-03-01", {"assets:cash": f"{n}.01", f"income:{n % 7}": f"-{n}.01"}) for n in range(1, 2_001)]
    assert take(session, *said) == (2_000, 0, 8)
    assert trial(session)["assets:cash"] == Decimal("2001020.00")
    assert list(verify(session, CHECKS)) == []
