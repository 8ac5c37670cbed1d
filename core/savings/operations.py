"""Savings: a member declares cash, the treasurer confirms it, the ledger moves."""

from typing import Any

from sqlalchemy.orm import Session

from core.commands import DecideCash, DeclareRepayment, DeclareSaving
from core.groups.notices import notice
from core.groups.queries import Actor
from core.ids import AccountId
from core.ledger import operations as ledger
from core.ledger.receipts import receipt_code
from core.ledger.rules import CASH, deposit, savings_code
from core.money import AMOUNT_MINOR_MAX, Money
from core.outbox.operations import put
from core.payments import operations as payments
from core.payments.operations import AmountOutOfRange, AmountTooLarge, Declared


def declare_saving(session: Session, command: DeclareSaving, actor: Actor) -> dict[str, Any]:
    """Keep a member's word that cash was handed over to be saved, and ask the treasurer.

    :raises AmountOutOfRange: if the group's rules set another range
    """
    group, amount = actor.home, command.amount
    low, high = Money(group.rules.saving_minor_min, group.currency), Money(group.rules.saving_minor_max, group.currency)
    if not low <= amount <= high:
        raise AmountOutOfRange(low=low, high=high)
    payments.declare(session, actor=actor, purpose="saving", minor=amount.minor, loan_id=None, at=command.at)
    return ask_the_keepers(session, command, actor)


def ask_the_keepers(session: Session, command: DeclareSaving | DeclareRepayment, actor: Actor) -> dict[str, Any]:
    """Tell who keeps the cash that some was declared; the member is told whom to give it to."""
    keepers = payments.cash_keepers(session, actor=actor)
    facts = {"name": actor.name, "amount": command.amount, "group": actor.home.name}
    put(session, *(notice(command, keeper, "cash.declared", facts) for keeper in keepers))
    return facts | {"keeper": keepers[0].name if keepers else actor.home.name}


def receive_saving(session: Session, command: DecideCash, actor: Actor, declared: Declared) -> dict[str, Any]:
    """Post a confirmed deposit; both sides get a receipt with the old and the new balance.

    :raises AmountTooLarge: if the account would leave the range of the house
    """
    group, minor = actor.home, declared.amount_minor
    savings = savings_code(declared.number)
    accounts = {CASH: AccountId(declared.cash_id), savings: AccountId(declared.savings_id)}
    posted = ledger.post_entry(
        session,
        book_id=group.id,
        key=str(command.id),
        kind="saving.deposit",
        lines=[(accounts[line.account], line.minor) for line in deposit(savings=savings, minor=minor)],
        effective_on=command.on(group.timezone),
        at=command.at,
        actor_id=actor.person_id,
        command_id=command.id,
    )
    if max(map(abs, posted.balances)) > AMOUNT_MINOR_MAX:
        raise AmountTooLarge
    payments.settle(session, declared=declared, actor=actor, entry_id=posted.entry_id, at=command.at)
    box, total = posted.balances[0], -posted.balances[1]
    money = {"amount": minor, "old": total - minor, "new": total, "box_old": box - minor, "box_new": box}
    facts = {name: Money(value, group.currency) for name, value in money.items()} | {
        "name": declared.name,
        "group": group.name,
        "code": receipt_code(posted.entry_id),
    }
    put(session, notice(command, declared.contact, "saving.received", facts), notice(command, actor, "saving.confirmed", facts))
    return facts
