"""The posting cookbook: one pure function for each event, and the chart of accounts it posts to.

A line is (account code, signed minor units); debits are positive. The sum of every function's lines is zero.
Flat loans follow add-on (precomputed) interest: the whole interest is booked as owed and unearned when the cash
leaves, and is earned with each repayment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CASH: Final = "cash"
UNEARNED_INTEREST: Final = "unearned-interest"
LOAN_INTEREST: Final = "loan-interest"
OPENING: Final = "opening-balances"


@dataclass(frozen=True, slots=True)
class AccountKind:
    """An account of the chart: its kind, and the least balance it may have on its own side."""

    code: str
    kind: str
    floor_minor: int | None


# What every group's book opens with.
CHART: Final = (
    AccountKind(CASH, "asset", 0),
    AccountKind(UNEARNED_INTEREST, "liability", 0),
    AccountKind(LOAN_INTEREST, "income", None),
    AccountKind(OPENING, "equity", None),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One posting to be: minor units, debit positive."""

    account: str
    minor: int


def savings_code(member_number: int) -> str:
    """Name a member's savings account."""
    return f"savings:{member_number}"


def loan_code(loan_number: int) -> str:
    """Name a loan's account."""
    return f"loan:{loan_number}"


def deposit(*, savings: str, minor: int) -> Sequence[Line]:
    """Cash comes into the box; the group owes it to the member."""
    return (Line(CASH, minor), Line(savings, -minor))


def disbursement(*, loan: str, principal_minor: int, interest_minor: int) -> Sequence[Line]:
    """Cash leaves the box; the member owes it, with the whole flat interest, which is not earned yet."""
    lines = (Line(loan, principal_minor + interest_minor), Line(CASH, -principal_minor))
    return (*lines, Line(UNEARNED_INTEREST, -interest_minor)) if interest_minor else lines


def repayment(*, loan: str, minor: int, interest_minor: int) -> Sequence[Line]:
    """Cash comes in; the member owes less; the interest that was in it is earned."""
    assert 0 <= interest_minor <= minor, "interest is a part of what was paid"
    lines = (Line(CASH, minor), Line(loan, -minor))
    if not interest_minor:
        return lines
    return (*lines, Line(UNEARNED_INTEREST, interest_minor), Line(LOAN_INTEREST, -interest_minor))
