"""A loan is asked for, decided on, paid out. No step is taken by the borrower that belongs to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from psycopg.rows import class_row
from sqlalchemy.orm import Session

from core.commands import ApplyForLoan, CancelLoan, Command, DecideLoan, DisburseLoan
from core.db.engine import driver
from core.groups import queries as groups
from core.groups.notices import notice
from core.groups.queries import Actor, Contact
from core.groups.rules import LEADERS, AlreadyDecided, NotAllowed, OwnRequest
from core.ids import AccountId, PersonId
from core.ledger import operations as ledger
from core.ledger import queries as books
from core.ledger.receipts import receipt_code
from core.ledger.rules import CASH, LOAN_INTEREST, UNEARNED_INTEREST, Line, disbursement, loan_code, savings_code
from core.loans import queries
from core.loans.rules import LoanState, covered, flat_interest, instalments, may_move, most
from core.money import Money
from core.outbox.operations import put
from core.payments import operations as payments
from core.refusal import Refused


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


class BoxTooSmall(Refused):
    """The box does not hold what the loan needs."""

    code = "loan.box_too_small"


class BorrowerLeft(Refused):
    """Who asked is no longer an active member."""

    code = "loan.borrower_left"


class NoLongerCovered(Refused):
    """The borrower's savings (`savings`) do not stand for the loan any more: it may be `most`."""

    code = "loan.no_longer_covered"


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
    member_state: str
    member_number: int
    name: str
    phone: str
    language: str

    @property
    def contact(self) -> Contact:
        """How to reach the borrower."""
        return Contact(person_id=PersonId(self.person_id), name=self.name, phone=self.phone, language=self.language)


_LOCK = """
SELECT l.id, l.number, l.state, l.principal_minor, l.interest_minor, l.months, l.account_id, l.member_id, l.person_id,
       m.state AS member_state, m.number AS member_number, p.name, h.phone, p.language
FROM loan l
JOIN member m ON m.group_id = l.group_id AND m.id = l.member_id
JOIN person p ON p.id = l.person_id
JOIN handset h ON h.group_id = l.group_id AND h.member_id = l.member_id
WHERE l.group_id = %s AND l.id = %s ORDER BY h.phone LIMIT 1 FOR UPDATE OF l
"""
# Of two requests at once, the second waits for the group's row, and then finds the first one.
_APPLY = """
WITH numbered AS (UPDATE savings_group SET loans_ever = loans_ever + 1 WHERE id = %(group)s RETURNING loans_ever)
INSERT INTO loan (group_id, number, member_id, person_id, state, principal_minor, interest_minor, months, rate_bps_monthly, applied_at)
SELECT %(group)s, loans_ever, %(member)s, %(person)s, 'applied', %(principal)s, %(interest)s, %(months)s, %(bps)s, %(at)s FROM numbered
ON CONFLICT (group_id, member_id) WHERE state IN ('applied', 'approved', 'active') DO NOTHING RETURNING id, number
"""
_DECIDE = "UPDATE loan SET state = %s, decided_by = %s, decided_at = %s WHERE group_id = %s AND id = %s"
_PAY_OUT = """
UPDATE loan SET state = 'active', disbursed_by = %s, disbursed_at = %s, account_id = %s WHERE group_id = %s AND id = %s
"""
_INSTALMENT = "INSERT INTO instalment (group_id, loan_id, n, due_on, principal_minor, interest_minor) VALUES (%s, %s, %s, %s, %s, %s)"


def lock_loan(session: Session, *, group_id: int, loan_id: int) -> Asked:
    """Lock a loan for the one who takes its next step.

    :raises AlreadyDecided: if the group has no such loan
    """
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
    if row is None:
        raise LoanOpen
    facts = {"name": actor.name, "amount": amount, "months": command.months, "number": row[1], "group": group.name}
    leaders = groups.officers(session, group_id=group.id, roles=LEADERS, but=actor.person_id)
    put(session, *(notice(command, leader, "loan.asked", facts) for leader in leaders))
    return {**facts, "loan_id": row[0], "total": amount + interest}


def cancel(session: Session, command: CancelLoan, actor: Actor) -> dict[str, Any]:
    """Take back one's own request.

    :raises AlreadyDecided: if it was paid out, rejected or taken back before
    :raises NotAllowed: if it is somebody else's
    """
    asked = lock_loan(session, group_id=actor.home.id, loan_id=command.loan_id)
    if asked.person_id != actor.person_id:
        raise NotAllowed
    if not may_move(asked.state, "cancel"):
        raise AlreadyDecided
    _decide(session, command, actor, asked, LoanState.CANCELLED)
    return {"amount": Money(asked.principal_minor, actor.home.currency)}


def _decide(session: Session, command: Command, actor: Actor, asked: Asked, state: LoanState) -> None:
    driver(session).execute(_DECIDE, (state, actor.person_id, command.at, actor.home.id, asked.id))


def decide(session: Session, command: DecideLoan, actor: Actor) -> dict[str, Any]:
    """Approve or reject; the borrower is told, and who pays out. What was approved can be rejected until it is paid out.

    :raises AlreadyDecided: if somebody was quicker
    :raises OwnRequest: if it is the leader's own
    """
    group = actor.home
    asked = lock_loan(session, group_id=group.id, loan_id=command.loan_id)
    if command.seen not in ("", asked.state) or not may_move(asked.state, "approve" if command.agree else "reject"):
        raise AlreadyDecided
    if asked.person_id == actor.person_id:
        raise OwnRequest
    _decide(session, command, actor, asked, LoanState.APPROVED if command.agree else LoanState.REJECTED)
    facts = {"name": asked.name, "amount": Money(asked.principal_minor, group.currency), "by": actor.name, "group": group.name}
    to_borrower, to_keepers = _DECISIONS[asked.state, command.agree]
    messages = [notice(command, asked.contact, to_borrower, facts)]
    if to_keepers is not None:
        keepers = payments.keepers_for(session, group_id=group.id, person_id=PersonId(asked.person_id))
        messages += [notice(command, keeper, to_keepers, facts) for keeper in keepers if keeper.person_id != actor.person_id]
    put(session, *messages)
    return facts


# What a decision tells the borrower, and those who pay out: by what the loan was, and whether it is agreed to.
_DECISIONS: Final[Mapping[tuple[str, bool], tuple[str, str | None]]] = {
    (LoanState.APPLIED, True): ("loan.approved", "loan.to_pay_out"),
    (LoanState.APPLIED, False): ("loan.rejected", None),
    (LoanState.APPROVED, False): ("loan.withdrawn", "loan.not_to_pay_out"),
}


def _look_again(session: Session, asked: Asked, actor: Actor) -> None:
    """See that what let the borrower ask is still so: days may have passed."""
    group = actor.home
    if asked.member_state != "active":
        raise BorrowerLeft(name=asked.name)
    code = savings_code(asked.member_number)
    savings = Money(books.balances(session, book_id=group.id, codes=(code,))[code].minor, group.currency)
    limit = covered(savings, group.rules)
    if Money(asked.principal_minor, group.currency) > limit:
        raise NoLongerCovered(name=asked.name, savings=savings, most=limit)


def posting_lines(session: Session, *, group_id: int, loan: tuple[str, AccountId], lines: tuple[Line, ...]) -> list[tuple[AccountId, int]]:
    """Find the accounts of a loan's lines; `loan` is its own, by code and number."""
    found = books.balances(session, book_id=group_id, codes=(CASH, UNEARNED_INTEREST, LOAN_INTEREST))
    accounts = {code: balance.id for code, balance in found.items()} | dict((loan,))
    return [(accounts[line.account], line.minor) for line in lines]


def disburse(session: Session, command: DisburseLoan, actor: Actor) -> dict[str, Any]:
    """Pay an approved loan out of the box, and lay down its instalments; borrower and payer get a receipt.

    :raises AlreadyDecided: if it is not approved (any more)
    :raises OwnRequest: if it is the payer's own
    :raises NotAllowed: if a treasurer should pay it
    :raises BorrowerLeft: if the borrower is no longer in the group
    :raises NoLongerCovered: if the savings do not stand for it any more
    :raises BoxTooSmall: if the box does not hold it
    """
    group = actor.home
    asked = lock_loan(session, group_id=group.id, loan_id=command.loan_id)
    if not may_move(asked.state, "disburse"):
        raise AlreadyDecided
    if asked.person_id == actor.person_id:
        raise OwnRequest
    if not payments.may_handle(session, actor=actor, person_id=PersonId(asked.person_id)):
        raise NotAllowed
    _look_again(session, asked, actor)
    code, today = loan_code(asked.number), command.on(group.timezone)
    account = ledger.open_account(session, book_id=group.id, code=code, kind="asset", member_id=asked.member_id, floor_minor=0)
    lines = disbursement(loan=code, principal_minor=asked.principal_minor, interest_minor=asked.interest_minor)
    try:
        posted = ledger.post_entry(
            session,
            book_id=group.id,
            key=str(command.id),
            kind="loan.disbursed",
            lines=posting_lines(session, group_id=group.id, loan=(code, account), lines=tuple(lines)),
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
