"""Everything that the house tells anybody, as data: what happened, whom it is told, and of which kind that is.

The words are the catalogues', under the event's name. A new message is a line here, its words, and its test.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a message is to its reader, which says when it may come and whether STOP stops it."""

    RECEIPT = "receipt"  # what was done with their money or their request
    SECURITY = "security"  # what guards their account
    ANSWER = "answer"  # what they have just asked for
    WORK = "work"  # what waits for an official to decide
    REMINDER = "reminder"  # what they should not forget
    SOCIAL = "social"  # what is good to know

    @property
    def may_be_stopped(self) -> bool:
        """Whether STOP stops it: never what was done with somebody's money, nor what they decide on for others."""
        return self in {Kind.REMINDER, Kind.SOCIAL}

    @property
    def keeps_quiet(self) -> bool:
        """Whether it waits for the day (08 to 20 where the group lives) if it comes up at night."""
        return self in {Kind.WORK, Kind.REMINDER, Kind.SOCIAL}


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: whom it is told, of which kind that is, and which commands bring it about."""

    told: str
    kind: Kind
    of: tuple[str, ...]


_WITH_PIN: Final = (
    *("pin.prove", "pin.set", "cash.decide", "member.decide", "loan.decide", "loan.disburse", "link.make"),
    "dispute.decide",
    *("pin.ask_reset", "pin.reset"),
)

EVENTS: Final[Mapping[str, Event]] = {
    # Cash that changes hands does so now, by day or night.
    "cash.declared": Event("the keepers of the cash", Kind.RECEIPT, ("saving.declare", "repayment.declare")),
    "cash.refused": Event("the member", Kind.RECEIPT, ("cash.decide",)),
    "saving.received": Event("the member", Kind.RECEIPT, ("cash.decide",)),
    "saving.confirmed": Event("who confirmed it", Kind.RECEIPT, ("cash.decide",)),
    "loan.asked": Event("the leaders", Kind.WORK, ("loan.apply",)),
    "loan.withdrawn": Event("the borrower", Kind.RECEIPT, ("loan.decide",)),
    "loan.approved": Event("the borrower", Kind.RECEIPT, ("loan.decide",)),
    "loan.rejected": Event("the borrower", Kind.RECEIPT, ("loan.decide",)),
    "loan.to_pay_out": Event("the keepers of the cash", Kind.WORK, ("loan.decide",)),
    "loan.not_to_pay_out": Event("the keepers of the cash", Kind.RECEIPT, ("loan.decide",)),
    "loan.paid_out": Event("the borrower", Kind.RECEIPT, ("loan.disburse",)),
    "loan.pay_out_done": Event("who paid it out", Kind.RECEIPT, ("loan.disburse",)),
    "loan.repaid": Event("the borrower", Kind.RECEIPT, ("cash.decide",)),
    "loan.settled": Event("the borrower", Kind.RECEIPT, ("cash.decide",)),
    "loan.repayment_confirmed": Event("who confirmed it", Kind.RECEIPT, ("cash.decide",)),
    "join.asked": Event("the leaders", Kind.WORK, ("member.ask",)),
    "join.approved": Event("the new member", Kind.RECEIPT, ("member.decide",)),
    "join.refused": Event("who asked", Kind.RECEIPT, ("member.decide",)),
    "pin.set": Event("the person", Kind.SECURITY, ("pin.set",)),
    "pin.changed": Event("the person", Kind.SECURITY, ("pin.set",)),
    "telegram.linked": Event("the person", Kind.SECURITY, ("link.use",)),
    "telegram.unlinked": Event("the person", Kind.SECURITY, ("link.drop", "pin.set")),
    "pin.locked": Event("the person", Kind.SECURITY, _WITH_PIN),
    # Who disputed the entry is told by `dispute.upheld` alone.
    "entry.corrected": Event("the member", Kind.RECEIPT, ("entry.reverse", "dispute.decide")),
    "entry.corrected_in_book": Event("the leaders", Kind.RECEIPT, ("entry.reverse", "dispute.decide")),
    "dispute.opened": Event("the member", Kind.RECEIPT, ("dispute.open",)),
    "dispute.asked": Event("who may decide on it", Kind.WORK, ("dispute.open",)),
    "dispute.upheld": Event("the member", Kind.RECEIPT, ("dispute.decide",)),
    "dispute.rejected": Event("the member", Kind.RECEIPT, ("dispute.decide",)),
    "dispute.withdrawn": Event("the member", Kind.RECEIPT, ("dispute.withdraw",)),
    "pin.reset_asked": Event("the person, on all their numbers", Kind.SECURITY, ("pin.ask_reset",)),
    "pin.reset_to_confirm": Event("the other leaders", Kind.WORK, ("pin.ask_reset",)),
    "pin.was_reset": Event("the person, on all their numbers", Kind.SECURITY, ("pin.reset",)),
    "pin.reset_refused": Event("the person, on all their numbers, and who asked", Kind.SECURITY, ("pin.reset",)),
    "number.changed": Event("the person, on the old number, the new one and all others", Kind.SECURITY, ("number.change",)),
    # Who may confirm cash and approve loans is no news that STOP may keep from those who do it with them.
    "role.given": Event("the member and the other leaders", Kind.RECEIPT, ("role.change",)),
    "role.taken": Event("the member and the other leaders", Kind.RECEIPT, ("role.change",)),
    "meeting.called": Event("every member", Kind.REMINDER, ("meeting.call",)),
    "sms.nearly_spent": Event("the leaders", Kind.WORK, ()),
    "meeting.changed": Event("every member", Kind.REMINDER, ("meeting.change",)),
    "meeting.cancelled": Event("every member", Kind.REMINDER, ("meeting.cancel",)),
    "meeting.cancelled_because": Event("every member", Kind.REMINDER, ("meeting.cancel",)),
    "meeting.digest": Event("every member", Kind.SOCIAL, ("meeting.close",)),
    # By the calendar, not by a command: see workers/daily.py.
    "meeting.tomorrow": Event("every member who did not say no", Kind.REMINDER, ()),
    "loan.due_soon": Event("the borrower", Kind.REMINDER, ()),
    "loan.due_today": Event("the borrower", Kind.REMINDER, ()),
    "loan.overdue": Event("the borrower", Kind.REMINDER, ()),
    "loan.overdue_for_leaders": Event("the leaders", Kind.WORK, ()),
    "sms.reply": Event("who sent an SMS", Kind.ANSWER, ()),
}


def kind_of(template: str) -> Kind:
    """Say of which kind a message is; one that is not here is told at once."""
    event = EVENTS.get(template)
    return Kind.RECEIPT if event is None else event.kind
