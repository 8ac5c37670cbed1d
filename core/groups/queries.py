"""Who somebody is: the actor of a command, and whom a phone reaches."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from psycopg.rows import class_row, namedtuple_row
from sqlalchemy.orm import Session

from core.db.engine import Reader, driver
from core.db.statement import Later, Statement
from core.groups.rules import Role, Rules, rules_from
from core.ids import GroupId, MemberId, PersonId
from core.refusal import Refused


class NoSuchMember(Refused):
    """The group has no member of this number."""

    code = "member.none"


@dataclass(frozen=True, slots=True)
class GroupCard:
    """What a decision needs to know of a group."""

    id: GroupId
    code: str
    name: str
    kind: str
    currency: str
    timezone: str
    rules: Rules


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a person, and what they are in the group."""

    person_id: PersonId | None
    member_id: MemberId
    number: int
    name: str
    phone: str
    language: str
    roles: frozenset[Role]
    group: GroupCard | None

    @property
    def home(self) -> GroupCard:
        """The group of the command."""
        assert self.group is not None, "the command concerns a group"
        return self.group


@dataclass(frozen=True, slots=True)
class Reached:
    """One membership that a phone number reaches."""

    person_id: int
    name: str
    language: str
    last_group_id: int | None
    group_id: int
    member_id: int
    number: int | None
    state: str
    roles: list[str]
    group_name: str
    group_code: str
    currency: str
    timezone: str
    phone: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """The active member who has a number in a group."""

    member_id: MemberId
    person_id: PersonId
    number: int
    name: str
    language: str
    roles: list[str]


@dataclass(frozen=True, slots=True)
class Contact:
    """Where and how to reach a person."""

    person_id: PersonId
    name: str
    phone: str
    language: str


# The newest rules whose day has come where the group lives, as an expression of a query. Put in which row is the
# savings_group, and what the moment is: RULES_IN_FORCE.format(group="g", at="%(at)s").
RULES_IN_FORCE: Final = """(
  SELECT k.rules FROM constitution k
  WHERE k.group_id = {group}.id AND k.effective_from <= (({at})::timestamptz AT TIME ZONE {group}.timezone)::date
  ORDER BY k.version DESC LIMIT 1)"""
_DIRECTORY = Statement(
    """
SELECT h.person_id, p.name, p.language, p.last_group_id, h.group_id, h.member_id, m.number, m.state, m.roles,
       g.name AS group_name, g.code AS group_code, g.currency, g.timezone, h.phone
FROM handset h
JOIN person p ON p.id = h.person_id
JOIN member m ON m.group_id = h.group_id AND m.id = h.member_id AND m.state IN ('active', 'asked')
JOIN savings_group g ON g.id = h.group_id
WHERE h.phone = %(phone)s
ORDER BY m.state, h.group_id, m.number
""",
    Reached,
)
# The same by the person, whatever handset they have; one row a membership.
_OF_PERSON = Statement(
    """
SELECT DISTINCT ON (m.state, h.group_id)
       h.person_id, p.name, p.language, p.last_group_id, h.group_id, h.member_id, m.number, m.state, m.roles,
       g.name AS group_name, g.code AS group_code, g.currency, g.timezone, h.phone
FROM handset h
JOIN person p ON p.id = h.person_id
JOIN member m ON m.group_id = h.group_id AND m.id = h.member_id AND m.state IN ('active', 'asked')
JOIN savings_group g ON g.id = h.group_id
WHERE h.person_id = %(person)s
ORDER BY m.state, h.group_id, h.phone
""",
    Reached,
)
_OFFICERS = Statement(
    """
SELECT DISTINCT ON (p.id) p.id AS person_id, p.name, h.phone, p.language
FROM member m JOIN person p ON p.id = m.person_id
JOIN handset h ON h.group_id = m.group_id AND h.member_id = m.id
WHERE m.group_id = %(group)s AND m.state = 'active' AND m.person_id IS DISTINCT FROM %(but)s
  AND m.roles <> '{}' AND m.roles && %(roles)s::varchar[]  -- the first is the predicate of their index
ORDER BY p.id, h.phone
""",
    Contact,
)
_OFFICERS_OF: Final = """
SELECT DISTINCT ON (m.group_id, p.id) m.group_id, p.id AS person_id, p.name, h.phone, p.language
FROM member m JOIN person p ON p.id = m.person_id
JOIN handset h ON h.group_id = m.group_id AND h.member_id = m.id
WHERE m.group_id = ANY(%s) AND m.state = 'active' AND m.roles <> '{}' AND m.roles && %s::varchar[]
ORDER BY m.group_id, p.id, h.phone
"""
_CONTACT = """
SELECT p.id AS person_id, p.name, h.phone, p.language
FROM handset h JOIN person p ON p.id = h.person_id WHERE h.group_id = %s AND h.member_id = %s ORDER BY h.phone LIMIT 1
"""
_NUMBERED = Statement(
    """
SELECT m.id AS member_id, m.person_id, m.number, p.name, p.language, m.roles FROM member m JOIN person p ON p.id = m.person_id
WHERE m.group_id = %(group)s AND m.number = %(number)s AND m.state = 'active' FOR UPDATE OF m
""",
    Numbered,
)
_ALL_NUMBERS = Statement(
    """
SELECT DISTINCT p.id AS person_id, p.name, h.phone, p.language
FROM handset h JOIN person p ON p.id = h.person_id WHERE h.person_id = %(person)s ORDER BY h.phone
""",
    Contact,
)
_GROUP_BY_CODE = "SELECT id, name FROM savings_group WHERE code = %s"
_GROUP = f"""
SELECT g.id, g.code, g.name, g.kind, g.currency, g.timezone, {RULES_IN_FORCE.format(group="g", at="%(at)s")} AS rules
FROM savings_group g WHERE g.id = %(group)s
"""  # noqa: S608 put together from our own words


def find_reached(session: Reader, *, phone: str) -> Later[Reached]:
    """Whom a number reaches, by group; the active memberships first."""
    return _DIRECTORY.later(driver(session), {"phone": phone})


def find_of_person(session: Reader, *, person_id: PersonId) -> Later[Reached]:
    """The memberships of a person, by group; the active ones first."""
    return _OF_PERSON.later(driver(session), {"person": person_id})


def officers(session: Session, *, group_id: GroupId, roles: frozenset[Role], but: PersonId | None = None) -> list[Contact]:
    """The active holders of some offices, without one person."""
    return _OFFICERS.all(driver(session), {"group": group_id, "roles": sorted(roles), "but": but})


def officers_of(session: Session, *, group_ids: Collection[int], roles: frozenset[Role]) -> dict[int, list[Contact]]:
    """The active holders of some offices in many groups: group -> people."""
    found: dict[int, list[Contact]] = {}
    for group_id, *who in driver(session).execute(_OFFICERS_OF, (sorted(group_ids), sorted(roles))):
        found.setdefault(group_id, []).append(Contact(*who))
    return found


def timezones(session: Reader) -> set[str]:
    """Where groups live."""
    return {str(row[0]) for row in driver(session).execute("SELECT DISTINCT timezone FROM savings_group")}


def contact(session: Session, *, group_id: GroupId, member_id: MemberId) -> Contact:
    """How to reach a member."""
    with driver(session).cursor(row_factory=class_row(Contact)) as cursor:
        found = cursor.execute(_CONTACT, (group_id, member_id)).fetchone()
    assert found is not None, "a member has a handset"
    return found


def numbered(session: Session, *, group: GroupCard, number: int) -> Numbered:
    """The active member of a number, locked until the transaction ends.

    :raises NoSuchMember: if the group has none
    """
    found = _NUMBERED.one(driver(session), {"group": group.id, "number": number})
    if found is None:
        raise NoSuchMember(number=number, group=group.name)
    return found


def all_numbers(session: Session, *, person_id: PersonId) -> list[Contact]:
    """How to reach a person on each of their numbers, in whichever group that is known."""
    return _ALL_NUMBERS.all(driver(session), {"person": person_id})


def group_by_code(session: Reader, *, code: str) -> tuple[GroupId, str] | None:
    """The group that members know by this code: its id and name."""
    row = driver(session).execute(_GROUP_BY_CODE, (code.upper(),)).fetchone()
    return None if row is None else (GroupId(row[0]), str(row[1]))


def group_card(session: Reader, *, group_id: GroupId, at: datetime) -> GroupCard:
    """What a decision needs to know of a group, with the rules in force at a moment."""
    with driver(session).cursor(row_factory=namedtuple_row) as cursor:
        row = cursor.execute(_GROUP, {"group": group_id, "at": at}).fetchone()
    assert row is not None, "the group exists"
    return card_from(row)


def card_from(row: Any) -> GroupCard:  # noqa: ANN401 a row of any query that names a group's columns
    """Read a group's columns out of a row."""
    return GroupCard(
        id=GroupId(row.id),
        code=row.code,
        name=row.name,
        kind=row.kind,
        currency=row.currency,
        timezone=row.timezone,
        rules=rules_from(cast("dict[str, Any]", row.rules)),
    )


def organisations(session: Session) -> set[str]:
    """The names of the organisations that this installation serves."""
    return {str(row[0]) for row in driver(session).execute("SELECT name FROM organisation")}
