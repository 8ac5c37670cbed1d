"""What is disputed: the entry as the one whose account it moved sees it, and the disputes that are open on it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from core.db.engine import Reader, driver
from core.db.statement import Statement
from core.groups.queries import Contact
from core.ids import DisputeId, EntryId, GroupId, MemberId, PersonId


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """An entry that moved an account of one member: how many minor units changed hands, what was done with it since.

    `states` are those of the member's own disputes of it; `disputed_by` are the people whose disputes of it are open.
    """

    id: EntryId
    effective_on: date
    recorded_at: datetime
    recorded_by: PersonId | None
    minor: int
    reversed: bool
    states: list[str]
    disputed_by: list[PersonId]


@dataclass(frozen=True, slots=True)
class Disputed:
    """An open dispute, locked for the one who takes its next step, with its entry and its member."""

    id: DisputeId
    entry_id: EntryId
    effective_on: date
    minor: int
    recorded_by: PersonId | None
    member_id: MemberId
    person_id: PersonId
    name: str
    phone: str
    language: str

    @property
    def contact(self) -> Contact:
        """How to reach the one who disputes."""
        return Contact(person_id=self.person_id, name=self.name, phone=self.phone, language=self.language)


# By how much an entry `e` moved the account of a member (it moves one, or none), as far as cash changed hands: a loan's
# account takes its interest too, of which no receipt speaks as paid out. Null for an entry that moved none.
MOVED: Final = """(
  SELECT least(abs(p.amount_minor), (
    SELECT abs(c.amount_minor) FROM posting c JOIN account box ON box.book_id = c.book_id AND box.id = c.account_id
    WHERE c.book_id = e.book_id AND c.entry_id = e.id AND box.code = 'cash' LIMIT 1))
  FROM posting p JOIN account a ON a.book_id = p.book_id AND a.id = p.account_id
  WHERE p.book_id = e.book_id AND p.entry_id = e.id AND a.member_id = {member} ORDER BY p.line LIMIT 1)"""
_OWN: Final = Statement(
    f"""
SELECT * FROM (
  SELECT e.id, e.effective_on, e.recorded_at, e.actor_id AS recorded_by, {MOVED.format(member="%(member)s")} AS minor,
         EXISTS (SELECT FROM entry r WHERE r.book_id = e.book_id AND r.reverses = e.id) AS reversed,
         ARRAY(SELECT d.state::text FROM dispute d
               WHERE d.group_id = e.book_id AND d.entry_id = e.id AND d.member_id = %(member)s) AS states,
         ARRAY(SELECT d.person_id FROM dispute d
               WHERE d.group_id = e.book_id AND d.entry_id = e.id AND d.state = 'open') AS disputed_by
  FROM entry e WHERE e.book_id = %(group)s AND e.id = %(entry)s
) own WHERE minor IS NOT NULL
""",  # noqa: S608 put together from our own words
    OwnEntry,
)
_ENTRY: Final[Statement[Any]] = Statement("SELECT entry_id FROM dispute WHERE group_id = %(group)s AND id = %(id)s")
_OPEN: Final = Statement(
    f"""
SELECT d.id, d.entry_id, e.effective_on, {MOVED.format(member="d.member_id")} AS minor, d.recorded_by, d.member_id, d.person_id,
       p.name, (SELECT min(h.phone) FROM handset h WHERE h.group_id = d.group_id AND h.member_id = d.member_id) AS phone, p.language
FROM dispute d
JOIN entry e ON e.book_id = d.group_id AND e.id = d.entry_id
JOIN person p ON p.id = d.person_id
WHERE d.group_id = %(group)s AND d.entry_id = %(entry)s AND d.state = 'open' ORDER BY d.id FOR UPDATE OF d
""",  # noqa: S608 put together from our own words
    Disputed,
)
_IS_DISPUTED: Final[Statement[Any]] = Statement(
    "SELECT FROM dispute WHERE group_id = %(group)s AND entry_id = %(entry)s AND state = 'open' LIMIT 1"
)


def own_entry(session: Reader, *, group_id: GroupId, entry_id: int, member_id: MemberId) -> OwnEntry | None:
    """An entry of the group's book that moved an account of the member's; None if it did not, or there is none."""
    return _OWN.one(driver(session), {"group": group_id, "entry": entry_id, "member": member_id})


def entry_of(session: Reader, *, group_id: GroupId, dispute_id: DisputeId) -> EntryId | None:
    """The entry that a dispute of the group is about."""
    row = _ENTRY.one(driver(session), {"group": group_id, "id": dispute_id})
    return None if row is None else EntryId(row.entry_id)


def lock_open(session: Reader, *, group_id: GroupId, entry_id: EntryId) -> list[Disputed]:
    """The open disputes of an entry, locked for the one who decides on them."""
    return _OPEN.all(driver(session), {"group": group_id, "entry": entry_id})


def is_disputed(session: Reader, *, group_id: GroupId, entry_id: EntryId) -> bool:
    """Say whether a dispute of the entry is open."""
    return _IS_DISPUTED.count(driver(session), {"group": group_id, "entry": entry_id}) > 0
