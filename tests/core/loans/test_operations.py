"""A loan from the asking to the paying out: what each step refuses, and who is told."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from core.commands import ApplyForLoan, CancelLoan, DecideLoan, DisburseLoan, ReverseEntry
from core.ids import LoanId
from core.money import Money
from tests.builders import AT, Town
from tests.core.outcomes import outcome, rows, told

KES_900 = Money(900_00, "KES")


def asked(town: Town, name: str = "amina", major: int = 900) -> LoanId:
    """Ask for a loan."""
    return LoanId(town.asks(ApplyForLoan, name, amount=Money(major * 100, "KES"), months=3)["loan_id"])


def approved(town: Town, name: str = "amina", major: int = 900) -> LoanId:
    """Ask for a loan that the secretary, or for their own the chair, approves."""
    loan_id = asked(town, name, major)
    town.asks(DecideLoan, "chausiku" if name == "daudi" else "daudi", loan_id=loan_id, agree=True)
    return loan_id


def state(town: Town, loan_id: LoanId) -> str:
    """Where a loan stands."""
    ((found,),) = rows(town, "SELECT state FROM loan WHERE group_id = %s AND id = %s", town.group_id, loan_id)
    return str(found)


@pytest.mark.parametrize(
    ("who", "major", "months", "came"),
    [
        ("amina", 3_000, 6, "done"),
        ("amina", 3_001, 6, "loan.asks_too_much"),  # three times 1,000
        ("daudi", 3_500, 6, "done"),
        ("daudi", 3_501, 6, "loan.asks_too_much"),  # all that the box holds
        ("chausiku", 100, 1, "loan.asks_too_much"),  # has saved nothing
        ("amina", 100, 1, "done"),
        ("amina", 99, 1, "loan.asks_too_little"),
        ("amina", 100, 0, "loan.too_many_months"),
        ("amina", 100, 7, "loan.too_many_months"),
    ],
)
def test_what_may_be_asked(town: Town, who: str, major: int, months: int, came: str) -> None:
    assert outcome(town, ApplyForLoan, who, amount=Money(major * 100, "KES"), months=months) == came
    leaders = {"baraka", "chausiku", "daudi"} - {who}
    assert {name for name, _ in told(town, "loan.asked")} == (leaders if came == "done" else set())


def test_one_loan_at_a_time(town: Town) -> None:
    loan_id = asked(town)
    assert outcome(town, ApplyForLoan, "amina", amount=KES_900, months=1) == "loan.open"
    assert outcome(town, CancelLoan, "daudi", loan_id=loan_id) == "role.not_allowed"
    assert outcome(town, CancelLoan, "amina", loan_id=loan_id) == "done"
    assert outcome(town, CancelLoan, "amina", loan_id=loan_id) == "role.already_decided"
    assert outcome(town, ApplyForLoan, "amina", amount=KES_900, months=1) == "done"


@pytest.mark.parametrize(
    ("who", "agree", "came", "tells"),  # the borrower, and who pays out
    [
        ("chausiku", True, "approved", ("loan.approved", "loan.to_pay_out")),
        ("chausiku", False, "rejected", ("loan.rejected", "")),
        ("amina", True, "role.not_allowed", ("", "")),
        ("baraka", True, "approved", ("loan.approved", "")),  # who knows it already
    ],
)
def test_a_request_is_decided_on(town: Town, who: str, agree: bool, came: str, tells: tuple[str, str]) -> None:  # noqa: FBT001 a column
    loan_id = asked(town)
    done = outcome(town, DecideLoan, who, loan_id=loan_id, agree=agree)
    assert (state(town, loan_id) if done == "done" else done) == came
    for template in ("loan.approved", "loan.rejected", "loan.withdrawn"):
        assert [name for name, _ in told(town, template)] == (["amina"] if template in tells else []), template
    for template in ("loan.to_pay_out", "loan.not_to_pay_out"):
        assert [name for name, _ in told(town, template)] == (["baraka"] if template in tells else []), template


def test_nobody_decides_on_their_own(town: Town) -> None:
    loan_id = asked(town, "daudi")
    for agree in (True, False):
        assert outcome(town, DecideLoan, "daudi", loan_id=loan_id, agree=agree) == "role.own_request"
    town.asks(DecideLoan, "chausiku", loan_id=loan_id, agree=True)
    assert outcome(town, DecideLoan, "daudi", loan_id=loan_id, agree=False) == "role.own_request"


def test_an_approval_is_taken_back_until_the_cash_is_out(town: Town) -> None:
    loan_id = approved(town)
    assert outcome(town, DecideLoan, "chausiku", loan_id=loan_id, agree=True) == "role.already_decided"
    assert outcome(town, DecideLoan, "amina", loan_id=loan_id, agree=False) == "role.not_allowed"
    assert outcome(town, DecideLoan, "chausiku", loan_id=loan_id, agree=False) == "done"
    assert state(town, loan_id) == "rejected"
    assert [name for name, _ in told(town, "loan.withdrawn")] == ["amina"]
    ((who, facts),) = told(town, "loan.not_to_pay_out")
    assert (who, facts["name"], facts["by"], facts["amount"]) == ("baraka", "Amina", "Chausiku", KES_900)
    assert outcome(town, DisburseLoan, "baraka", loan_id=loan_id) == "role.already_decided"
    # She may ask again.
    loan_id = approved(town)
    town.asks(DisburseLoan, "baraka", loan_id=loan_id)
    assert outcome(town, DecideLoan, "chausiku", loan_id=loan_id, agree=False) == "role.already_decided"
    assert state(town, loan_id) == "active"


@pytest.mark.parametrize(
    ("seen", "agree", "came"),
    [
        ("applied", False, "role.already_decided"),  # another approved it meanwhile, which is news
        ("applied", True, "role.already_decided"),
        ("approved", False, "done"),
        ("", False, "done"),
    ],
)
def test_nobody_decides_over_what_another_has_decided_meanwhile(town: Town, seen: str, agree: bool, came: str) -> None:  # noqa: FBT001 a column
    assert outcome(town, DecideLoan, "chausiku", loan_id=approved(town), agree=agree, seen=seen) == came


def takes_back_the_savings(town: Town, name: str) -> None:
    """Correct the entry by which somebody saved."""
    ((entry,),) = rows(
        town,
        "SELECT p.entry_id FROM posting p JOIN account a ON a.book_id = p.book_id AND a.id = p.account_id"
        " WHERE p.book_id = %s AND a.member_id = %s AND p.account_version = 1",
        town.group_id,
        town.members[name],
    )
    town.asks(ReverseEntry, None, entry_id=entry, reason="counted twice", effective_on=AT.date())


def leaves(town: Town, name: str) -> None:
    """Let somebody leave the group; no command does so yet."""
    rows(town, "UPDATE member SET state = 'left' WHERE group_id = %s AND id = %s RETURNING id", town.group_id, town.members[name])


def test_what_let_the_borrower_ask_is_looked_at_again(town: Town) -> None:
    for name, change, came in (("amina", takes_back_the_savings, "loan.no_longer_covered"), ("daudi", leaves, "loan.borrower_left")):
        loan_id = approved(town, name, 800)
        change(town, name)
        assert outcome(town, DisburseLoan, "baraka", loan_id=loan_id) == came
        assert state(town, loan_id) == "approved"
        # The leaders are not left with it.
        assert outcome(town, DecideLoan, "chausiku", loan_id=loan_id, agree=False) == "done"


def test_savings_that_still_stand_for_it_are_enough(town: Town) -> None:
    town.saves("amina", 300)
    loan_id = approved(town, "amina", 900)
    takes_back_the_savings(town, "amina")
    assert outcome(town, DisburseLoan, "baraka", loan_id=loan_id) == "done"


def test_the_box_must_hold_it(town: Town) -> None:
    first, second = approved(town, "amina", 3_000), approved(town, "daudi", 3_500)
    assert outcome(town, DisburseLoan, "baraka", loan_id=first) == "done"
    assert outcome(town, DisburseLoan, "baraka", loan_id=second) == "loan.box_too_small"
    assert state(town, second) == "approved"


@pytest.mark.parametrize(
    ("borrower", "treasurers", "payer", "came"),
    [
        ("amina", ("baraka",), "baraka", "done"),
        ("amina", ("baraka",), "chausiku", "role.not_allowed"),
        ("amina", (), "chausiku", "done"),
        ("baraka", ("baraka",), "chausiku", "done"),
        ("baraka", ("baraka",), "baraka", "role.own_request"),
        ("baraka", ("baraka", "daudi"), "chausiku", "role.not_allowed"),
        ("baraka", ("baraka", "daudi"), "daudi", "done"),
    ],
)
def test_who_pays_out(town: Town, borrower: str, treasurers: tuple[str, ...], payer: str, came: str) -> None:
    loan_id = approved(town, borrower, 500)
    for name in ("baraka", "daudi"):
        roles = ["treasurer"] if name in treasurers else []
        rows(town, "UPDATE member SET roles = %s WHERE group_id = %s AND id = %s RETURNING id", roles, town.group_id, town.members[name])
    assert outcome(town, DisburseLoan, payer, loan_id=loan_id) == came


def test_days_are_the_groups_own(session: Session) -> None:
    town = Town(session)
    town.saves("amina", 1_000)
    late = AT.replace(hour=22)  # past midnight in Nairobi
    loan_id = asked(town, "amina", 300)
    town.asks(DecideLoan, "chausiku", loan_id=loan_id, agree=True)
    paid_out = town.asks(DisburseLoan, "baraka", loan_id=loan_id, at=late)
    assert paid_out["due"] == (late + timedelta(days=32)).date()
    assert (paid_out["due"].day, paid_out["due"].month) == (2, 4)
