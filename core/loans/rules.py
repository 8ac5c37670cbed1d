"""Loans: what one may ask, what a flat loan costs, its instalments, what a payment earns; the lifecycle."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from dateutil.relativedelta import relativedelta

from core.groups.rules import Role, Rules
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
    """One step of the lifecycle, and who may take it. `members` means the borrower."""

    name: str
    source: LoanState
    dest: LoanState
    by: frozenset[Role]


_LEADERS: Final = frozenset({Role.CHAIR, Role.SECRETARY, Role.TREASURER})
_KEEPERS: Final = frozenset({Role.TREASURER, Role.CHAIR})
MOVES: Final = (
    Move("approve", LoanState.APPLIED, LoanState.APPROVED, _LEADERS),
    Move("reject", LoanState.APPLIED, LoanState.REJECTED, _LEADERS),
    Move("cancel", LoanState.APPLIED, LoanState.CANCELLED, frozenset({Role.MEMBER})),
    Move("cancel", LoanState.APPROVED, LoanState.CANCELLED, frozenset({Role.MEMBER})),
    Move("disburse", LoanState.APPROVED, LoanState.ACTIVE, _KEEPERS),
    Move("settle", LoanState.ACTIVE, LoanState.SETTLED, _KEEPERS),
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
    minor = min(standing.savings.minor * rules.loan_multiple, standing.box.minor)
    return Money(max(0, minor) // unit * unit, standing.box.currency)


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
