"""Who may dispute what, until when, and whom that is told."""

from datetime import UTC, datetime, timedelta

import pytest

from core.disputes.rules import is_too_late
from core.ledger.receipts import receipt_code
from core.money import Money
from tests.builders import AT, Town
from tests.core.outcomes import rows, told

from .quarrels import Quarrels


def test_the_member_has_it_in_writing_and_who_may_decide_is_asked(town: Quarrels) -> None:
    assert town.disputes("amina", town.first) == "done"
    facts = {"name": "Amina", "amount": Money(500_00, "KES"), "on": AT.date(), "group": "Umoja", "code": town.first}
    assert told(town, "dispute.opened") == [("amina", facts)]
    # The treasurer recorded it.
    assert told(town, "dispute.asked") == [("chausiku", facts), ("daudi", facts)]


@pytest.mark.parametrize(
    ("who", "whose", "came"),
    [
        ("amina", "first", "done"),
        ("amina", "second", "done"),
        ("amina", "treasurers", "dispute.no_such_receipt"),
        ("baraka", "treasurers", "done"),
        # Who recorded it has no more to say of it than anybody else whose money it is not.
        ("baraka", "first", "dispute.no_such_receipt"),
        ("chausiku", "first", "dispute.no_such_receipt"),
        ("daudi", "treasurers", "dispute.no_such_receipt"),
    ],
)
def test_what_is_disputed_is_ones_own(town: Quarrels, who: str, whose: str, came: str) -> None:
    assert town.disputes(who, getattr(town, whose)) == came
    assert town.states() == (["open"] if came == "done" else [])


@pytest.mark.parametrize("code", ["", "x", "00C1SN", receipt_code(0), receipt_code(2**62), "Z" * 12, "Z" * 40, "0" * 500])
def test_what_is_no_receipt_is_told_apart_from_nobodys(town: Quarrels, code: str) -> None:
    assert town.disputes("amina", code) == "dispute.no_such_receipt"


def test_the_receipt_of_another_group_is_none(town: Quarrels) -> None:
    there = Town(town.session)
    there.people["amina"] = town.people["amina"]
    rows(
        town,
        "UPDATE member SET person_id = %s WHERE group_id = %s AND number = 1 RETURNING id",
        *(town.people["amina"], there.group_id),
    )
    assert town.disputes("amina", str(there.saves("amina", 900)["code"])) == "dispute.no_such_receipt"


def test_one_dispute_at_a_time_and_none_of_what_was_undone_or_decided(town: Quarrels) -> None:
    dispute = town.opens()
    assert town.disputes("amina", town.first) == "dispute.open"
    assert town.withdraws("amina", dispute) == "done"
    again = town.opens()
    assert town.decides("chausiku", again, agree=False) == "done"
    assert town.disputes("amina", town.first) == "dispute.rejected_before"
    assert town.corrects(town.second) == "done"
    assert town.disputes("amina", town.second) == "ledger.already_reversed"


def test_a_correction_may_be_disputed_too(town: Quarrels) -> None:
    assert town.corrects(town.first) == "done"
    ((correction,),) = rows(town, "SELECT max(id) FROM entry WHERE book_id = %s AND kind = 'reversal'", town.group_id)
    dispute = town.opens("amina", receipt_code(correction))
    # An operator recorded it, so every leader may decide.
    assert [name for name, _ in told(town, "dispute.asked")] == ["baraka", "chausiku", "daudi"]
    assert town.decides("baraka", dispute) == "done"
    assert town.balances()["savings:1"] == -700_00


# Half past ten at night in Nairobi is the same day, half past midnight the next.
@pytest.mark.parametrize(
    ("at", "came"),
    [
        (AT + timedelta(days=90), "done"),
        (datetime(2025, 5, 30, 20, 59, tzinfo=UTC), "done"),
        (datetime(2025, 5, 30, 21, 0, tzinfo=UTC), "dispute.too_late"),
        (AT + timedelta(days=400), "dispute.too_late"),
    ],
)
def test_after_ninety_days_it_is_too_late(town: Quarrels, at: datetime, came: str) -> None:
    assert town.disputes("amina", town.first, at=at) == came


def test_the_limit_is_a_rule_of_the_group(town: Quarrels) -> None:
    rows(
        town,
        """UPDATE constitution SET rules = rules || '{"dispute_days_max": 7}' WHERE group_id = %s RETURNING 1""",
        town.group_id,
    )
    assert town.disputes("amina", town.first, at=AT + timedelta(days=8)) == "dispute.too_late"
    assert town.disputes("amina", town.first, at=AT + timedelta(days=7)) == "done"


@pytest.mark.parametrize(("days", "late"), [(0, False), (89, False), (90, False), (91, True)])
def test_the_last_day(days: int, late: bool) -> None:  # noqa: FBT001 a column of the table
    assert is_too_late(AT.date(), today=AT.date() + timedelta(days=days), days_max=90) is late


@pytest.mark.parametrize(
    ("offices", "asked"),
    [
        ({}, "chausiku daudi"),
        ({"chausiku": ""}, "daudi"),
        ({"chausiku": "", "daudi": "key_holder"}, "daudi"),
        # A key holder waits for as long as a leader may decide.
        ({"daudi": "key_holder"}, "chausiku"),
        ({"chausiku": "key_holder", "daudi": "key_holder"}, "chausiku daudi"),
        # Who recorded it does not decide, whatever else they are.
        ({"baraka": "treasurer key_holder", "chausiku": "", "daudi": ""}, None),
        ({"chausiku": "", "daudi": ""}, None),
    ],
)
def test_who_is_asked(town: Quarrels, offices: dict[str, str], asked: str | None) -> None:
    for who, held in offices.items():
        town.holds(who, *held.split())
    assert town.disputes("amina", town.first) == ("done" if asked else "dispute.nobody_decides")
    assert [name for name, _ in told(town, "dispute.asked")] == (asked or "").split()


def test_a_leader_who_disputes_is_not_asked(town: Quarrels) -> None:
    assert town.disputes("baraka", town.treasurers) == "done"
    assert [name for name, _ in told(town, "dispute.asked")] == ["daudi"]
