"""What is read of the ledger by SMS: a member's own entries, page by page, and the entry behind a receipt's code."""

from dataclasses import dataclass
from typing import Any, Final

from core.db.engine import Driver
from core.db.statement import Statement
from core.ledger.receipts import entry_of
from core.money import Money

_ENTRIES: Final[Statement[Any]] = Statement("""
SELECT e.effective_on AS day, -p.amount_minor AS minor, b.currency,
       EXISTS (SELECT FROM dispute d WHERE d.group_id = e.book_id AND d.entry_id = e.id AND d.state = 'open') AS disputed
FROM member m JOIN book b ON b.id = m.group_id
JOIN account a ON a.book_id = m.group_id AND a.code = 'savings:' || m.number
JOIN posting p ON p.book_id = a.book_id AND p.account_id = a.id
JOIN entry e ON e.book_id = p.book_id AND e.id = p.entry_id
WHERE m.group_id = %(group)s AND m.id = %(member)s AND p.account_version <= a.version - %(skip)s
ORDER BY p.account_version DESC LIMIT %(limit)s
""")
# An entry of a group that the asker is in. Whose it is shows only to its owner; the amount and the day to all of the group.
_BEHIND: Final[Statement[Any]] = Statement("""
SELECT e.effective_on AS day, b.currency, g.id AS group_id, g.name AS group, p.amount_minor AS minor,
       EXISTS (SELECT FROM dispute d WHERE d.group_id = e.book_id AND d.entry_id = e.id AND d.state = 'open') AS disputed,
       EXISTS (SELECT FROM entry r WHERE r.book_id = e.book_id AND r.reverses = e.id) AS reversed,
       EXISTS (SELECT FROM posting o JOIN account a ON a.book_id = o.book_id AND a.id = o.account_id
               JOIN member m ON m.group_id = a.book_id AND m.id = a.member_id
               WHERE o.book_id = e.book_id AND o.entry_id = e.id AND m.person_id = %(person)s) AS own
FROM entry e JOIN book b ON b.id = e.book_id JOIN savings_group g ON g.id = e.book_id
JOIN posting p ON p.book_id = e.book_id AND p.entry_id = e.id AND p.line = 1
WHERE e.book_id = ANY(%(groups)s) AND e.id = %(entry)s
""")


@dataclass(frozen=True, slots=True)
class Entries:
    """Some entries as a sentence needs them, and whether there are older ones."""

    rows: list[dict[str, Any]]
    more: bool


def statement(connection: Driver, *, group_id: int, member_id: int | None, page: int, limit: int) -> Entries:
    """A member's savings, newest first; page 0 is the newest."""
    asked = {"group": group_id, "member": member_id, "skip": page * limit, "limit": limit + 1}
    found = _ENTRIES.all(connection, asked)
    rows = [{"on": row.day, "amount": Money(row.minor, row.currency), "disputed": row.disputed} for row in found[:limit]]
    return Entries(rows, more=len(found) > limit)


def behind(connection: Driver, *, code: str, groups: list[int], person_id: int | None) -> dict[str, Any] | None:
    """The entry behind a receipt's code, if it is of one of the groups."""
    row = _BEHIND.one(connection, {"entry": entry_of(code), "groups": groups, "person": person_id})
    if row is None:
        return None
    return {
        "code": code,
        "own": row.own,
        "on": row.day,
        "amount": Money(abs(row.minor), row.currency),
        "group": row.group,
        "group_id": row.group_id,
        "undone": row.reversed,
        "disputed": row.disputed,
        "entry_id": entry_of(code),
    }
