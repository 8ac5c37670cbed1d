"""Ask for a loan, follow it, repay it."""

from typing import Final

from channels.menus import builds
from channels.menus.readers import loan_amount, loan_months, repayment
from channels.menus.screens import Choice, Node, Route, Screen

# What may have happened between two hops: a loan was opened on another phone, the last of it was paid, some of it was.
_OPEN: Final = (("loan.open", "loan"),)
_PAID: Final = (("loan.not_active", "loan"),)
_TOO_MUCH: Final = (*_PAID, ("loan.pays_too_much", "repay.amount"))

NODES: Final[tuple[Node, ...]] = (
    Route(
        "loan",
        shows="loan",
        to=(("active", "loan.active"), ("approved", "loan.approved"), ("asked", "loan.asked"), ("none_possible", "loan.none")),
        otherwise="loan.amount",
    ),
    Screen("loan.none"),
    Screen("loan.amount", shows="loan_limits", refused=_OPEN, ask="amount", accept=loan_amount, goto="loan.months", resumes=True),
    Screen(
        "loan.months",
        shows="loan_limits",
        refused=_OPEN,
        ask="months",
        accept=loan_months,
        goto="loan.confirm",
        back="loan.amount",
        resumes=True,
    ),
    Screen(
        "loan.confirm",
        shows="loan_cost",
        asides=(("first", "loan.first"),),
        choices=(Choice("1", "yes", "loan.done"), Choice("2", "no", "loan.amount")),
        confirm=True,
        back="loan.months",
        resumes=True,
    ),
    Screen(
        "loan.done",
        build=builds.apply_for_loan,
        refused=(
            ("loan.asks_too_much", "loan.amount"),
            ("loan.asks_too_little", "loan.amount"),
            ("loan.too_many_months", "loan.months"),
            *_OPEN,
        ),
        ends=True,
    ),
    Screen("loan.asked", choices=(Choice("1", "cancel_request", "loan.cancel"),)),
    Screen("loan.approved", choices=(Choice("1", "cancel_request", "loan.cancel"),)),
    Screen(
        "loan.cancel",
        choices=(Choice("1", "yes", "loan.cancelled"), Choice("2", "no", "home")),
        confirm=True,
        back="loan",
    ),
    Screen("loan.cancelled", build=builds.cancel_loan, refused=(("role.already_decided", "loan"),), ends=True),
    Screen("loan.active", choices=(Choice("1", "repay", "repay.amount"),)),
    Screen(
        "repay.amount",
        shows="loan_owed",
        refused=_PAID,
        ask="amount",
        accept=repayment,
        goto="repay.confirm",
        back="loan",
        resumes=True,
    ),
    Screen(
        "repay.confirm",
        shows="loan_left",
        refused=_TOO_MUCH,
        choices=(Choice("1", "yes", "repay.done"), Choice("2", "no", "repay.amount")),
        confirm=True,
        back="repay.amount",
        resumes=True,
    ),
    Screen(
        "repay.done",
        words="save.done",
        build=builds.declare_repayment,
        refused=(*_TOO_MUCH, ("loan.repayment_waits", "repay.amount")),
        ends=True,
    ),
)
