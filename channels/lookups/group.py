"""The group at a glance, a person's groups, a group by its code."""

from typing import Any, Final
from zoneinfo import ZoneInfo

from channels.lookups.look import Facts, Look
from core.db.statement import Statement
from core.groups.rules import LEADERS
from core.meetings.operations import MeetingOver
from core.money import Money

_GROUP: Final[Statement[Any]] = Statement("""
SELECT g.name AS group, g.code, g.timezone, g.currency, m.roles,
       (SELECT count(*) FROM member x WHERE x.group_id = g.id AND x.state = 'active') AS members,
       (SELECT a.balance_minor FROM account a WHERE a.book_id = g.id AND a.code = 'cash') AS box,
       t.id AS meeting_id, t.starts_at, t.place, b.id AS begun_id, b.starts_at AS begun_at,
       (SELECT r.answer FROM rsvp r WHERE r.group_id = g.id AND r.meeting_id = t.id AND r.member_id = m.id) AS answer
FROM savings_group g JOIN member m ON m.group_id = g.id AND m.id = %(member)s
LEFT JOIN LATERAL (
  SELECT id, starts_at, place FROM meeting x
  WHERE x.group_id = g.id AND x.state = 'called' AND x.starts_at > %(at)s ORDER BY x.starts_at LIMIT 1
) t ON true
LEFT JOIN LATERAL (
  SELECT id, starts_at FROM meeting x
  WHERE x.group_id = g.id AND x.state = 'called' AND x.starts_at <= %(at)s ORDER BY x.starts_at DESC LIMIT 1
) b ON true
WHERE g.id = %(group)s
""")


def group(look: Look) -> Facts:
    """The group at a glance, with its next meeting; for a leader also the one that has begun and is to be closed."""
    row = look.one(_GROUP, look.ids())
    facts: Facts = {"group": row.group, "code": row.code, "members": row.members, "box": Money(row.box, row.currency)}
    facts["official"] = _leads(row)
    if facts["official"]:
        facts |= {} if row.begun_id is None else {"begun_id": row.begun_id, "begun_at": row.begun_at.astimezone(ZoneInfo(row.timezone))}
    return facts | (meeting_facts(row) if row.meeting_id is not None else {})


def meeting(look: Look) -> Facts:
    """The group's next meeting, what this member has said to it, and whether they may call it off.

    :raises MeetingOver: if it has begun meanwhile and none is called after it
    """
    row = look.one(_GROUP, look.ids())
    if row.meeting_id is None:
        raise MeetingOver
    return meeting_facts(row) | {"official": _leads(row)} | ({f"said_{row.answer}": True} if row.answer else {})


def _leads(row: Any) -> bool:  # noqa: ANN401 a row by name
    return bool(set(row.roles) & LEADERS)


def groups(look: Look) -> Facts:
    """The person's groups on this handset."""
    reached = look.reached()
    mine = [row for row in reached if row.state == "active" and row.person_id == look.conversation.person_id]
    return {"groups": [{"id": row.group_id, "group": row.group_name} for row in mine]}


_BY_CODE: Final[Statement[Any]] = Statement("""
SELECT g.id AS found, g.name AS group, p.name, m.state IN ('active', 'asked') AS already
FROM savings_group g
LEFT JOIN person p ON p.id = %(person)s
LEFT JOIN member m ON m.group_id = g.id AND m.person_id = p.id
WHERE g.code = %(code)s
""")


def group_by_code(look: Look) -> Facts:
    """The group whose code was typed, if there is one, and whether the person is in it; the name of a person who is known."""
    row = look.one(_BY_CODE, look.ids() | {"code": look.conversation.answers["group_code"]})
    if row is None:
        return {}
    facts: Facts = {"found": row.found, "group": row.group, "already": bool(row.already)}
    return facts | ({} if row.name is None else {"name": row.name})


_OF_NUMBER: Final[Statement[Any]] = Statement(
    "SELECT p.name, m.number FROM member m JOIN person p ON p.id = m.person_id"
    " WHERE m.group_id = %(group)s AND m.number = %(number)s AND m.state = 'active' AND m.person_id <> %(person)s"
)


def member_to_help(look: Look) -> Facts:
    """The member of the number that was typed; nobody helps themselves."""
    row = look.one(_OF_NUMBER, look.ids() | {"number": look.conversation.answers["number"]})
    return {} if row is None else {"found": True, "name": row.name, "number": row.number}


def meeting_facts(row: Any) -> Facts:  # noqa: ANN401 a row by name
    """What is said of a meeting, at the hour of where the group lives."""
    starts_at = row.starts_at.astimezone(ZoneInfo(row.timezone))
    return {"meeting": True, "meeting_id": row.meeting_id, "starts_at": starts_at, "place": row.place, "group": row.group}
