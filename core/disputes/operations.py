"""A member disputes an entry, which is then frozen, until others decide on it or the member takes it back.

Frozen means: nobody undoes the entry on any other path than the decision (`EntryDisputed`), and whoever looks at its receipt
or at the member's statement sees that it is disputed. The money itself is not blocked. An entry is a record of cash that
changed hands, and the cash is where it is, whatever is said of the record: to lock a balance over it would stop a member's
next saving or a borrower's next repayment for a mistake of somebody else's, and would let anybody stop anybody by a word. What
would be lost by waiting is not lost either: an entry that is wrong is undone by its mirror as well tomorrow as today.
"""

from collections.abc import Collection
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.commands import DecideDispute, OpenDispute, WithdrawDispute
from core.db.engine import driver
from core.db.statement import Statement
from core.disputes import queries
from core.disputes.queries import Disputed
from core.disputes.rules import DECIDERS, DisputeState, is_too_late
from core.groups.notices import notice
from core.groups.queries import Actor, Contact, GroupCard, officers
from core.groups.rules import AlreadyDecided, NotAllowed
from core.ids import EntryId, GroupId, PersonId
from core.ledger import receipts
from core.ledger.operations import AlreadyReversed, Posted
from core.ledger.queries import MovedSavings
from core.money import Money
from core.outbox.operations import put
from core.refusal import Refused

_ENTRY_MAX: Final = 2**63 - 1


class NoSuchReceipt(Refused):
    """The member has no such receipt in the group. Whether anybody else has it is not said."""

    code = "dispute.no_such_receipt"


class AlreadyDisputed(Refused):
    """The member disputes the entry already."""

    code = "dispute.open"


class RejectedBefore(Refused):
    """The member disputed the entry before, and it was decided that it stands."""

    code = "dispute.rejected_before"


class TooLate(Refused):
    """The entry is older than the group's rules allow (`days`)."""

    code = "dispute.too_late"


class NobodyDecides(Refused):
    """The group has no leader and no key holder but who recorded the entry or disputes it."""

    code = "dispute.nobody_decides"


class Concerned(Refused):
    """Who recorded the entry, or disputes it, does not decide on it."""

    code = "dispute.concerned"


class EntryDisputed(Refused):
    """The entry is frozen: a dispute of it is open."""

    code = "entry.disputed"


# Whether an entry is disputed and whether it is reversed hang on each other, and neither is a row that can be locked
# for both: so who changes either takes this lock first, until the end of the transaction.
_HOLD: Final[Statement[Any]] = Statement("SELECT pg_advisory_xact_lock(hashtextextended('entry ' || %(entry)s::bigint, %(group)s))")
_INSERT: Final[Statement[Any]] = Statement("""
INSERT INTO dispute (group_id, entry_id, recorded_by, member_id, person_id, opened_at, state)
VALUES (%(group)s, %(entry)s, %(recorded_by)s, %(member)s, %(person)s, %(at)s, 'open') RETURNING id
""")
_CLOSE: Final[Statement[Any]] = Statement("""
UPDATE dispute SET state = %(state)s, decided_by = %(by)s, decided_at = %(at)s, reversal_id = %(reversal)s
WHERE group_id = %(group)s AND id = ANY(%(ids)s)
""")


def open_dispute(session: Session, command: OpenDispute, actor: Actor) -> dict[str, Any]:
    """Freeze an entry on the member's account; the member has it in writing, and who may decide on it is asked.

    :raises NoSuchReceipt: if the member has none of this code in the group
    :raises AlreadyReversed: if it was undone
    :raises AlreadyDisputed: if the member's dispute of it is open
    :raises RejectedBefore: if it was decided that it stands
    :raises TooLate: if it is older than the group's rules allow
    :raises NobodyDecides: if the group has nobody who may decide on it
    """
    group, entry_id = actor.home, receipts.entry_of(command.code)
    if entry_id is None or entry_id > _ENTRY_MAX:
        raise NoSuchReceipt
    _hold(session, group_id=group.id, entry_id=EntryId(entry_id))
    entry = queries.own_entry(session, group_id=group.id, entry_id=entry_id, member_id=actor.member_id)
    if entry is None:
        raise NoSuchReceipt
    if entry.reversed:
        raise AlreadyReversed
    if DisputeState.OPEN in entry.states:
        raise AlreadyDisputed
    if DisputeState.REJECTED in entry.states:
        raise RejectedBefore
    days = group.rules.dispute_days_max
    recorded_on = entry.recorded_at.astimezone(ZoneInfo(group.timezone)).date()
    if is_too_late(recorded_on, today=command.on(group.timezone), days_max=days):
        raise TooLate(days=days)
    assert actor.person_id is not None, "a member is somebody"
    deciders = _deciders(session, group.id, {entry.recorded_by, actor.person_id, *entry.disputed_by})
    if not deciders:
        raise NobodyDecides
    what = {"group": group.id, "entry": entry.id, "recorded_by": entry.recorded_by, "member": actor.member_id}
    row = _INSERT.one(driver(session), what | {"person": actor.person_id, "at": command.at})
    assert row is not None, "it was seen under the lock that the member disputes it nowhere else"
    facts = {
        "name": actor.name,
        "amount": Money(entry.minor, group.currency),
        "on": entry.effective_on,
        "group": group.name,
        "code": receipts.receipt_code(entry.id),
    }
    put(session, notice(command, actor, "dispute.opened", facts), *(notice(command, to, "dispute.asked", facts) for to in deciders))
    return facts | {"dispute_id": int(row.id)}


def withdraw(session: Session, command: WithdrawDispute, actor: Actor) -> dict[str, Any]:
    """Take back one's own dispute; the entry stands as before, and may be disputed again.

    :raises AlreadyDecided: if it is not open (any more)
    :raises NotAllowed: if it is somebody else's
    """
    _of_entry, asked = _lock(session, group_id=actor.home.id, command=command)
    if asked.person_id != actor.person_id:
        raise NotAllowed
    _close(session, command, actor, [asked], state=DisputeState.WITHDRAWN)
    facts = facts_of(asked, actor.home)
    put(session, notice(command, actor, "dispute.withdrawn", facts))
    return facts


def take_up(session: Session, *, command: DecideDispute, actor: Actor) -> tuple[Disputed, list[Disputed]]:
    """Lock a dispute for the one who decides on it; give it, and every open one of its entry.

    :raises AlreadyDecided: if somebody was quicker
    :raises Concerned: if they recorded the entry, or dispute it
    :raises NotAllowed: if a leader should decide: the key holders stand in where no leader may
    """
    of_entry, asked = _lock(session, group_id=actor.home.id, command=command)
    concerned = {asked.recorded_by, *(each.person_id for each in of_entry)}
    if actor.person_id in concerned:
        raise Concerned
    if all(decider.person_id != actor.person_id for decider in _deciders(session, actor.home.id, concerned)):
        raise NotAllowed
    return asked, of_entry


def uphold(
    session: Session, command: DecideDispute, actor: Actor, of_entry: list[Disputed], *, posted: Posted, moved: list[MovedSavings]
) -> None:
    """Close every open dispute of an entry that was undone by `posted`; each member hears what their savings are now."""
    group = actor.home
    _close(session, command, actor, of_entry, state=DisputeState.UPHELD, reversal_id=posted.entry_id)
    now = {each.member_id: each.balance_minor for each in moved}
    ref = {"by": actor.name, "ref": receipts.receipt_code(posted.entry_id)}
    for asked in of_entry:
        facts = facts_of(asked, group) | ref | {"new": Money(now[asked.member_id], group.currency)}
        put(session, notice(command, asked.contact, "dispute.upheld", facts, about=asked.member_id))


def reject(session: Session, command: DecideDispute, actor: Actor, asked: Disputed) -> None:
    """Close a dispute: its entry stands, and the member hears who says so."""
    _close(session, command, actor, [asked], state=DisputeState.REJECTED)
    put(session, notice(command, asked.contact, "dispute.rejected", facts_of(asked, actor.home) | {"by": actor.name}))


def hold_undisputed(session: Session, *, group_id: GroupId, entry_id: EntryId) -> None:
    """See that no dispute of an entry is open, and that none is opened before the end of the transaction.

    :raises EntryDisputed: if one is
    """
    _hold(session, group_id=group_id, entry_id=entry_id)
    if queries.is_disputed(session, group_id=group_id, entry_id=entry_id):
        raise EntryDisputed


def facts_of(asked: Disputed, group: GroupCard) -> dict[str, Any]:
    """What a sentence about a dispute needs."""
    return {
        "name": asked.name,
        "amount": Money(asked.minor, group.currency),
        "on": asked.effective_on,
        "group": group.name,
        "code": receipts.receipt_code(asked.entry_id),
    }


def _hold(session: Session, *, group_id: GroupId, entry_id: EntryId) -> None:
    _HOLD.later(driver(session), {"group": group_id, "entry": entry_id})


def _lock(session: Session, *, group_id: GroupId, command: DecideDispute | WithdrawDispute) -> tuple[list[Disputed], Disputed]:
    """Lock every open dispute of an entry; give them, and the one that is meant.

    :raises AlreadyDecided: if it is not open
    """
    entry_id = queries.entry_of(session, group_id=group_id, dispute_id=command.dispute_id)
    if entry_id is None:
        raise AlreadyDecided
    _hold(session, group_id=group_id, entry_id=entry_id)
    of_entry = queries.lock_open(session, group_id=group_id, entry_id=entry_id)
    asked = next((each for each in of_entry if each.id == command.dispute_id), None)
    if asked is None:
        raise AlreadyDecided
    return of_entry, asked


def _deciders(session: Session, group_id: GroupId, concerned: Collection[PersonId | None]) -> list[Contact]:
    """Who may decide: of the first office that has any, those who are not concerned; maybe nobody."""
    for office in DECIDERS:
        found = [each for each in officers(session, group_id=group_id, roles=office) if each.person_id not in concerned]
        if found:
            return found
    return []


def _close(
    session: Session,
    command: DecideDispute | WithdrawDispute,
    actor: Actor,
    closed: list[Disputed],
    *,
    state: DisputeState,
    reversal_id: EntryId | None = None,
) -> None:
    by = None if state is DisputeState.WITHDRAWN else actor.person_id
    what = {"group": actor.home.id, "ids": [each.id for each in closed], "state": state, "by": by, "at": command.at}
    _CLOSE.later(driver(session), what | {"reversal": reversal_id})
