"""Readers of replies that know what the screen showed: its currency, its limits."""

from typing import Any

from channels.menus import replies
from channels.menus.replies import NotUnderstood
from channels.menus.screens import Facts
from core.groups.rules import GROUP_MEMBERS_MAX
from core.groups.weak_pins import is_weak
from core.money import Money


def _between(reply: str, facts: Facts, low: Money, high: Money) -> Money:
    amount = replies.amount(reply, facts["currency"])
    if not low <= amount <= high:
        raise NotUnderstood("refused.amount.out_of_range", low=low, high=high)
    return amount


def saving(reply: str, facts: Facts) -> Money:
    """An amount that the group's rules allow to be saved."""
    return _between(reply, facts, facts["low"], facts["high"])


def loan_amount(reply: str, facts: Facts) -> Money:
    """An amount that this member may ask."""
    return _between(reply, facts, facts["least"], facts["most"])


def loan_months(reply: str, facts: Facts) -> int:
    """A number of months that the group lends for."""
    return replies.whole(reply, 1, facts["most_months"])


def repayment(reply: str, facts: Facts) -> Money:
    """An amount that is not more than is owed."""
    amount = replies.amount(reply, facts["currency"])
    if amount > facts["owed"]:
        raise NotUnderstood("refused.loan.pays_too_much", owed=facts["owed"])
    return amount


def member_number(reply: str, _facts: Facts) -> int:
    """A member number."""
    return replies.whole(reply, 1, GROUP_MEMBERS_MAX)


def new_pin(reply: str, facts: Facts) -> Any:  # noqa: ANN401 whatever type a PIN is read as
    """A PIN that is not among those that thieves try first."""
    pin = replies.pin(reply)
    if is_weak(str(pin.value), phone=facts["phone"]):
        raise NotUnderstood("refused.pin.too_weak")
    return pin
