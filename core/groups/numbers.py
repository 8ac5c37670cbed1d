"""A member has another telephone number: the person moves to it in every group, and what the old number had open ends.

Staff does it at the console, for a number is how the house knows somebody: who could move it by phone could move it to
theirs, and two officials who have been talked into it would not see the handset. The PIN stays, and is asked as ever.
"""

from typing import Any, Final

from sqlalchemy.orm import Session

from core.commands import ChangeNumber
from core.db.engine import driver
from core.groups import links, proofs, resets
from core.groups import queries as people
from core.groups.notices import notice
from core.groups.queries import Actor, Contact, Numbered
from core.ids import GroupId
from core.outbox.operations import put
from core.refusal import Refused


class NotTheirNumber(Refused):
    """The member is not reached at the old number."""

    code = "number.not_theirs"


class SeveralNumbers(Refused):
    """The member has several numbers: say which one is to be changed."""

    code = "number.several"


class TheirsAlready(Refused):
    """The member has the new number already."""

    code = "number.theirs_already"


class SameName(Refused):
    """Another person of this name is known on the new number: a phone cannot tell the two apart."""

    code = "number.same_name"


_IN_GROUP: Final = "SELECT phone FROM handset WHERE group_id = %s AND member_id = %s ORDER BY phone"
_OTHERS: Final = """
SELECT DISTINCT p.id, lower(p.name) = lower(%s) FROM handset h JOIN person p ON p.id = h.person_id WHERE h.phone = %s AND p.id <> %s
"""
# In every group of the person; where the new number is theirs already, the old one only goes.
_ARRIVE: Final = """
INSERT INTO handset (phone, group_id, member_id, person_id)
SELECT %s, group_id, member_id, person_id FROM handset WHERE phone = %s AND person_id = %s
ON CONFLICT (phone, group_id, member_id) DO NOTHING
"""
_LEAVE: Final = "DELETE FROM handset WHERE phone = %s AND person_id = %s"


def change_number(session: Session, command: ChangeNumber, actor: Actor) -> dict[str, Any]:
    """Move a member from an old number to a new one; both are told, and every other number of the person.

    Others who are reached at the new number share a handset with the member from now on; the receipt counts them. What the
    old number had open ends, codes for Telegram and requests about the PIN lapse.

    :raises NoSuchMember: if the group has none of this number
    :raises SeveralNumbers: if no old number was named, and there are several
    :raises NotTheirNumber: if the old number is not the member's
    :raises TheirsAlready: if the new one is
    :raises SameName: if another person of the same name has the new one
    """
    connection, group = driver(session), actor.home
    member = people.numbered(session, group=group, number=command.number)
    old = _old(session, group_id=group.id, member=member, command=command)
    others = connection.execute(_OTHERS, (member.name, command.phone, member.person_id)).fetchall()
    if any(same_name for _, same_name in others):
        raise SameName
    told = people.all_numbers(session, person_id=member.person_id)
    told.append(Contact(person_id=member.person_id, name=member.name, phone=command.phone, language=member.language))
    connection.execute(_ARRIVE, (command.phone, old, member.person_id))
    connection.execute(_LEAVE, (old, member.person_id))
    proofs.end_sessions(session, person_id=member.person_id, phone=old)
    proofs.lapse_link_codes(session, person_id=member.person_id)
    links.drop(session, command, person_id=member.person_id)
    resets.lapse(session, person_id=member.person_id)
    # The new number is not named: the old one may be in the hands of whoever took it.
    facts = {"name": member.name, "group": group.name}
    put(session, *(notice(command, to, "number.changed", facts) for to in told))
    return facts | {"shared": len(others)}


def _old(session: Session, *, group_id: GroupId, member: Numbered, command: ChangeNumber) -> str:
    phones = [str(row[0]) for row in driver(session).execute(_IN_GROUP, (group_id, member.member_id))]
    if command.phone in phones:
        raise TheirsAlready
    if not command.old and len(phones) > 1:
        raise SeveralNumbers
    old = command.old or phones[0]
    if old not in phones:
        raise NotTheirNumber
    return old
