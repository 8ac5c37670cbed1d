"""The group at a glance, a person's groups, a group by its code."""

from typing import Any, Final
from zoneinfo import ZoneInfo

from channels.lookups.look import Facts, Look
from core.db.statement import Statement
from core.groups import queries
from core.groups.rules import LEADERS
from core.money import Money

_GROUP: Final[Statement[Any]] = Statement("""
SELECT g.name AS group, g.code, g.timezone, g.currency, m.roles,
       (SELECT count(*) FROM member x WHERE x.group_id = g.id AND x.state = 'active') AS members,
       (SELECT a.balance_minor FROM account a WHERE a.book_id = g.id AND a.code = 'cash') AS box,
       t.id AS meeting_id, t.starts_at, t.place,
       (SELECT r.answer FROM rsvp r WHERE r.group_id = g.id AND r.meeting_id = t.id AND r.member_id = m.id) AS answer
FROM savings_group g JOIN member m ON m.group_id = g.id AND m.id = %(member)s
LEFT JOIN LATERAL (
  SELECT id, starts_at, place FROM meeting x
  WHERE x.group_id = g.id AND x.state = 'called' AND x.starts_at > %(at)s ORDER BY x.starts_at LIMIT 1
) t ON true
WHERE g.id = %(group)s
""")


def group(look: Look) -> Facts:
    """The group at a glance, with its next meeting."""
    row = look.one(_GROUP, look.ids())
    facts: Facts = {"group": row.group, "code": row.code, "members": row.members, "box": Money(row.box, row.currency)}
    facts["official"] = bool(set(row.roles) & LEADERS)
    return facts | (meeting_facts(row) if row.meeting_id is not None else {})


def groups(look: Look) -> Facts:
    """The person's groups on this handset."""
    reached = queries.reached(look.work.driver, phone=look.conversation.address)
    mine = [row for row in reached if row.state == "active" and row.person_id == look.conversation.person_id]
    return {"groups": [{"id": row.group_id, "group": row.group_name} for row in mine]}


_PERSON: Final[Statement[Any]] = Statement("SELECT name FROM person WHERE id = %(person)s")
_ALREADY: Final[Statement[Any]] = Statement("SELECT state FROM member WHERE group_id = %(found)s AND person_id = %(person)s")


def group_by_code(look: Look) -> Facts:
    """The group whose code was typed, if there is one and the person is not in it."""
    conversation = look.conversation
    found = queries.group_by_code(look.work.driver, code=conversation.answers["group_code"])
    if found is None:
        return {}
    group_id, name = found
    facts: Facts = {"found": int(group_id), "group": name}
    if conversation.person_id is not None:
        facts["name"] = look.one(_PERSON, look.ids()).name
        already = look.one(_ALREADY, look.ids() | {"found": group_id})
        facts["already"] = already is not None and already.state in ("active", "asked")
    return facts


def meeting_facts(row: Any) -> Facts:  # noqa: ANN401 a row by name
    """What is said of a meeting, at the hour of where the group lives."""
    starts_at = row.starts_at.astimezone(ZoneInfo(row.timezone))
    return {"meeting": True, "meeting_id": row.meeting_id, "starts_at": starts_at, "place": row.place, "group": row.group}
