"""Repaying: never more than is owed, whatever was declared before; and interest first."""

import pytest

from core.commands import DecideCash, DeclareRepayment
from core.ids import LoanId
from core.ledger.verify import verify
from core.money import Money
from core.verify import CHECKS
from tests.builders import Town
from tests.core.outcomes import outcome, rows, told


@pytest.fixture
def loan_id(town: Town) -> LoanId:
    """Give Amina's loan: 600 over three months with 90 of interest, paid out."""
    return town.borrows("amina", 600)


@pytest.mark.parametrize(
    ("who", "amount", "came"),
    [
        ("amina", Money(690_00, "KES"), "done"),
        ("amina", Money(1, "KES"), "done"),
        ("amina", Money(690_01, "KES"), "loan.pays_too_much"),
        ("amina", Money(0, "KES"), "loan.pays_nothing"),
        ("amina", Money(-1, "KES"), "loan.pays_nothing"),
        ("amina", Money(100_00, "UGX"), "loan.other_money"),
        ("daudi", Money(100_00, "KES"), "loan.not_active"),
    ],
)
def test_what_may_be_declared(town: Town, loan_id: LoanId, who: str, amount: Money, came: str) -> None:
    assert outcome(town, DeclareRepayment, who, loan_id=loan_id, amount=amount) == came
    assert [name for name, _ in told(town, "cash.declared")][3:] == (["baraka"] if came == "done" else [])


def decides(town: Town, *, agree: bool) -> None:
    """Let the treasurer decide on the oldest cash that waits."""
    ((declaration,),) = rows(town, "SELECT min(id) FROM declaration WHERE group_id = %s AND state = 'declared'", town.group_id)
    town.asks(DecideCash, "baraka", declaration_id=declaration, agree=agree)


def test_what_waits_counts_as_paid_until_it_is_refused(town: Town, loan_id: LoanId) -> None:
    def declares(major: int) -> str:
        return outcome(town, DeclareRepayment, "amina", loan_id=loan_id, amount=Money(major * 100, "KES"))

    assert [declares(400), declares(291), declares(290), declares(1)] == ["done", "loan.repayment_waits", "done", "loan.repayment_waits"]
    decides(town, agree=False)
    assert [declares(401), declares(400)] == ["loan.repayment_waits", "done"]
    decides(town, agree=True)
    assert [declares(401), declares(1)] == ["loan.pays_too_much", "loan.repayment_waits"]
    decides(town, agree=True)
    assert declares(1) == "loan.not_active"
    assert list(verify(town.session, CHECKS)) == []


def test_both_sides_hear_of_it(town: Town, loan_id: LoanId) -> None:
    assert loan_id == town.loan("amina")
    town.repays("amina", 230)
    ((who, facts),) = told(town, "loan.repaid")
    assert (who, facts["old"], facts["new"]) == ("amina", Money(690_00, "KES"), Money(460_00, "KES"))
    assert [name for name, _ in told(town, "loan.repayment_confirmed")] == ["baraka"]
    earned = "SELECT -balance_minor FROM account WHERE book_id = %s AND code = 'loan-interest'"
    assert rows(town, earned, town.group_id) == [(30_00,)]
    town.repays("amina", 460)
    assert [name for name, _ in told(town, "loan.settled")] == ["amina"]
    assert rows(town, earned, town.group_id) == [(90_00,)]
