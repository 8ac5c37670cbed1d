"""A loan is asked for, decided on, paid out, repaid. No step is taken by the borrower that belongs to another."""

from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row
from sqlalchemy.orm import Session

from core.commands import ApplyForLoan, CancelLoan, Command, DecideCash, DecideLoan, DeclareRepayment, DisburseLoan
from core.db.engine import driver
from core.groups import queries as groups
from core.groups.notices import notice
from core.groups.queries import Actor, Contact
from core.groups.rules import LEADERS, AlreadyDecided, NotAllowed, OwnRequest, Role
from core.ids import AccountId, LoanId, PersonId
from core.ledger import operations as ledger
from core.ledger import queries as books
from core.ledger.receipts import receipt_code
from core.ledger.rules import CASH, LOAN_INTEREST, UNEARNED_INTEREST, Line, disbursement, loan_code, repayment
from core.loans import queries
from core.loans.rules import LoanState, flat_interest, instalments, interest_within, may_move, most
from core.money import Money
from core.outbox.operations import put
from core.payments import operations as payments
from core.payments.operations import Declared
from core.refusal import Refused
from core.savings.operations import ask_the_keepers


class LoanOpen(Refused):
    """The member has a loan that is not over."""

    code = "loan.open"


class AsksTooMuch(Refused):
    """More than the member may ask: `most`."""

    code = "loan.asks_too_much"


class AsksTooLittle(Refused):
    """Less than the group lends: `least`."""

    code = "loan.asks_too_little"


class TooManyMonths(Refused):
    """Longer than the group lends: `most_months`."""

    code = "loan.too_many_months"


class PaysTooMuch(Refused):
    """The amount is more than is still owed."""

    code = "loan.pays_too_much"


class LoanNotActive(Refused):
    """There is nothing to repay."""

    code = "loan.not_active"


class BoxTooSmall(Refused):
    """The box does not hold what the loan needs."""

    code = "loan.box_too_small"


@dataclass(frozen=True, slots=True)
class Asked:
    """A loan, locked for the one who takes its next step, with its borrower."""

    id: int
    number: int
    state: str
    principal_minor: int
    interest_minor: int
    months: int
    account_id: int | None
    member_id: int
    person_id: int
    name: str
    phone: str
    language: str
    treasurer: bool

    @property
    def contact(self) -> Contact:
        """How to reach the borrower."""
        return Contact(person_id=PersonId(self.person_id), name=self.name, phone=self.phone, language=self.language)


_LOCK = """
SELECT l.id, l.number, l.state, l.principal_minor, l.interest_minor, l.months, l.account_id, l.member_id, l.person_id,
       p.name, h.phone, p.language, 'treasurer' = ANY(m.roles) AS treasurer
FROM loan l
JOIN member m ON m.group_id = l.group_id AND m.id = l.member_id
JOIN person p ON p.id = l.person_id
JOIN handset h ON h.group_id = l.group_id AND h.member_id = l.member_id
WHERE l.group_id = %s AND l.id = %s LIMIT 1 FOR UPDATE OF l
"""
_APPLY = """
WITH numbered AS (UPDATE savings_group SET loans_ever = loans_ever + 1 WHERE id = %(group)s RETURNING loans_ever)
INSERT INTO loan (group_id, number, member_id, person_id, state, principal_minor, interest_minor, months, rate_bps_monthly, applied_at)
SELECT %(group)s, loans_ever, %(member)s, %(person)s, 'applied', %(principal)s, %(interest)s, %(months)s, %(bps)s, %(at)s FROM numbered
RETURNING id, number
"""
_DECIDE = "UPDATE loan SET state = %s, decided_by = %s, decided_at = %s WHERE group_id = %s AND id = %s"
_PAY_OUT = """
UPDATE loan SET state = 'active', disbursed_by = %s, disbursed_at = %s, account_id = %s WHERE group_id = %s AND id = %s
"""
_INSTALMENT = "INSERT INTO instalment (group_id, loan_id, n, due_on, principal_minor, interest_minor) VALUES (%s, %s, %s, %s, %s, %s)"
_SETTLE = "UPDATE loan SET state = 'settled', settled_at = %s WHERE group_id = %s AND id = %s"


def _lock(session: Session, *, group_id: int, loan_id: int) -> Asked:
    with driver(session).cursor(row_factory=class_row(Asked)) as cursor:
        found = cursor.execute(_LOCK, (group_id, loan_id)).fetchone()
    if found is None:
        raise AlreadyDecided
    return found


def apply(session: Session, command: ApplyForLoan, actor: Actor) -> dict[str, Any]:
    """Ask for a loan; the leaders are told.

    :raises LoanOpen: if there is one that is not over
    :raises AsksTooMuch: if it is more than savings and box allow
    :raises AsksTooLittle: if it is less than the group lends
    :raises TooManyMonths: if it is longer than the group lends
    """
    group, amount, rules = actor.home, command.amount, actor.home.rules
    standing = queries.standing(session, group=group, member_id=actor.member_id, number=actor.number)
    if standing.open_loan is not None:
        raise LoanOpen
    if amount > (limit := most(standing, rules)):
        raise AsksTooMuch(most=limit)
    if amount.minor < rules.loan_minor_min:
        raise AsksTooLittle(least=Money(rules.loan_minor_min, group.currency))
    if not 1 <= command.months <= rules.loan_months_max:
        raise TooManyMonths(most_months=rules.loan_months_max)
    interest = flat_interest(amount, bps_monthly=rules.loan_rate_bps_monthly, months=command.months)
    parameters = {
        "group": group.id,
        "member": actor.member_id,
        "person": actor.person_id,
        "principal": amount.minor,
        "interest": interest.minor,
        "months": command.months,
        "bps": rules.loan_rate_bps_monthly,
        "at": command.at,
    }
    row = driver(session).execute(_APPLY, parameters).fetchone()
    assert row is not None
    facts = {"name": actor.name, "amount": amount, "months": command.months, "number": row[1], "group": group.name}
    leaders = groups.officers(session, group_id=group.id, roles=LEADERS, but=actor.person_id)
    put(session, *(notice(command, leader, "loan.asked", facts) for leader in leaders))
    return {**facts, "loan_id": row[0], "total": amount + interest}


def cancel(session: Session, command: CancelLoan, actor: Actor) -> dict[str, Any]:
    """Take back one's own request.

    :raises AlreadyDecided: if it was paid out, rejected or taken back before
    :raises NotAllowed: if it is somebody else's
    """
    asked = _lock(session, group_id=actor.home.id, loan_id=command.loan_id)
    if asked.person_id != actor.person_id:
        raise NotAllowed
    if not may_move(asked.state, "cancel"):
        raise AlreadyDecided
    _decide(session, command, actor, asked, LoanState.CANCELLED)
    return {"amount": Money(asked.principal_minor, actor.home.currency)}


def _decide(session: Session, command: Command, actor: Actor, asked: Asked, state: LoanState) -> None:
    driver(session).execute(_DECIDE, (state, actor.person_id, command.at, actor.home.id, asked.id))


def decide(session: Session, command: DecideLoan, actor: Actor) -> dict[str, Any]:
    """Approve or reject; the borrower is told, and who pays out.

    :raises AlreadyDecided: if somebody was quicker
    :raises OwnRequest: if it is the leader's own
    """
    group = actor.home
    asked = _lock(session, group_id=group.id, loan_id=command.loan_id)
    if not may_move(asked.state, "approve"):
        raise AlreadyDecided
    if asked.person_id == actor.person_id:
        raise OwnRequest
    _decide(session, command, actor, asked, LoanState.APPROVED if command.agree else LoanState.REJECTED)
    facts = {"name": asked.name, "amount": Money(asked.principal_minor, group.currency), "by": actor.name, "group": group.name}
    messages = [notice(command, asked.contact, "loan.approved" if command.agree else "loan.rejected", facts)]
    if command.agree:
        office = Role.CHAIR if asked.treasurer else Role.TREASURER
        keepers = groups.officers(session, group_id=group.id, roles=frozenset({office}), but=PersonId(asked.person_id))
        messages += [notice(command, keeper, "loan.to_pay_out", facts) for keeper in keepers if keeper.person_id != actor.person_id]
    put(session, *messages)
    return facts


def _lines(session: Session, *, group_id: int, loan: tuple[str, AccountId], lines: tuple[Line, ...]) -> list[tuple[AccountId, int]]:
    found = books.balances(session, book_id=group_id, codes=(CASH, UNEARNED_INTEREST, LOAN_INTEREST))
    accounts = {code: balance.id for code, balance in found.items()} | dict((loan,))
    return [(accounts[line.account], line.minor) for line in lines]


def disburse(session: Session, command: DisburseLoan, actor: Actor) -> dict[str, Any]:
    """Pay an approved loan out of the box, and lay down its instalments; borrower and payer get a receipt.

    :raises AlreadyDecided: if it is not approved (any more)
    :raises OwnRequest: if it is the payer's own
    :raises NotAllowed: if the treasurer should pay it
    :raises BoxTooSmall: if the box does not hold it
    """
    group = actor.home
    asked = _lock(session, group_id=group.id, loan_id=command.loan_id)
    if not may_move(asked.state, "disburse"):
        raise AlreadyDecided
    if asked.person_id == actor.person_id:
        raise OwnRequest
    if Role.TREASURER not in actor.roles and not asked.treasurer:
        raise NotAllowed
    code, today = loan_code(asked.number), command.on(group.timezone)
    account = ledger.open_account(session, book_id=group.id, code=code, kind="asset", member_id=asked.member_id, floor_minor=0)
    lines = disbursement(loan=code, principal_minor=asked.principal_minor, interest_minor=asked.interest_minor)
    try:
        posted = ledger.post_entry(
            session,
            book_id=group.id,
            key=str(command.id),
            kind="loan.disbursed",
            lines=_lines(session, group_id=group.id, loan=(code, account), lines=tuple(lines)),
            effective_on=today,
            at=command.at,
            actor_id=actor.person_id,
            command_id=command.id,
        )
    except ledger.Overdrawn as short:
        raise BoxTooSmall(amount=Money(asked.principal_minor, group.currency)) from short
    principal, interest = Money(asked.principal_minor, group.currency), Money(asked.interest_minor, group.currency)
    schedule = instalments(principal, interest, months=asked.months, start=today)
    connection = driver(session)
    connection.execute(_PAY_OUT, (actor.person_id, command.at, account, group.id, asked.id))
    with connection.cursor() as cursor:
        rows = [(group.id, asked.id, part.n, part.due_on, part.principal.minor, part.interest.minor) for part in schedule]
        cursor.executemany(_INSTALMENT, rows)
    facts = {
        "name": asked.name,
        "amount": principal,
        "total": principal + interest,
        "first": schedule[0].total,
        "due": schedule[0].due_on,
        "group": group.name,
        "code": receipt_code(posted.entry_id),
        "box_new": Money(posted.balances[1], group.currency),
    }
    put(session, notice(command, asked.contact, "loan.paid_out", facts), notice(command, actor, "loan.pay_out_done", facts))
    return facts


def declare_repayment(session: Session, command: DeclareRepayment, actor: Actor) -> dict[str, Any]:
    """Keep a borrower's word that cash was handed over to repay, and ask the treasurer.

    :raises LoanNotActive: if there is nothing to repay
    :raises PaysTooMuch: if it is more than is owed
    """
    group = actor.home
    loan = queries.open_loan(session, group_id=group.id, member_id=actor.member_id)
    if loan is None or loan.id != command.loan_id or loan.state != LoanState.ACTIVE:
        raise LoanNotActive
    if command.amount.minor > loan.owed_minor:
        raise PaysTooMuch(owed=Money(loan.owed_minor, group.currency))
    payments.declare(session, actor=actor, purpose="repayment", minor=command.amount.minor, loan_id=loan.id, at=command.at)
    return ask_the_keepers(session, command, actor)


def receive_repayment(session: Session, command: DecideCash, actor: Actor, declared: Declared) -> dict[str, Any]:
    """Post a confirmed repayment: interest of each instalment first; both sides get a receipt with old and new debt.

    :raises LoanNotActive: if the loan is paid meanwhile
    :raises PaysTooMuch: if less is owed by now
    """
    group, minor = actor.home, declared.amount_minor
    assert declared.loan_id is not None, "a repayment names its loan"
    asked = _lock(session, group_id=group.id, loan_id=declared.loan_id)
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
        lines=_lines(session, group_id=group.id, loan=(code, AccountId(asked.account_id)), lines=tuple(lines)),
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
