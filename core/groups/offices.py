"""An office is given to a member, or taken from one.

Staff does it at the console after the group's vote: no member can ask for it, so nobody changes their own. A group never
loses its last chair, nor the last of those who keep its cash.
"""

from typing import Any, Final

from sqlalchemy.orm import Session

from core.commands import ChangeRole
from core.db.engine import driver
from core.facts import Word
from core.groups import queries as people
from core.groups.notices import notice
from core.groups.operations import UnknownOffice
from core.groups.queries import Actor, Numbered
from core.groups.rules import CASH_KEEPERS, LEADERS, OFFICES, Role
from core.ids import GroupId
from core.outbox.operations import put
from core.refusal import Refused


class OfficeHeld(Refused):
    """The member holds this office already."""

    code = "role.held_already"


class OfficeNotHeld(Refused):
    """The member does not hold this office."""

    code = "role.not_held"


class LastChair(Refused):
    """The group would be left without a chair: give the office to another member first."""

    code = "role.last_chair"


class LastKeeper(Refused):
    """The group would be left with nobody who keeps the cash: make another member treasurer first."""

    code = "role.last_keeper"


# Of two changes at once, the second sees what the first has left.
_ONE_AT_A_TIME: Final = "SELECT FROM savings_group WHERE id = %s FOR NO KEY UPDATE"
_GIVE: Final = "UPDATE member SET roles = array_append(roles, %s) WHERE group_id = %s AND id = %s"
_TAKE: Final = "UPDATE member SET roles = array_remove(roles, %s) WHERE group_id = %s AND id = %s"


def change_role(session: Session, command: ChangeRole, actor: Actor) -> dict[str, Any]:
    """Give a member an office, or take it away; the member and the other leaders are told.

    :raises UnknownOffice: if no group has this office
    :raises NoSuchMember: if the group has none of this number
    :raises OfficeHeld: if the member holds it already
    :raises OfficeNotHeld: if there is nothing to take
    :raises LastChair: if the group would have no chair
    :raises LastKeeper: if nobody would keep the group's cash
    """
    if command.office not in OFFICES:
        raise UnknownOffice(office=command.office, offices=", ".join(OFFICES))
    connection, group, office = driver(session), actor.home, Role(command.office)
    connection.execute(_ONE_AT_A_TIME, (group.id,))
    member = people.numbered(session, group=group, number=command.number)
    if (office in member.roles) is command.give:
        raise OfficeHeld if command.give else OfficeNotHeld
    if not command.give:
        _is_not_the_last(session, group_id=group.id, member=member, office=office)
    connection.execute(_GIVE if command.give else _TAKE, (office.value, group.id, member.member_id))
    template = "role.given" if command.give else "role.taken"
    facts = {"group": group.name, "name": member.name, "office": Word(f"office.{office}")}
    holder = people.contact(session, group_id=group.id, member_id=member.member_id)
    leaders = people.officers(session, group_id=group.id, roles=LEADERS, but=member.person_id)
    put(session, *(notice(command, to, template, facts) for to in (holder, *leaders)))
    return {"name": member.name, "office": office.value}


def _is_not_the_last(session: Session, *, group_id: GroupId, member: Numbered, office: Role) -> None:
    def others(roles: frozenset[Role]) -> bool:
        return bool(people.officers(session, group_id=group_id, roles=roles, but=member.person_id))

    if office is Role.CHAIR and not others(frozenset({Role.CHAIR})):
        raise LastChair
    left = {Role(role) for role in member.roles} - {office}
    if office in CASH_KEEPERS and not left & CASH_KEEPERS and not others(CASH_KEEPERS):
        raise LastKeeper
