"""Posting: once, balanced, never below a floor, corrected by its mirror only."""

from decimal import Decimal

import pytest

from core.ledger import operations as ledger
from core.ledger import queries
from core.ledger.operations import NewEntry
from core.ledger.verify import verify
from tests.books import AT, Books

MARCH = """
    2025-03-01 saving.deposit  cash < savings:amina   500     #amina
    2025-03-02 saving.deposit  cash < savings:baraka  250.50  #baraka
    2025-03-05 tea             expenses:tea < cash    20      #tea
"""


def test_books_add_up(books: Books) -> None:
    assert books.read(MARCH) == ["posted"] * 3
    assert books.trial() == {
        "cash": Decimal("730.50"),
        "expenses:tea": 20,
        "savings:amina": -500,
        "savings:baraka": Decimal("-250.50"),
    }
    assert list(verify(books.session)) == []


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("2025-03-01 saving.deposit  cash < savings:amina   500     #amina", "stood"),
        ("2025-03-01 saving.deposit  cash < savings:amina   500.01  #amina", "ledger.key_reused"),
        ("2025-03-01 saving.deposit  cash < savings:baraka  500     #amina", "ledger.key_reused"),
        ("2025-03-02 saving.deposit  cash < savings:amina   500     #amina", "ledger.key_reused"),
        ("2025-03-01 gift            cash < savings:amina   500     #amina", "ledger.key_reused"),
        ("2025-03-01 tea             expenses:tea < cash    730.50  #all", "posted"),
        ("2025-03-01 tea             expenses:tea < cash    730.51  #more", "ledger.overdrawn"),
    ],
)
def test_what_comes_after_march(books: Books, line: str, outcome: str) -> None:
    books.read(MARCH)
    before = books.trial()
    assert books.read(line) == [outcome]
    assert (books.trial() == before) == (outcome != "posted")
    assert list(verify(books.session)) == []


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([("cash", 100), ("equity", -99)], "ledger.unbalanced"),
        ([("cash", 100)], "ledger.unbalanced"),
        ([], "ledger.unbalanced"),
        ([("cash", 0), ("equity", 0)], "ledger.unbalanced"),
        ([("cash", 100), ("cash", -100)], "posted"),
        ([("cash", 100), ("cash", 50), ("equity", -150)], "posted"),
        ([("equity", -100), ("assets:b", 60), ("cash", 40)], "posted"),
        # The floor holds at the end of each line, in the order of the accounts.
        ([("cash", -1), ("equity", 1)], "ledger.overdrawn"),
    ],
)
def test_lines(books: Books, lines: list[tuple[str, int]], outcome: str) -> None:
    for code in ("cash", "equity", "assets:b"):
        books.account(code)
    assert books.post(lines) == outcome
    assert list(verify(books.session)) == []


def test_the_answer_holds_the_balances_in_the_order_of_the_lines(books: Books) -> None:
    books.read(MARCH)
    lines = [(books.account("savings:amina"), -100), (books.account("cash"), 100)]
    posted = [
        ledger.post_entry(books.session, book_id=books.id, key="k", kind="x", lines=lines, effective_on=AT.date(), at=AT) for _ in range(2)
    ]
    assert posted[0].balances == posted[1].balances == (-50_100, 73_150)
    assert posted[0].entry_id == posted[1].entry_id
    assert [each.fresh for each in posted] == [True, False]


def test_another_books_account_is_unknown(books: Books) -> None:
    other = Books(books.session)
    lines = [(books.account("cash"), 5), (other.account("equity"), -5)]
    with pytest.raises(ledger.NoSuchAccount):
        ledger.post_entry(books.session, book_id=books.id, key="k", kind="x", lines=lines, effective_on=AT.date(), at=AT)


def test_two_books_may_have_the_same_key(books: Books) -> None:
    assert books.read(MARCH) == Books(books.session).read(MARCH)


def test_an_account_is_opened_once(books: Books) -> None:
    assert books.account("cash") == books.account("cash")


def test_reversal(books: Books) -> None:
    books.read(MARCH)
    assert books.reverse("baraka") == "posted"
    assert books.trial()["savings:baraka"] == 0
    assert books.reverse("baraka") == "stood"
    assert books.reverse("baraka", as_key="again") == "ledger.already_reversed"
    assert books.reverse("amina", as_key="not baraka") == "ledger.key_reused"
    assert books.reverse("nothing") == "ledger.no_such_entry"
    # What was brought in and is spent cannot be taken back.
    assert books.read("2025-03-09 tea  expenses:tea < cash  470") == ["posted"]
    assert books.reverse("amina") == "ledger.overdrawn"
    # A mirror is an entry like any other.
    assert books.reverse("not baraka") == "posted"
    assert books.balance("savings:baraka") == Decimal("250.50")
    assert list(verify(books.session)) == []


@pytest.mark.parametrize(
    ("day", "trial"),
    [
        ("2025-02-28", {}),
        ("2025-03-01", {"cash": 500, "savings:amina": -500}),
        ("2025-03-04", {"cash": Decimal("750.50"), "savings:amina": -500, "savings:baraka": Decimal("-250.50")}),
        (None, {"cash": Decimal("730.50"), "savings:amina": -500, "savings:baraka": Decimal("-250.50"), "expenses:tea": 20}),
    ],
)
def test_trial_balance_of_any_day(books: Books, day: str | None, trial: dict[str, Decimal]) -> None:
    # Posted in another order than they took effect.
    again = Books(books.session, floors=())
    assert again.read("\n".join(reversed(MARCH.strip().splitlines()))) == ["posted"] * 3
    assert again.trial(day) == trial
    assert sum(again.trial(day).values()) == 0


def test_a_statement_comes_in_pages(books: Books) -> None:
    books.read("\n".join(f"2025-03-{day:02} saving.deposit  cash < savings:amina  {day}" for day in range(1, 8)))
    pages, before = [], None
    while page := queries.statement(books.session, book_id=books.id, code="savings:amina", before=before, limit=3):
        pages.append([(line.version, line.minor, line.balance_minor) for line in page])
        before = page[-1].version
        # What comes in meanwhile does not move the pages.
        books.read("2025-03-31 saving.deposit  cash < savings:amina  1000")
    assert pages == [
        [(7, 700, 2_800), (6, 600, 2_100), (5, 500, 1_500)],
        [(4, 400, 1_000), (3, 300, 600), (2, 200, 300)],
        [(1, 100, 100)],
    ]
    assert queries.statement(books.session, book_id=books.id, code="nobody") == []


def test_many_at_once_are_as_one_by_one(books: Books) -> None:
    cash, tea, equity = (books.account(code) for code in ("cash", "expenses:tea", "equity"))
    books.read(MARCH)
    entries = [
        NewEntry("a", AT.date(), "first", [(cash, 500), (equity, -500)]),
        NewEntry("b", AT.date(), None, [(tea, 73_550), (cash, -73_500), (equity, -50)]),
    ]
    ledger.post_entries(books.session, book_id=books.id, kind="test", entries=entries, at=AT)
    assert books.trial() == {
        "cash": Decimal("0.50"),
        "expenses:tea": Decimal("755.50"),
        "equity": Decimal("-5.50"),
        "savings:amina": -500,
        "savings:baraka": Decimal("-250.50"),
    }
    assert list(verify(books.session)) == []


@pytest.mark.parametrize(
    ("key", "lines", "refusal"),
    [
        ("amina", (1, -1), ledger.KeyReused),
        ("new", (1, -2), ledger.Unbalanced),
        ("new", (0, 0), ledger.Unbalanced),
        ("new", (-73_051, 73_051), ledger.EntryOverdraws),
    ],
)
def test_many_at_once_or_none(books: Books, key: str, lines: tuple[int, int], refusal: type[Exception]) -> None:
    books.read(MARCH)
    accounts = (books.account("cash"), books.account("equity"))
    entries = [
        NewEntry(name, AT.date(), None, list(zip(accounts, amounts, strict=True)))
        # The last one would fill the box again: the floor holds in between, too.
        for name, amounts in (("fine", (-1, 1)), (key, lines), ("fill", (99_999, -99_999)))
    ]
    with pytest.raises(refusal) as refused:
        ledger.post_entries(books.session, book_id=books.id, kind="test", entries=entries, at=AT)
    if isinstance(refused.value, ledger.EntryOverdraws):
        assert refused.value.facts == {"key": "new"}
