"""What waits for an official."""

from typing import Any, Final

from channels.lookups.look import Facts, Look
from core.db.statement import Statement
from core.groups.rules import CASH_KEEPERS, LEADERS, Role
from core.money import Money

_WAITING: Final = """
(SELECT d.purpose AS kind, d.id, p.name, d.amount_minor AS minor, 0 AS months, 0::bigint AS interest, 1 AS rank
 FROM declaration d JOIN person p ON p.id = d.person_id
 JOIN member m ON m.group_id = d.group_id AND m.id = d.member_id
 WHERE %(keeper)s AND d.group_id = %(group)s AND d.state = 'declared' AND d.person_id <> %(person)s
   AND (%(treasurer)s OR 'treasurer' = ANY(m.roles))
 ORDER BY d.id LIMIT %(limit)s)
UNION ALL
(SELECT 'join', m.id, p.name, 0, 0, 0, 2 FROM member m JOIN person p ON p.id = m.person_id
 WHERE m.group_id = %(group)s AND m.state = 'asked' AND m.person_id <> %(person)s ORDER BY m.id LIMIT %(limit)s)
UNION ALL
(SELECT CASE l.state WHEN 'applied' THEN 'loan' ELSE 'payout' END, l.id, p.name, l.principal_minor, l.months, l.interest_minor, 3
 FROM loan l JOIN person p ON p.id = l.person_id
 JOIN member m ON m.group_id = l.group_id AND m.id = l.member_id
 WHERE l.group_id = %(group)s AND l.person_id <> %(person)s
   AND (l.state = 'applied' OR l.state = 'approved' AND %(keeper)s AND (%(treasurer)s OR 'treasurer' = ANY(m.roles)))
 ORDER BY l.id LIMIT %(limit)s)
ORDER BY rank, id LIMIT %(limit)s
"""
_INBOX: Final[Statement[Any]] = Statement(_WAITING)
_INBOX_COUNT: Final[Statement[Any]] = Statement(f"SELECT count(*) AS waiting FROM ({_WAITING}) AS found")  # noqa: S608 our own words
_ROLES: Final[Statement[Any]] = Statement("""
SELECT m.roles, g.currency, g.name AS group FROM member m JOIN savings_group g ON g.id = m.group_id
WHERE m.group_id = %(group)s AND m.id = %(member)s AND m.state = 'active'
""")
WAITING_MAX: Final = 100


def waiting_for(look: Look, roles: list[str], *, limit: int = 1, statement: Statement[Any] = _INBOX) -> Any:  # noqa: ANN401 a row by name
    """The next thing that waits for somebody with these roles, or with `_INBOX_COUNT` how many do."""
    held = {Role(role) for role in roles}
    if not held & LEADERS:
        return None
    parameters = look.ids() | {"limit": limit, "keeper": bool(held & CASH_KEEPERS), "treasurer": Role.TREASURER in held}
    return look.one(statement, parameters)


def inbox(look: Look) -> Facts:
    """The next thing that waits for this official."""
    row = look.one(_ROLES, look.ids())
    item = waiting_for(look, row.roles) if row else None
    if item is None:
        return {}
    return {
        item.kind: True,
        "item_id": item.id,
        "name": item.name,
        "amount": Money(item.minor, row.currency),
        "total": Money(item.minor + item.interest, row.currency),
        "months": item.months,
        "group": row.group,
    }


def waiting(look: Look) -> Facts:
    """How much more waits for this official."""
    row = look.one(_ROLES, look.ids())
    counted = waiting_for(look, row.roles, limit=WAITING_MAX, statement=_INBOX_COUNT) if row else None
    return {"waiting": counted.waiting if counted else 0}
