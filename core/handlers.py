"""What is done for each kind of command. A new kind is a line here, and one in the role table."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy.orm import Session

from core.commands import DecideCash, ImportEntries, OpenOrganisation, ProvePin, ReverseEntry
from core.groups import links
from core.groups import operations as groups
from core.groups import queries as people
from core.groups.notices import notice
from core.groups.queries import Actor
from core.groups.rules import LEADERS
from core.ledger import imports
from core.ledger import operations as ledger
from core.ledger import queries as books
from core.ledger.operations import Posted
from core.ledger.receipts import receipt_code
from core.ledger.rules import CASH
from core.loans import operations as loans
from core.loans import repayments
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
        receive = savings.receive_saving if declared.purpose == "saving" else repayments.receive_repayment
        return receive(session, command, actor, declared)
    payments.settle(session, declared=declared, actor=actor, entry_id=None, at=command.at)
    amount = Money(declared.amount_minor, actor.home.currency)
    facts = {"name": declared.name, "amount": amount, "by": actor.name, "group": actor.home.name}
    put(session, notice(command, declared.contact, "cash.refused", facts))
    return facts


def prove_pin(_session: Session, _command: ProvePin, _actor: Actor) -> dict[str, Any]:
    """Nothing more: the door has checked the PIN."""
    return {}


def open_organisation(session: Session, command: OpenOrganisation, _actor: Actor) -> dict[str, Any]:
    """Open an organisation, or find the one of this name."""
    return {"organisation_id": groups.open_organisation(session, name=command.name, country=command.country)}


def import_entries(session: Session, command: ImportEntries, _actor: Actor) -> dict[str, Any]:
    """Take entries from elsewhere into a book; the refusals are those of `core.ledger.imports`."""
    return asdict(imports.import_entries(session, command))


# Its members are told the whole of it, in one SMS.
REASON_CHARS_MAX: Final = 30


class EntryOfALoan(Refused):
    """A loan's entry moves with its loan: its mirror alone would leave the two telling different stories."""

    code = "ledger.entry_of_a_loan"


class BadReason(Refused):
    """A correction has a reason of 1 to `most` characters."""

    code = "ledger.bad_reason"


class BadDay(Refused):
    """A correction takes effect on a day from that of its entry (`first`) to today (`last`)."""

    code = "ledger.bad_day"


def reverse_entry(session: Session, command: ReverseEntry, actor: Actor) -> dict[str, Any]:
    """Correct an entry by its mirror; the members whose savings it moves are told, and the leaders.

    :raises BadReason: if there is none, or too much of it
    :raises NoSuchEntry: if the book has no such entry
    :raises EntryOfALoan: if a loan was paid out or repaid by it
    :raises BadDay: if it would take effect before the entry did, or in the future
    :raises AlreadyReversed: if it was reversed before
    :raises Overdrawn: if what it brought in is no longer there
    """
    if not 1 <= len(command.reason.strip()) <= REASON_CHARS_MAX:
        raise BadReason(most=REASON_CHARS_MAX)
    event = books.event(session, book_id=command.group_id, entry_id=command.entry_id)
    if event is None:
        raise ledger.NoSuchEntry
    if event.kind.startswith("loan."):
        raise EntryOfALoan(kind=event.kind)
    if not event.effective_on <= command.effective_on <= command.on(actor.home.timezone):
        raise BadDay(first=event.effective_on, last=command.on(actor.home.timezone))
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
    _tell_of_correction(session, command, actor, posted)
    return {"entry_id": int(posted.entry_id), "code": receipt_code(posted.entry_id)}


def _tell_of_correction(session: Session, command: ReverseEntry, actor: Actor, posted: Posted) -> None:
    group = actor.home
    facts = {"group": group.name, "reason": command.reason.strip(), "code": receipt_code(posted.entry_id)}
    for moved in books.moved_savings(session, book_id=group.id, entry_id=posted.entry_id):
        saver = people.contact(session, group_id=group.id, member_id=moved.member_id)
        own = facts | {"amount": Money(moved.minor, group.currency), "new": Money(moved.balance_minor, group.currency)}
        put(session, notice(command, saver, "entry.corrected", own, about=moved.member_id))
    box = Money(books.balances(session, book_id=group.id, codes=(CASH,))[CASH].minor, group.currency)
    leaders = people.officers(session, group_id=group.id, roles=LEADERS)
    put(session, *(notice(command, leader, "entry.corrected_in_book", facts | {"box_new": box}) for leader in leaders))


HANDLERS: Final[Mapping[str, Handler]] = {
    "organisation.open": open_organisation,
    "group.open": groups.open_group,
    "member.add": groups.add_member,
    "member.ask": groups.ask_to_join,
    "member.decide": groups.decide_join,
    "pin.prove": prove_pin,
    "pin.set": groups.set_pin,
    "language.choose": groups.choose_language,
    "group.choose": groups.choose_group,
    "link.make": groups.make_link_code,
    "link.use": links.use_link_code,
    "link.drop": links.unlink,
    "saving.declare": savings.declare_saving,
    "repayment.declare": repayments.declare_repayment,
    "cash.decide": decide_cash,
    "loan.apply": loans.apply,
    "loan.cancel": loans.cancel,
    "loan.decide": loans.decide,
    "loan.disburse": loans.disburse,
    "meeting.call": meetings.call_meeting,
    "meeting.answer": meetings.answer_meeting,
    "entry.reverse": reverse_entry,
    "entries.import": import_entries,
}
