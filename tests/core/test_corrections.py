"""Corrections: an entry is undone by its mirror, on a day that can be, and whose money it was hears of it."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from core.commands import ReverseEntry
from core.handlers import REASON_CHARS_MAX
from core.ids import EntryId
from core.ledger.receipts import receipt_code
from core.ledger.verify import verify
from core.money import Money
from core.verify import CHECKS
from tests.builders import AT, Town
from tests.core.ledger.entries import entries, entry, take_lines
from tests.core.outcomes import outcome, rows, told

LEADERS = ["baraka", "chausiku", "daudi"]


@pytest.fixture
def town(session: Session) -> Town:
    """Give a group in which Amina saved 500 and then 200; what is done in it is undone after the test."""
    town = Town(session)
    town.saves("amina", 500)
    town.saves("amina", 200)
    return town


def first(town: Town, kind: str = "saving.deposit") -> EntryId:
    """The first entry of a kind."""
    ((found,),) = rows(town, "SELECT min(id) FROM entry WHERE book_id = %s AND kind = %s", town.group_id, kind)
    return EntryId(found)


def corrects(town: Town, **said: object) -> str:
    """Correct the first saving, and say what came of it."""
    usual = {"entry_id": first(town), "reason": "counted twice", "effective_on": AT.date()}
    return outcome(town, ReverseEntry, None, **(usual | said))


def test_the_saver_and_the_leaders_are_told(town: Town) -> None:
    done = town.asks(ReverseEntry, None, entry_id=first(town), reason=" counted twice ", effective_on=AT.date())
    code = receipt_code(done["entry_id"])
    facts = {"group": "Umoja", "reason": "counted twice", "code": code}
    assert told(town, "entry.corrected") == [("amina", facts | {"amount": Money(-500_00, "KES"), "new": Money(200_00, "KES")})]
    assert told(town, "entry.corrected_in_book") == [(name, facts | {"box_new": Money(200_00, "KES")}) for name in LEADERS]
    assert list(verify(town.session, CHECKS)) == []


def test_a_leader_whose_own_it_is_hears_both(town: Town) -> None:
    town.saves("baraka", 300)
    ((entry_id,),) = rows(town, "SELECT max(id) FROM entry WHERE book_id = %s", town.group_id)
    assert corrects(town, entry_id=entry_id) == "done"
    assert [name for name, _ in told(town, "entry.corrected")] == ["baraka"]
    assert [name for name, _ in told(town, "entry.corrected_in_book")] == LEADERS


def test_where_nobodys_savings_move_only_the_leaders_are_told(town: Town) -> None:
    gift = entry("gift", "2025-02-01", {"cash": "50", "opening-balances": "-50"})
    take_lines(town.session, entries(gift), book=town.code)
    assert corrects(town, entry_id=first(town, "import")) == "done"
    assert told(town, "entry.corrected") == []
    assert [name for name, _ in told(town, "entry.corrected_in_book")] == LEADERS


def test_a_correction_that_is_itself_corrected_is_told_too(town: Town) -> None:
    assert corrects(town) == "done"
    assert corrects(town, entry_id=first(town, "reversal")) == "done"
    assert [facts["amount"].minor for _, facts in told(town, "entry.corrected")] == [-500_00, 500_00]


# Asked on the third of March at two in the afternoon, in Nairobi; or at half past midnight there, the fourth.
THIRD, FOURTH = AT + timedelta(days=2), AT + timedelta(days=2, hours=12, minutes=30)


@pytest.mark.parametrize(
    ("at", "day", "came"),
    [
        (THIRD, "2025-02-28", "ledger.bad_day"),  # before it was saved
        (THIRD, "2025-03-01", "done"),
        (THIRD, "2025-03-03", "done"),
        (THIRD, "2025-03-04", "ledger.bad_day"),  # still to come
        (FOURTH, "2025-03-04", "done"),
        (FOURTH, "2025-03-05", "ledger.bad_day"),
    ],
)
def test_the_day_of_a_correction(town: Town, at: object, day: str, came: str) -> None:
    assert corrects(town, at=at, effective_on=date.fromisoformat(day)) == came


@pytest.mark.parametrize(
    ("reason", "came"),
    [
        ("x", "done"),
        ("x" * REASON_CHARS_MAX, "done"),
        ("", "ledger.bad_reason"),
        (" ", "ledger.bad_reason"),
        ("x" * 31, "ledger.bad_reason"),
    ],
)
def test_a_correction_has_a_reason_that_an_sms_can_hold(town: Town, reason: str, came: str) -> None:
    assert corrects(town, reason=reason) == came


def test_what_cannot_be_corrected(town: Town) -> None:
    assert corrects(town, entry_id=EntryId(0)) == "ledger.no_such_entry"
    town.borrows("amina", 600)
    assert corrects(town, entry_id=first(town, "loan.disbursed")) == "ledger.entry_of_a_loan"
    # What was saved is lent out.
    assert corrects(town) == "ledger.overdrawn"
    town.saves("daudi", 1_000)
    assert [corrects(town), corrects(town)] == ["done", "ledger.already_reversed"]
    assert told(town, "entry.corrected")[0][0] == "amina"


def test_people_on_one_handset_each_hear_of_their_own(town: Town) -> None:
    ((phone,),) = rows(town, "SELECT phone FROM handset WHERE group_id = %s AND member_id = %s", town.group_id, town.members["amina"])
    town.takes_in("esther", phone=phone)
    # No command moves the savings of two; whoever writes one finds that both are told.
    rows(
        town,
        "SELECT post_entry(%s, 'two', 'test', NULL, '2025-03-01', now(), array_agg(id ORDER BY id), ARRAY[300, -100, -200]::bigint[])"
        " FROM account WHERE book_id = %s AND code IN ('cash', 'savings:1', 'savings:5')",
        town.group_id,
        town.group_id,
    )
    assert corrects(town, entry_id=first(town, "test")) == "done"
    assert [(name, facts["amount"].minor) for name, facts in told(town, "entry.corrected")] == [("amina", -100), ("esther", -200)]
