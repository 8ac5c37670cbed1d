"""A loan is repaid in cash: the borrower declares it, whoever keeps the cash confirms it."""

from typing import Any

from sqlalchemy.orm import Session

from core.commands import DecideCash, DeclareRepayment
from core.db.engine import driver
from core.groups.notices import notice
from core.groups.queries import Actor
from core.ids import AccountId, LoanId
from core.ledger import operations as ledger
from core.ledger import queries as books
from core.ledger.receipts import receipt_code
from core.ledger.rules import loan_code, repayment
from core.loans import queries
from core.loans.operations import lock_loan, posting_lines
from core.loans.rules import LoanState, interest_within
from core.money import Money
from core.outbox.operations import put
from core.payments import operations as payments
from core.payments.operations import Declared
from core.refusal import Refused
from core.savings.operations import ask_the_keepers


class PaysTooMuch(Refused):
    """The amount is more than is still owed."""

    code = "loan.pays_too_much"


class PaysNothing(Refused):
    """The amount is not more than nothing."""

    code = "loan.pays_nothing"


class OtherMoney(Refused):
    """The amount is in another money than the group's (`currency`)."""

    code = "loan.other_money"


class RepaymentWaits(Refused):
    """What was declared before and is not confirmed yet leaves less to declare: `left`."""

    code = "loan.repayment_waits"


class LoanNotActive(Refused):
    """There is nothing to repay."""

    code = "loan.not_active"


_HOLD = "SELECT FROM loan WHERE group_id = %s AND id = %s AND member_id = %s FOR UPDATE"
_SETTLE = "UPDATE loan SET state = 'settled', settled_at = %s WHERE group_id = %s AND id = %s"


def declare_repayment(session: Session, command: DeclareRepayment, actor: Actor) -> dict[str, Any]:
    """Keep a borrower's word that cash was handed over to repay, and ask the treasurer.

    :raises OtherMoney: if it is not the group's
    :raises PaysNothing: if it is not more than nothing
    :raises LoanNotActive: if there is nothing to repay
    :raises PaysTooMuch: if it is more than is owed
    :raises RepaymentWaits: if it is more than what was declared before leaves
    :raises NoKeeper: if nobody may confirm it
    """
    group = actor.home
    if command.amount.currency != group.currency:
        raise OtherMoney(currency=group.currency)
    if command.amount.minor <= 0:
        raise PaysNothing
    # Two declarations at once wait for each other here, so that together they are not more than is owed.
    driver(session).execute(_HOLD, (group.id, command.loan_id, actor.member_id))
    loan = queries.open_loan(session, group_id=group.id, member_id=actor.member_id)
    if loan is None or loan.id != command.loan_id or loan.state != LoanState.ACTIVE:
        raise LoanNotActive
    owed = Money(loan.owed_minor, group.currency)
    if command.amount > owed:
        raise PaysTooMuch(owed=owed)
    left = owed - Money(queries.declared_minor(session, group_id=group.id, loan_id=loan.id), group.currency)
    if command.amount > left:
        raise RepaymentWaits(left=left)
    payments.declare(session, actor=actor, purpose="repayment", minor=command.amount.minor, loan_id=loan.id, at=command.at)
    return ask_the_keepers(session, command, actor)


def receive_repayment(session: Session, command: DecideCash, actor: Actor, declared: Declared) -> dict[str, Any]:
    """Post a confirmed repayment: interest of each instalment first; both sides get a receipt with old and new debt.

    :raises LoanNotActive: if the loan is paid meanwhile
    :raises PaysTooMuch: if less is owed by now
    """
    group, minor = actor.home, declared.amount_minor
    assert declared.loan_id is not None, "a repayment names its loan"
    asked = lock_loan(session, group_id=group.id, loan_id=declared.loan_id)
    if asked.state != LoanState.ACTIVE or asked.account_id is None:
        raise LoanNotActive
    code = loan_code(asked.number)
    owed = books.balances(session, book_id=group.id, codes=(code,))[code].minor
    if minor > owed:
        raise PaysTooMuch(owed=Money(owed, group.currency))
    schedule = queries.parts(session, group_id=group.id, loan_id=LoanId(asked.id))
    paid = asked.principal_minor + asked.interest_minor - owed
    interest = interest_within([part[1:] for part in schedule], paid_before=paid, paid_now=minor)
    lines = repayment(loan=code, minor=minor, interest_minor=interest)
    posted = ledger.post_entry(
        session,
        book_id=group.id,
        key=str(command.id),
        kind="loan.repaid",
        lines=posting_lines(session, group_id=group.id, loan=(code, AccountId(asked.account_id)), lines=tuple(lines)),
        effective_on=command.on(group.timezone),
        at=command.at,
        actor_id=actor.person_id,
        command_id=command.id,
    )
    payments.settle(session, declared=declared, actor=actor, entry_id=posted.entry_id, at=command.at)
    if minor == owed:
        driver(session).execute(_SETTLE, (command.at, group.id, asked.id))
    facts = {
        "name": declared.name,
        "amount": Money(minor, group.currency),
        "old": Money(owed, group.currency),
        "new": Money(owed - minor, group.currency),
        "group": group.name,
        "code": receipt_code(posted.entry_id),
        "box_new": Money(posted.balances[0], group.currency),
    }
    borrower = "loan.settled" if minor == owed else "loan.repaid"
    put(session, notice(command, declared.contact, borrower, facts), notice(command, actor, "loan.repayment_confirmed", facts))
    return facts
