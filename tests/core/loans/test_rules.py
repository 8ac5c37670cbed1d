"""What a loan may be, what it costs, when it is due, what a payment earns: as tables, and for any loan whatever."""

from collections.abc import Sequence
from datetime import date
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.groups.rules import PERMITS, Rules
from core.loans.rules import (
    MOVES,
    LoanState,
    Move,
    Standing,
    covered,
    flat_interest,
    instalments,
    interest_within,
    may_move,
    most,
    next_due,
)
from core.money import Money, exponent

START = date(2025, 1, 31)
MARCH, APRIL, MAY = date(2025, 3, 1), date(2025, 4, 1), date(2025, 5, 1)
# Of a loan of 90 with 30 of interest: principal and interest, three times.
THREE = ((30, 10), (30, 10), (30, 10))


@pytest.mark.parametrize(
    ("savings", "box", "multiple", "currency", "limit"),
    [
        (1_000_00, 9_000_00, 3, "KES", 3_000_00),
        (1_000_00, 2_500_00, 3, "KES", 2_500_00),  # the box holds less
        (1_000_00, 2_500_99, 3, "KES", 2_500_00),  # in whole shillings
        (33_33, 9_000_00, 3, "KES", 99_00),
        (0, 9_000_00, 3, "KES", 0),
        (1_000_00, 0, 3, "KES", 0),
        (1_000_00, -5_00, 3, "KES", 0),
        (1_234, 9_999, 3, "UGX", 3_702),  # has no cents
        (1_234, 9_999, 3, "TND", 3_000),  # has a thousand
    ],
)
def test_most(savings: int, box: int, multiple: int, currency: str, limit: int) -> None:
    standing = Standing(savings=Money(savings, currency), box=Money(box, currency), open_loan=None)
    rules = Rules(loan_multiple=multiple)
    assert most(standing, rules) == Money(limit, currency)
    assert most(standing, rules) <= covered(standing.savings, rules) or box < 0


@pytest.mark.parametrize(
    ("principal", "bps", "months", "interest"),
    [
        (1_500_00, 500, 3, 225_00),
        (1_500_00, 0, 3, 0),
        (100_00, 1_000, 12, 120_00),
        (1, 500, 1, 0),
        (9, 500, 1, 0),  # 0.45
        (10, 500, 1, 1),  # 0.50: half up
        (11, 500, 1, 1),  # 0.55
        (29, 500, 1, 1),  # 1.45
        (30, 500, 1, 2),  # 1.50
        (10**12, 10_000, 60, 60 * 10**12),
    ],
)
def test_flat_interest(principal: int, bps: int, months: int, interest: int) -> None:
    assert flat_interest(Money(principal, "KES"), bps_monthly=bps, months=months) == Money(interest, "KES")


@pytest.mark.parametrize(
    ("principal", "interest", "months", "currency", "parts"),
    [
        (1_500_00, 225_00, 3, "KES", [(500_00, 75_00)] * 3),
        (1_000_00, 150_00, 3, "KES", [(334_00, 50_00), (333_00, 50_00), (333_00, 50_00)]),
        (1_000_00, 100_50, 2, "KES", [(500_00, 50_25), (500_00, 50_25)]),  # the interest has cents, so its parts have
        (100_01, 0, 2, "KES", [(50_01, 0), (50_00, 0)]),
        (1_000, 50, 3, "UGX", [(334, 17), (333, 17), (333, 16)]),
        (200_00, 0, 3, "KES", [(67_00, 0), (67_00, 0), (66_00, 0)]),
        (2_00, 1_00, 3, "KES", [(1_00, 1_00), (1_00, 0), (0, 0)]),
    ],
)
def test_instalments(principal: int, interest: int, months: int, currency: str, parts: list[tuple[int, int]]) -> None:
    schedule = instalments(Money(principal, currency), Money(interest, currency), months=months, start=START)
    assert [(part.principal.minor, part.interest.minor) for part in schedule] == parts
    assert [part.n for part in schedule] == list(range(1, months + 1))
    assert [part.total.minor for part in schedule] == [sum(part) for part in parts]


@pytest.mark.parametrize(
    ("start", "days"),
    [
        (date(2025, 1, 31), ["2025-02-28", "2025-03-31", "2025-04-30"]),
        (date(2024, 1, 31), ["2024-02-29", "2024-03-31", "2024-04-30"]),
        (date(2025, 11, 30), ["2025-12-30", "2026-01-30", "2026-02-28"]),
        (date(2025, 3, 1), ["2025-04-01", "2025-05-01", "2025-06-01"]),
    ],
)
def test_due_on_the_day_the_loan_began_or_the_months_last(start: date, days: list[str]) -> None:
    schedule = instalments(Money(300, "KES"), Money(0, "KES"), months=3, start=start)
    assert [str(part.due_on) for part in schedule] == days


@pytest.mark.parametrize(
    ("before", "now", "earned"),
    [
        (0, 0, 0),
        (0, 5, 5),
        (0, 10, 10),
        (0, 40, 10),
        (0, 41, 11),
        (0, 120, 30),
        (5, 5, 5),
        (10, 30, 0),
        (35, 20, 10),
        (39, 2, 1),
        (80, 40, 10),
        (90, 30, 0),
    ],
)
def test_interest_within(before: int, now: int, earned: int) -> None:
    assert interest_within(THREE, paid_before=before, paid_now=now) == earned


@pytest.mark.parametrize(
    ("paid", "due"),
    [
        (0, (MARCH, 40)),
        (39, (MARCH, 1)),
        (40, (APRIL, 50)),
        (89, (APRIL, 1)),
        (90, (MAY, 30)),
        (119, (MAY, 1)),
        (120, None),
        (121, None),
    ],
)
def test_next_due(paid: int, due: tuple[date, int] | None) -> None:
    assert next_due([(MARCH, 40), (APRIL, 50), (MAY, 30)], paid=paid) == due


def test_nothing_is_due_of_nothing() -> None:
    assert next_due([], paid=0) is None


CURRENCIES = st.sampled_from(["KES", "UGX", "TND"])


@given(principal=st.integers(1, 10**12), interest=st.integers(0, 10**12), months=st.integers(1, 60), currency=CURRENCIES)
def test_instalments_sum_to_the_loan_exactly(principal: int, interest: int, months: int, currency: str) -> None:
    schedule = instalments(Money(principal, currency), Money(interest, currency), months=months, start=START)
    assert (sum(part.principal.minor for part in schedule), sum(part.interest.minor for part in schedule)) == (principal, interest)
    unit = 10 ** exponent(currency)
    for parts, whole in (([part.principal.minor for part in schedule], principal), ([part.interest.minor for part in schedule], interest)):
        assert min(parts) >= 0
        assert parts == sorted(parts, reverse=True)
        # Nobody has a coin for a cent: what is whole stays whole.
        assert max(parts) - min(parts) <= (1 if whole % unit else unit)
        assert whole % unit or not any(part % unit for part in parts)


PARTS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=8)


@given(parts=PARTS, payments=st.lists(st.integers(1, 400), max_size=20))
def test_whatever_is_paid_in_whatever_pieces_earns_the_same(parts: Sequence[tuple[int, int]], payments: list[int]) -> None:
    before = [0, *accumulate(payments)]
    earned = [interest_within(parts, paid_before=paid, paid_now=now) for paid, now in zip(before, payments, strict=False)]
    assert all(0 <= each <= now for each, now in zip(earned, payments, strict=True))
    assert sum(earned) == interest_within(parts, paid_before=0, paid_now=sum(payments))
    if sum(payments) >= sum(map(sum, parts)):
        assert sum(earned) == sum(interest for _, interest in parts)


@given(parts=PARTS, paid=st.integers(0, 9_000))
def test_what_is_due_next_is_the_rest_of_one_instalment(parts: Sequence[tuple[int, int]], paid: int) -> None:
    totals = [(START.replace(year=2025 + n), sum(part)) for n, part in enumerate(parts)]
    due = next_due(totals, paid=paid)
    if due is None:
        assert paid >= sum(total for _, total in totals)
        return
    n = [day for day, _ in totals].index(due[0])
    assert sum(total for _, total in totals[:n]) <= paid < sum(total for _, total in totals[: n + 1])
    assert due[1] == sum(total for _, total in totals[: n + 1]) - paid


# The lifecycle


@pytest.mark.parametrize("move", MOVES, ids=lambda move: f"{move.name} {move.source}")
def test_who_takes_a_step_is_who_the_role_table_lets_ask_for_it(move: Move) -> None:
    assert PERMITS[move.command].roles == move.by


@pytest.mark.parametrize(
    ("state", "steps"),
    [
        ("applied", {"approve", "reject", "cancel"}),
        ("approved", {"reject", "cancel", "disburse"}),
        ("active", {"settle"}),
        ("settled", set()),
        ("rejected", set()),
        ("cancelled", set()),
    ],
)
def test_the_steps_from_each_state(state: str, steps: set[str]) -> None:
    assert {move.name for move in MOVES if may_move(state, move.name)} == steps
    assert state in set(LoanState)
