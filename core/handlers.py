"""What is done for each kind of command. A new kind is a line here, and one in the role table."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from core.commands import DecideCash, ProvePin, ReverseEntry
from core.groups import operations as groups
from core.groups.notices import notice
from core.groups.queries import Actor
from core.ledger import operations as ledger
from core.ledger import queries as books
from core.ledger.receipts import receipt_code
from core.loans import operations as loans
from core.meetings import operations as meetings
from core.money import Money
from core.outbox.operations import put
from core.payments import operations as payments
from core.refusal import Refused
from core.savings import operations as savings

Handler = Callable[[Session, Any, Actor], dict[str, Any]]


def decide_cash(session: Session, command: DecideCash, actor: Actor) -> dict[str, Any]:
    """Say whether declared cash was received; what was is posted as saving or repayment.

    :raises AlreadyDecided: if somebody was quicker
    :raises OwnRequest: if it is the keeper's own
    :raises NotAllowed: if the treasurer should decide
    """
    declared = payments.take_up(session, group_id=actor.home.id, declaration_id=command.declaration_id, actor=actor)
    if command.agree:
        receive = savings.receive_saving if declared.purpose == "saving" else loans.receive_repayment
        return receive(session, command, actor, declared)
    payments.settle(session, declared=declared, actor=actor, entry_id=None, at=command.at)
    amount = Money(declared.amount_minor, actor.home.currency)
    facts = {"name": declared.name, "amount": amount, "by": actor.name, "group": actor.home.name}
    put(session, notice(command, declared.contact, "cash.refused", facts))
    return facts


def prove_pin(_session: Session, _command: ProvePin, _actor: Actor) -> dict[str, Any]:
    """Nothing more: the door has checked the PIN."""
    return {}


class EntryOfALoan(Refused):
    """A loan's entry moves with its loan: its mirror alone would leave the two telling different stories."""

    code = "ledger.entry_of_a_loan"


def reverse_entry(session: Session, command: ReverseEntry, actor: Actor) -> dict[str, Any]:
    """Correct an entry by its mirror.

    :raises NoSuchEntry: if the book has no such entry
    :raises AlreadyReversed: if it was reversed before
    :raises EntryOfALoan: if a loan was paid out or repaid by it
    """
    kind = books.entry_kind(session, book_id=command.group_id, entry_id=command.entry_id)
    if kind is not None and kind.startswith("loan."):
        raise EntryOfALoan(kind=kind)
    posted = ledger.reverse_entry(
        session,
        book_id=command.group_id,
        entry_id=command.entry_id,
        key=str(command.id),
        memo=command.reason,
        effective_on=command.effective_on,
        at=command.at,
        actor_id=actor.person_id,
        command_id=command.id,
    )
    return {"entry_id": int(posted.entry_id), "code": receipt_code(posted.entry_id)}


HANDLERS: Final[Mapping[str, Handler]] = {
    "group.open": groups.open_group,
    "member.add": groups.add_member,
    "member.ask": groups.ask_to_join,
    "member.decide": groups.decide_join,
    "pin.prove": prove_pin,
    "pin.set": groups.set_pin,
    "language.choose": groups.choose_language,
    "group.choose": groups.choose_group,
    "link.make": groups.make_link_code,
    "saving.declare": savings.declare_saving,
    "repayment.declare": loans.declare_repayment,
    "cash.decide": decide_cash,
    "loan.apply": loans.apply,
    "loan.cancel": loans.cancel,
    "loan.decide": loans.decide,
    "loan.disburse": loans.disburse,
    "meeting.call": meetings.call_meeting,
    "meeting.answer": meetings.answer_meeting,
    "entry.reverse": reverse_entry,
}
