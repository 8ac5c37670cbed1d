"""What is done for each kind of command. A new kind is a line here, and one in the role table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from core.commands import Command, DecideCash, DecideDispute, ImportEntries, OpenOrganisation, ProvePin, ReverseEntry
from core.disputes import operations as disputes
from core.groups import links, numbers, offices, resets
from core.groups import operations as groups
from core.groups import queries as people
from core.groups.notices import notice
from core.groups.queries import Actor
from core.groups.rules import LEADERS
from core.ids import EntryId
from core.ledger import imports
from core.ledger import operations as ledger
from core.ledger import queries as books
from core.ledger.operations import Posted
from core.ledger.queries import MovedSavings
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
    :raises EntryDisputed: if a member disputes it: then it is for others to decide
    :raises AlreadyReversed: if it was reversed before
    :raises Overdrawn: if what it brought in is no longer there
    """
    if not 1 <= len(command.reason.strip()) <= REASON_CHARS_MAX:
        raise BadReason(most=REASON_CHARS_MAX)
    event = _correctable(session, book_id=command.group_id, entry_id=command.entry_id)
    if not event.effective_on <= command.effective_on <= command.on(actor.home.timezone):
        raise BadDay(first=event.effective_on, last=command.on(actor.home.timezone))
    disputes.hold_undisputed(session, group_id=command.group_id, entry_id=command.entry_id)
    posted = _mirror(session, command, actor, command.entry_id, memo=command.reason, effective_on=command.effective_on)
    moved = books.moved_savings(session, book_id=actor.home.id, entry_id=posted.entry_id)
    _tell_of_correction(session, command, actor, posted, moved, reason=command.reason.strip())
    return {"entry_id": int(posted.entry_id), "code": receipt_code(posted.entry_id)}


def decide_dispute(session: Session, command: DecideDispute, actor: Actor) -> dict[str, Any]:
    """Say whether a disputed entry is wrong; what is wrong is undone by its mirror, today.

    Who disputed it hears of that by one message, which says what their savings are now; anybody else whose savings it
    moves, and the leaders, hear of a correction, with the receipt's code for its reason.

    :raises AlreadyDecided: if somebody was quicker
    :raises Concerned: if they recorded the entry, or dispute it
    :raises NotAllowed: if a leader should decide
    :raises EntryOfALoan: if a loan was paid out or repaid by it; the dispute stays open
    :raises Overdrawn: if what it brought in is no longer there; the dispute stays open
    """
    asked, of_entry = disputes.take_up(session, command=command, actor=actor)
    facts = disputes.facts_of(asked, actor.home)
    if not command.agree:
        disputes.reject(session, command, actor, asked)
        return facts
    event = _correctable(session, book_id=actor.home.id, entry_id=asked.entry_id)
    today = max(event.effective_on, command.on(actor.home.timezone))
    posted = _mirror(session, command, actor, asked.entry_id, memo=facts["code"], effective_on=today)
    moved = books.moved_savings(session, book_id=actor.home.id, entry_id=posted.entry_id)
    disputes.uphold(session, command, actor, of_entry, posted=posted, moved=moved)
    told = {each.member_id for each in of_entry}
    others = [each for each in moved if each.member_id not in told]
    _tell_of_correction(session, command, actor, posted, others, reason=facts["code"])
    return facts


def _correctable(session: Session, *, book_id: int, entry_id: EntryId) -> books.Event:
    event = books.event(session, book_id=book_id, entry_id=entry_id)
    if event is None:
        raise ledger.NoSuchEntry
    if event.kind.startswith("loan."):
        raise EntryOfALoan(kind=event.kind)
    return event


def _mirror(session: Session, command: Command, actor: Actor, entry_id: EntryId, *, memo: str, effective_on: date) -> Posted:
    return ledger.reverse_entry(
        session,
        book_id=command.group_id,
        entry_id=entry_id,
        key=str(command.id),
        memo=memo,
        effective_on=effective_on,
        at=command.at,
        actor_id=actor.person_id,
        command_id=command.id,
    )


def _tell_of_correction(
    session: Session, command: Command, actor: Actor, posted: Posted, moved: Sequence[MovedSavings], *, reason: str
) -> None:
    group = actor.home
    facts = {"group": group.name, "reason": reason, "code": receipt_code(posted.entry_id)}
    for each in moved:
        saver = people.contact(session, group_id=group.id, member_id=each.member_id)
        own = facts | {"amount": Money(each.minor, group.currency), "new": Money(each.balance_minor, group.currency)}
        put(session, notice(command, saver, "entry.corrected", own, about=each.member_id))
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
    "pin.ask_reset": resets.ask_reset,
    "pin.reset": resets.decide_reset,
    "number.change": numbers.change_number,
    "role.change": offices.change_role,
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
    "meeting.change": meetings.change_meeting,
    "meeting.cancel": meetings.cancel_meeting,
    "meeting.close": meetings.close_meeting,
    "meeting.answer": meetings.answer_meeting,
    "dispute.open": disputes.open_dispute,
    "dispute.decide": decide_dispute,
    "dispute.withdraw": disputes.withdraw,
    "entry.reverse": reverse_entry,
    "entries.import": import_entries,
}
