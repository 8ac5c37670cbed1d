"""Groups open, people join, set PINs, choose a language."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any, Final

from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from core.commands import AddMember, AskToJoin, ChooseGroup, ChooseLanguage, DecideJoin, MakeLinkCode, OpenGroup, SetPin
from core.db.engine import driver
from core.groups import links, pins, proofs, queries, resets
from core.groups.notices import notice
from core.groups.queries import Actor, Contact
from core.groups.rules import GROUP_MEMBERS_MAX, LEADERS, OFFICES, TEMPLATES, AlreadyDecided, OwnRequest
from core.ids import GroupId, MemberId, PersonId
from core.ledger import operations as ledger
from core.ledger.rules import CHART, savings_code
from core.outbox.operations import put
from core.refusal import Refused

LINK_LIFE: Final = timedelta(minutes=10)
_LINK_ALPHABET: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_LINK_LENGTH: Final = 8


class CodeTaken(Refused):
    """Another group has this code."""

    code = "group.code_taken"


class AlreadyMember(Refused):
    """The person is in the group, or waits to be let in."""

    code = "member.already"


class GroupFull(Refused):
    """The group has given every member number it has (`members`)."""

    code = "group.full"


class UnknownOffice(Refused):
    """No group has this office; `offices` are those there are."""

    code = "member.unknown_office"


class NoSuchGroup(Refused):
    """No group has this code."""

    code = "group.none"


class UnknownGroupKind(Refused):
    """There is no template for this kind of group."""

    code = "group.unknown_kind"


def open_organisation(session: Session, *, name: str, country: str) -> int:
    """Open an organisation, or find the one of this name."""
    connection = driver(session)
    connection.execute("INSERT INTO organisation (name, country) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING", (name, country))
    row = connection.execute("SELECT id FROM organisation WHERE name = %s", (name,)).fetchone()
    assert row is not None
    return int(row[0])


def open_group(session: Session, command: OpenGroup, _actor: Actor) -> dict[str, Any]:
    """Open a group: its rules from the template of its kind, its book with the chart of accounts.

    :raises UnknownGroupKind: if there is no such template
    :raises CodeTaken: if another group has the code
    """
    rules = TEMPLATES.get(command.group_kind)
    if rules is None:
        raise UnknownGroupKind(kind=command.group_kind, kinds=", ".join(TEMPLATES))
    connection, code, today = driver(session), command.code.upper(), command.on(command.timezone)
    row = connection.execute(
        "INSERT INTO savings_group (organisation_id, code, name, kind, currency, timezone, opened_on)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (code) DO NOTHING RETURNING id",
        (command.organisation_id, code, command.name, command.group_kind, command.currency, command.timezone, today),
    ).fetchone()
    if row is None:
        raise CodeTaken(code=code)
    group_id = GroupId(row[0])
    connection.execute(
        "INSERT INTO constitution (group_id, version, effective_from, rules) VALUES (%s, 1, %s, %s)",
        (group_id, today, Jsonb(rules.as_facts())),
    )
    try:
        ledger.open_book(session, book_id=group_id, organisation_id=command.organisation_id, name=code, currency=command.currency)
    except ledger.BookNameTaken as taken:  # by one that was imported
        raise CodeTaken(code=code) from taken
    for account in CHART:
        ledger.open_account(session, book_id=group_id, code=account.code, kind=account.kind, floor_minor=account.floor_minor)
    return {"group_id": int(group_id), "code": code, "group": command.name}


_KNOWN_PERSON = """
SELECT p.id FROM handset h JOIN person p ON p.id = h.person_id
WHERE h.phone = %s AND lower(p.name) = lower(%s) LIMIT 1
"""
_NEW_PERSON = "INSERT INTO person (name, language, joined_at) VALUES (%s, %s, %s) RETURNING id"


def _person(session: Session, *, phone: str, name: str, command: AddMember | AskToJoin) -> PersonId:
    """Find the person of this name on this phone, or make one."""
    connection = driver(session)
    row = connection.execute(_KNOWN_PERSON, (phone, name)).fetchone()
    if row is None:
        row = connection.execute(_NEW_PERSON, (name, command.language, command.at)).fetchone()
    assert row is not None
    return PersonId(row[0])


_ACTIVATE = "UPDATE member SET state = 'active', number = %s WHERE group_id = %s AND id = %s"
_OLD_NUMBER = "SELECT number FROM member WHERE group_id = %s AND id = %s"
_NEXT_NUMBER = "UPDATE savings_group SET members_ever = members_ever + 1 WHERE id = %s AND members_ever < %s RETURNING members_ever"


def _activate(session: Session, *, group_id: GroupId, member_id: MemberId) -> int:
    """Give a member the next number of the group and a savings account. Who comes back finds their own again.

    :raises GroupFull: if there is no number left
    """
    connection = driver(session)
    row = connection.execute(_OLD_NUMBER, (group_id, member_id)).fetchone()
    assert row is not None, "the member was just written, or is locked"
    number = int(row[0] or _next_number(session, group_id=group_id))
    connection.execute(_ACTIVATE, (number, group_id, member_id))
    ledger.open_account(session, book_id=group_id, code=savings_code(number), kind="liability", member_id=member_id, floor_minor=0)
    return number


def _next_number(session: Session, *, group_id: GroupId) -> int:
    row = driver(session).execute(_NEXT_NUMBER, (group_id, GROUP_MEMBERS_MAX)).fetchone()
    if row is None:
        raise GroupFull(members=GROUP_MEMBERS_MAX)
    return int(row[0])


# Who comes back holds the offices of the new request, and none of those of the time before.
_NEW_MEMBER = """
INSERT INTO member (group_id, person_id, state, roles, asked_at) VALUES (%s, %s, 'asked', %s, %s)
ON CONFLICT (group_id, person_id) DO UPDATE
SET state = 'asked', roles = excluded.roles, asked_at = excluded.asked_at, decided_by = NULL, decided_at = NULL
WHERE member.state IN ('refused', 'left') RETURNING id
"""
_NEW_HANDSET = (
    "INSERT INTO handset (phone, group_id, member_id, person_id) VALUES (%s, %s, %s, %s)"
    " ON CONFLICT (phone, group_id, member_id) DO NOTHING"
)


def _member(session: Session, *, person_id: PersonId, roles: tuple[str, ...], command: AddMember | AskToJoin) -> MemberId:
    connection = driver(session)
    row = connection.execute(_NEW_MEMBER, (command.group_id, person_id, list(roles), command.at)).fetchone()
    if row is None:
        raise AlreadyMember(name=command.name)
    connection.execute(_NEW_HANDSET, (command.phone, command.group_id, row[0], person_id))
    return MemberId(row[0])


def add_member(session: Session, command: AddMember, _actor: Actor) -> dict[str, Any]:
    """Take in a person whom staff vouches for.

    :raises UnknownOffice: if they are to hold one that no group has
    :raises AlreadyMember: if they are in the group
    :raises GroupFull: if there is no member number left
    """
    for office in command.roles:
        if office not in OFFICES:
            raise UnknownOffice(office=office, offices=", ".join(OFFICES))
    person_id = _person(session, phone=command.phone, name=command.name, command=command)
    member_id = _member(session, person_id=person_id, roles=command.roles, command=command)
    number = _activate(session, group_id=command.group_id, member_id=member_id)
    return {"member_id": int(member_id), "person_id": int(person_id), "number": number, "name": command.name}


def ask_to_join(session: Session, command: AskToJoin, actor: Actor) -> dict[str, Any]:
    """Ask to be let into a group; its leaders are told.

    :raises AlreadyMember: if they are in, or wait already
    """
    person_id = actor.person_id or _person(session, phone=command.phone, name=command.name, command=command)
    member_id = _member(session, person_id=person_id, roles=(), command=command)
    group = queries.group_card(session, group_id=command.group_id, at=command.at)
    facts = {"name": command.name, "group": group.name}
    leaders = queries.officers(session, group_id=command.group_id, roles=LEADERS)
    put(session, *(notice(command, leader, "join.asked", facts) for leader in leaders))
    return {"member_id": int(member_id), **facts}


_ASKED = """
SELECT m.state, m.person_id, p.name, p.language, h.phone
FROM member m JOIN person p ON p.id = m.person_id
JOIN handset h ON h.group_id = m.group_id AND h.member_id = m.id
WHERE m.group_id = %s AND m.id = %s ORDER BY h.phone LIMIT 1 FOR UPDATE OF m
"""


def decide_join(session: Session, command: DecideJoin, actor: Actor) -> dict[str, Any]:
    """Let somebody in, or not; they are told.

    :raises AlreadyDecided: if another leader was quicker
    :raises OwnRequest: if it is the leader's own
    :raises GroupFull: if there is no member number left
    """
    connection = driver(session)
    row = connection.execute(_ASKED, (command.group_id, command.member_id)).fetchone()
    if row is None or row[0] != "asked":
        raise AlreadyDecided
    state, person_id, name, language, phone = row
    if person_id == actor.person_id:
        raise OwnRequest
    state = "active" if command.agree else "refused"
    connection.execute(
        "UPDATE member SET state = %s, decided_by = %s, decided_at = %s WHERE group_id = %s AND id = %s",
        (state, actor.person_id, command.at, command.group_id, command.member_id),
    )
    number = _activate(session, group_id=command.group_id, member_id=command.member_id) if command.agree else None
    facts = {"name": name, "group": actor.home.name, "number": number}
    to = Contact(person_id=person_id, name=name, phone=phone, language=language)
    put(session, notice(command, to, "join.approved" if command.agree else "join.refused", facts))
    return facts


def set_pin(session: Session, command: SetPin, actor: Actor) -> dict[str, Any]:
    """Set the first PIN, or change it (the door has checked the old one); the person is told.

    Who can do that has forgotten nothing: what was asked about their PIN lapses. But a PIN is changed where something may have
    gone wrong, so no Telegram account speaks for the person after it.
    """
    assert actor.person_id is not None, "a PIN is a person's"
    changed = pins.is_set(session, person_id=actor.person_id)
    pins.keep(session, person_id=actor.person_id, pin=command.new_pin, at=command.at)
    resets.lapse(session, person_id=actor.person_id)
    to = Contact(person_id=actor.person_id, name=actor.name, phone=command.phone, language=actor.language)
    put(session, notice(command, to, "pin.changed" if changed else "pin.set", {}))
    links.drop(session, command, person_id=actor.person_id)
    return {"changed": changed}


def choose_language(session: Session, command: ChooseLanguage, actor: Actor) -> dict[str, Any]:
    """Speak this language to the person from now on."""
    driver(session).execute("UPDATE person SET language = %s WHERE id = %s", (command.language, actor.person_id))
    return {"language": command.language}


def choose_group(session: Session, command: ChooseGroup, actor: Actor) -> dict[str, Any]:
    """Open the person's phone with this group from now on."""
    driver(session).execute("UPDATE person SET last_group_id = %s WHERE id = %s", (command.group_id, actor.person_id))
    return {"group": actor.home.name, "group_id": int(actor.home.id), "member_id": int(actor.member_id)}


def hashed_link_code(code: str) -> bytes:
    """Give what is kept of a link code: 39 random bits that live ten minutes need no slow hash."""
    return hashlib.sha256(f"link:{code.upper()}".encode()).digest()


def make_link_code(session: Session, command: MakeLinkCode, actor: Actor) -> dict[str, Any]:
    """Make the one-time code that binds a Telegram account; an earlier one stops working."""
    code = "".join(secrets.choice(_LINK_ALPHABET) for _ in range(_LINK_LENGTH))
    assert actor.person_id is not None, "a code is a person's"
    proofs.lapse_link_codes(session, person_id=actor.person_id)
    driver(session).execute(
        "INSERT INTO link_code (code_hash, person_id, expires_at) VALUES (%s, %s, %s)",
        (hashed_link_code(code), actor.person_id, command.at + LINK_LIFE),
    )
    return {"code": code, "minutes": LINK_LIFE.seconds // 60}
