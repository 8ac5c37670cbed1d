"""The register as operators read it: organisations, groups, and the members of a group."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import class_row, namedtuple_row
from sqlalchemy.orm import Session

from core.db.engine import driver
from core.groups import queries
from core.groups.operations import NoSuchGroup
from core.groups.queries import GroupCard, NoSuchMember
from core.ids import GroupId, MemberId
from core.loans import queries as loans
from core.money import Money


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group in a list."""

    code: str
    name: str
    kind: str
    currency: str
    organisation: str
    members: int
    opened_on: date


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group with its money and what comes next."""

    code: str
    name: str
    kind: str
    organisation: str
    country: str
    currency: str
    timezone: str
    opened_on: date
    members: int
    box: Money
    savings: Money
    lent: Money
    next_meeting: datetime | None
    rules: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member in a list. Who only asked to join has no number yet."""

    number: int | None
    name: str
    phones: list[str]
    language: str
    roles: list[str]
    state: str


@dataclass(frozen=True, slots=True)
class LoanView:
    """A loan that is not over."""

    number: int
    state: str
    principal: Money
    owed: Money
    due_on: date | None


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member with their money."""

    group: str
    member: MemberLine
    joined_on: date
    pin: str
    savings: Money
    loan: LoanView | None


_ORGANISATIONS = "SELECT id, name, country FROM organisation ORDER BY id"
_GROUPS = """
SELECT g.code, g.name, g.kind, g.currency, o.name AS organisation, g.opened_on,
       (SELECT count(*) FROM member m WHERE m.group_id = g.id AND m.state = 'active') AS members
FROM savings_group g JOIN organisation o ON o.id = g.organisation_id
WHERE %(organisation)s::text IS NULL OR o.name = %(organisation)s ORDER BY g.code LIMIT %(limit)s
"""
_GROUP = """
SELECT g.opened_on, o.name AS organisation, o.country,
       (SELECT count(*) FROM member m WHERE m.group_id = g.id AND m.state = 'active') AS members,
       (SELECT min(t.starts_at) FROM meeting t WHERE t.group_id = g.id AND t.state = 'called' AND t.starts_at > %(at)s) AS next_meeting,
       (SELECT balance_minor FROM account a WHERE a.book_id = g.id AND a.code = 'cash') AS box,
       (SELECT coalesce(-sum(balance_minor), 0)::bigint FROM account a WHERE a.book_id = g.id AND a.code LIKE 'savings:%%') AS savings,
       (SELECT coalesce(sum(balance_minor), 0)::bigint FROM account a WHERE a.book_id = g.id AND a.code LIKE 'loan:%%') AS lent
FROM savings_group g JOIN organisation o ON o.id = g.organisation_id WHERE g.id = %(group)s
"""
_MEMBERS = """
SELECT m.number, p.name, p.language, m.roles, m.state,
       (SELECT coalesce(array_agg(h.phone ORDER BY h.phone), '{}') FROM handset h
         WHERE h.group_id = m.group_id AND h.member_id = m.id) AS phones
FROM member m JOIN person p ON p.id = m.person_id
WHERE m.group_id = %(group)s AND (%(number)s::int IS NULL OR m.number = %(number)s) ORDER BY m.number NULLS LAST, m.id
"""
_MEMBER = """
SELECT m.id, p.joined_at, -a.balance_minor AS savings,
       CASE WHEN k.person_id IS NULL THEN 'not set' WHEN k.locked_until > %(at)s THEN 'locked' ELSE 'set' END AS pin
FROM member m JOIN person p ON p.id = m.person_id
JOIN account a ON a.book_id = m.group_id AND a.code = 'savings:' || m.number
LEFT JOIN pin k ON k.person_id = p.id
WHERE m.group_id = %(group)s AND m.number = %(number)s
"""


def organisations(session: Session) -> list[tuple[int, str, str]]:
    """Every organisation: id, name, country."""
    return [(row[0], row[1], row[2]) for row in driver(session).execute(_ORGANISATIONS)]


def groups(session: Session, *, organisation: str | None, limit: int) -> list[GroupLine]:
    """The groups by code, of one organisation or of all."""
    with driver(session).cursor(row_factory=class_row(GroupLine)) as cursor:
        return cursor.execute(_GROUPS, {"organisation": organisation, "limit": limit}).fetchall()


def card(session: Session, *, code: str, at: datetime) -> GroupCard:
    """The group of a code, with the rules in force.

    :raises NoSuchGroup: if no group has it
    """
    found = queries.group_by_code(session, code=code)
    if found is None:
        raise NoSuchGroup(code=code.upper())
    return queries.group_card(session, group_id=found[0], at=at)


def country(session: Session, *, group_id: GroupId) -> str:
    """The country of a group's organisation, in which phone numbers are read."""
    statement = "SELECT o.country FROM savings_group g JOIN organisation o ON o.id = g.organisation_id WHERE g.id = %s"
    row = driver(session).execute(statement, (group_id,)).fetchone()
    assert row is not None, "the group exists"
    return str(row[0])


def group(session: Session, *, code: str, at: datetime) -> GroupView:
    """One group.

    :raises NoSuchGroup: if no group has the code
    """
    found = card(session, code=code, at=at)
    row = _row(session, _GROUP, {"group": found.id, "at": at})
    return GroupView(
        code=found.code,
        name=found.name,
        kind=found.kind,
        organisation=row.organisation,
        country=row.country,
        currency=found.currency,
        timezone=found.timezone,
        opened_on=row.opened_on,
        members=row.members,
        box=Money(row.box, found.currency),
        savings=Money(row.savings, found.currency),
        lent=Money(row.lent, found.currency),
        next_meeting=row.next_meeting,
        rules=found.rules.as_facts(),
    )


def members(session: Session, *, group_id: GroupId, number: int | None = None) -> list[MemberLine]:
    """The members of a group by number, or the one of a number."""
    with driver(session).cursor(row_factory=class_row(MemberLine)) as cursor:
        return cursor.execute(_MEMBERS, {"group": group_id, "number": number}).fetchall()


def member(session: Session, *, group: GroupCard, number: int, at: datetime) -> MemberView:
    """One member.

    :raises NoSuchMember: if the group has none of this number
    """
    row = _row(session, _MEMBER, {"group": group.id, "number": number, "at": at})
    if row is None:
        raise NoSuchMember(number=number, group=group.name)
    (line,) = members(session, group_id=group.id, number=number)
    return MemberView(
        group=group.code,
        member=line,
        joined_on=row.joined_at.date(),
        pin=row.pin,
        savings=Money(row.savings, group.currency),
        loan=_loan(session, group=group, member_id=MemberId(row.id)),
    )


def _loan(session: Session, *, group: GroupCard, member_id: MemberId) -> LoanView | None:
    found = loans.open_loan(session, group_id=group.id, member_id=member_id)
    if found is None:
        return None
    due = loans.due_next(session, group_id=group.id, loan=found)
    principal, owed = Money(found.principal_minor, group.currency), Money(found.owed_minor, group.currency)
    return LoanView(number=found.number, state=found.state, principal=principal, owed=owed, due_on=due[0] if due else None)


def _row(session: Session, statement: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401 a row by name
    with driver(session).cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(statement, parameters).fetchone()
