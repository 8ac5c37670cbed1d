"""A forgotten PIN is cleared by two officials together; its owner chooses a new one when they dial next.

One official asks, another one of the same group agrees, each with their own PIN; neither is the member. The PIN is the
person's, in all their groups, and two officials of any one of these suffice: to wait for every group would leave who
is in five of them without their money for weeks. So that nobody is robbed by the two of their weakest group, the person
is told on every number that any group knows, when it is asked and when it is done, and stops it by changing the PIN.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from core.commands import AskPinReset, DecidePinReset
from core.db.engine import driver
from core.db.statement import Statement
from core.groups import links, pins, proofs
from core.groups import queries as people
from core.groups.notices import notice
from core.groups.queries import Actor, Contact
from core.groups.rules import LEADERS, RESET_LIFE, AlreadyDecided, OwnRequest
from core.ids import PersonId
from core.outbox.operations import put
from core.refusal import Refused


class NothingToReset(Refused):
    """The member (`name`) has no PIN."""

    code = "pin.nothing_to_reset"


class ResetWaits(Refused):
    """Somebody has asked this for the member (`name`), and it waits for another official."""

    code = "pin.reset_waits"


class NoSecondOfficial(Refused):
    """Nobody else in the group may agree to it."""

    code = "pin.no_second_official"


_LAPSE_OLD: Final = """
UPDATE pin_reset SET state = 'lapsed' WHERE member_id = %s AND group_id = %s AND state = 'asked' AND asked_at <= %s
"""
_ASK: Final = """
INSERT INTO pin_reset (group_id, member_id, person_id, asked_by, asked_at, state) VALUES (%s, %s, %s, %s, %s, 'asked')
ON CONFLICT (member_id, group_id) WHERE state = 'asked' DO NOTHING RETURNING id
"""


def ask_reset(session: Session, command: AskPinReset, actor: Actor) -> dict[str, Any]:
    """Ask that a member's PIN be cleared; the member and the other officials are told. It lapses after a day.

    :raises NoSuchMember: if the group has none of this number
    :raises OwnRequest: if it is the official's own
    :raises NothingToReset: if the member has no PIN
    :raises NoSecondOfficial: if nobody else may agree
    :raises ResetWaits: if it was asked already
    """
    group, connection = actor.home, driver(session)
    member = people.numbered(session, group=group, number=command.number)
    if member.person_id == actor.person_id:
        raise OwnRequest
    if not pins.is_set(session, person_id=member.person_id):
        raise NothingToReset(name=member.name)
    others = people.officers(session, group_id=group.id, roles=LEADERS, but=actor.person_id)
    others = [leader for leader in others if leader.person_id != member.person_id]
    if not others:
        raise NoSecondOfficial
    connection.execute(_LAPSE_OLD, (member.member_id, group.id, command.at - RESET_LIFE))
    asked = (group.id, member.member_id, member.person_id, actor.person_id, command.at)
    if connection.execute(_ASK, asked).fetchone() is None:
        raise ResetWaits(name=member.name)
    facts = {"name": member.name, "by": actor.name, "group": group.name, "hours": RESET_LIFE // timedelta(hours=1)}
    _tell_owner(session, command, member.person_id, "pin.reset_asked", facts)
    put(session, *(notice(command, leader, "pin.reset_to_confirm", facts) for leader in others))
    return facts


_WAITS: Final[Statement[Any]] = Statement("""
SELECT r.person_id, r.asked_by, p.name FROM pin_reset r
JOIN member m ON m.group_id = r.group_id AND m.id = r.member_id AND m.state = 'active' JOIN person p ON p.id = r.person_id
WHERE r.group_id = %(group)s AND r.id = %(id)s AND r.state = 'asked' AND r.asked_at > %(since)s FOR UPDATE OF r
""")
_DECIDE: Final = "UPDATE pin_reset SET state = %s, decided_by = %s, decided_at = %s WHERE group_id = %s AND id = %s"


def decide_reset(session: Session, command: DecidePinReset, actor: Actor) -> dict[str, Any]:
    """Clear a member's PIN, with its lock and all that it has opened, or do not; the member is told on all their numbers.

    :raises AlreadyDecided: if another official was quicker, it has lapsed, or the member has left
    :raises OwnRequest: if the official asked for it, or it is their own PIN
    """
    group = actor.home
    waiting = {"group": group.id, "id": command.reset_id, "since": command.at - RESET_LIFE}
    asked = _WAITS.one(driver(session), waiting)
    if asked is None:
        raise AlreadyDecided
    if actor.person_id in (asked.person_id, asked.asked_by):
        raise OwnRequest
    state = "done" if command.agree else "refused"
    driver(session).execute(_DECIDE, (state, actor.person_id, command.at, group.id, command.reset_id))
    facts = {"name": asked.name, "by": actor.name, "group": group.name}
    if not command.agree:
        _tell_owner(
            session, command, asked.person_id, "pin.reset_refused", facts, also=people.all_numbers(session, person_id=asked.asked_by)
        )
        return facts
    pins.clear(session, person_id=asked.person_id)
    proofs.forget_pin_given(session, person_id=asked.person_id)
    proofs.lapse_link_codes(session, person_id=asked.person_id)
    links.drop(session, command, person_id=asked.person_id)
    lapse(session, person_id=asked.person_id)
    _tell_owner(session, command, asked.person_id, "pin.was_reset", facts)
    return facts


def lapse(session: Session, *, person_id: PersonId) -> None:
    """Let everything lapse that still waits about a person's PIN, in whichever group it was asked."""
    driver(session).execute("UPDATE pin_reset SET state = 'lapsed' WHERE person_id = %s AND state = 'asked'", (person_id,))


def _tell_owner(
    session: Session,
    command: AskPinReset | DecidePinReset,
    person_id: PersonId,
    template: str,
    facts: dict[str, Any],
    *,
    also: Iterable[Contact] = (),
) -> None:
    told = (*people.all_numbers(session, person_id=person_id), *also)
    put(session, *(notice(command, to, template, facts) for to in told))
