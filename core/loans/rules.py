"""Loans: what one may ask, what a flat loan costs, its instalments, what a payment earns; the lifecycle."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from dateutil.relativedelta import relativedelta

from core.groups.rules import CASH_KEEPERS, LEADERS, Role, Rules
from core.money import Money, exponent


class LoanState(StrEnum):
    """Where a loan stands."""

    APPLIED = "applied"
    APPROVED = "approved"
    ACTIVE = "active"
    SETTLED = "settled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Move:
    """One step of the lifecycle: by which kind of command it is taken, and by whom (a test holds both to the role table).

    A member takes the steps of their own loan, and anybody else only those of another's.
    """

    name: str
    source: LoanState
    dest: LoanState
    command: str
    by: frozenset[Role]


_MEMBERS: Final = frozenset({Role.MEMBER})
MOVES: Final = (
    Move("approve", LoanState.APPLIED, LoanState.APPROVED, "loan.decide", LEADERS),
    Move("reject", LoanState.APPLIED, LoanState.REJECTED, "loan.decide", LEADERS),
    # As long as nothing was paid out, an approval can be taken back.
    Move("reject", LoanState.APPROVED, LoanState.REJECTED, "loan.decide", LEADERS),
    Move("cancel", LoanState.APPLIED, LoanState.CANCELLED, "loan.cancel", _MEMBERS),
    Move("cancel", LoanState.APPROVED, LoanState.CANCELLED, "loan.cancel", _MEMBERS),
    Move("disburse", LoanState.APPROVED, LoanState.ACTIVE, "loan.disburse", CASH_KEEPERS),
    Move("settle", LoanState.ACTIVE, LoanState.SETTLED, "cash.decide", CASH_KEEPERS),
)


def may_move(state: str, name: str) -> bool:
    """Say whether the lifecycle has this move from this state."""
    return any(move.name == name and move.source == state for move in MOVES)


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides how much a member may ask: their savings, the cash in the box, a loan that is open."""

    savings: Money
    box: Money
    open_loan: str | None


def most(standing: Standing, rules: Rules) -> Money:
    """The most a member may ask: the multiple of the savings, never more than the box holds, in whole units."""
    unit = 10 ** exponent(standing.box.currency)
    minor = min(covered(standing.savings, rules).minor, standing.box.minor)
    return Money(max(0, minor) // unit * unit, standing.box.currency)


def covered(savings: Money, rules: Rules) -> Money:
    """The largest loan that these savings stand for."""
    return savings * rules.loan_multiple


def flat_interest(principal: Money, *, bps_monthly: int, months: int) -> Money:
    """Flat interest: principal x monthly rate x months, half up to the minor unit."""
    return Money((principal.minor * bps_monthly * months * 2 + 10_000) // 20_000, principal.currency)


@dataclass(frozen=True, slots=True)
class Part:
    """One instalment to be."""

    n: int
    due_on: date
    principal: Money
    interest: Money

    @property
    def total(self) -> Money:
        """What is to be paid that day."""
        return self.principal + self.interest


def instalments(principal: Money, interest: Money, *, months: int, start: date) -> tuple[Part, ...]:
    """Equal parts, due each month on the day the loan began (the month's last day where it has no such day).

    Parts are whole currency units as long as the amounts are, for they are paid in cash; the first ones carry
    what does not divide. They sum to principal and interest exactly.
    """
    pairs = zip(_in_cash(principal, months), _in_cash(interest, months), strict=True)
    return tuple(Part(n, start + relativedelta(months=n), part, cost) for n, (part, cost) in enumerate(pairs, start=1))


def _in_cash(amount: Money, ways: int) -> list[Money]:
    unit = 10 ** exponent(amount.currency)
    if amount.minor % unit:
        return list(amount.split(ways))
    return [share * unit for share in Money(amount.minor // unit, amount.currency).split(ways)]


def interest_within(parts: Sequence[tuple[int, int]], *, paid_before: int, paid_now: int) -> int:
    """The interest that a payment earns: each instalment's interest is paid before its principal.

    `parts` are (principal, interest) in minor units in the order they fall due; so are the payments.
    """
    return _earned(parts, paid_before + paid_now) - _earned(parts, paid_before)


def _earned(parts: Sequence[tuple[int, int]], paid: int) -> int:
    earned = 0
    for principal, interest in parts:
        earned += min(paid, interest)
        paid -= min(paid, principal + interest)
    return earned


def next_due(parts: Sequence[tuple[date, int]], *, paid: int) -> tuple[date, int] | None:
    """The first instalment that is not fully paid: its day and what is still to pay of it; None when all is paid."""
    for due_on, total in parts:
        if paid < total:
            return due_on, total - paid
        paid -= total
    return None
