"""Cash declared by a member and decided on by somebody else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from core.db.engine import driver
from core.db.statement import Statement
from core.groups.queries import Actor, Contact, officers
from core.groups.rules import AlreadyDecided, NotAllowed, OwnRequest, Role
from core.ids import DeclarationId, GroupId, PersonId
from core.refusal import Refused


class AmountOutOfRange(Refused):
    """The group's rules set another range (`low` to `high`)."""

    code = "amount.out_of_range"


class AmountTooLarge(Refused):
    """Nobody handles so much."""

    code = "amount.too_large"


class NoKeeper(Refused):
    """Nobody may say that this member's cash was received: there is neither a treasurer nor a chair but themselves."""

    code = "cash.no_keeper"


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration that waits, locked for the one who decides; its member, and the accounts it would move."""

    id: int
    state: str
    purpose: str
    amount_minor: int
    loan_id: int | None
    member_id: int
    number: int
    person_id: int
    name: str
    phone: str
    language: str
    cash_id: int
    savings_id: int

    @property
    def contact(self) -> Contact:
        """How to reach the one who declared."""
        return Contact(person_id=PersonId(self.person_id), name=self.name, phone=self.phone, language=self.language)


_DECLARE: Final[Statement[Any]] = Statement("""
INSERT INTO declaration (group_id, member_id, person_id, purpose, loan_id, amount_minor, state, declared_at)
VALUES (%(group)s, %(member)s, %(person)s, %(purpose)s, %(loan)s, %(minor)s, 'declared', %(at)s)
""")
_LOCK: Final = Statement(
    """
SELECT d.id, d.state, d.purpose, d.amount_minor, d.loan_id, d.member_id, m.number, d.person_id, p.name, h.phone, p.language,
       (SELECT a.id FROM account a WHERE a.book_id = d.group_id AND a.code = 'cash') AS cash_id,
       (SELECT a.id FROM account a WHERE a.book_id = d.group_id AND a.code = 'savings:' || m.number) AS savings_id
FROM declaration d
JOIN member m ON m.group_id = d.group_id AND m.id = d.member_id
JOIN person p ON p.id = d.person_id
JOIN handset h ON h.group_id = d.group_id AND h.member_id = d.member_id
WHERE d.group_id = %(group)s AND d.id = %(id)s ORDER BY h.phone LIMIT 1 FOR UPDATE OF d
""",
    Declared,
)
_DECIDE: Final[Statement[Any]] = Statement(
    "UPDATE declaration SET state = %(state)s, decided_by = %(by)s, decided_at = %(at)s, entry_id = %(entry)s"
    " WHERE group_id = %(group)s AND id = %(id)s"
)


def declare(session: Session, *, actor: Actor, purpose: str, minor: int, loan_id: int | None, at: datetime) -> None:
    """Keep a member's word that cash was handed over."""
    who = {"group": actor.home.id, "member": actor.member_id, "person": actor.person_id}
    _DECLARE.later(driver(session), who | {"purpose": purpose, "loan": loan_id, "minor": minor, "at": at})


def cash_keepers(session: Session, *, actor: Actor) -> list[Contact]:
    """Who is to confirm this member's cash.

    :raises NoKeeper: if nobody may
    """
    found = keepers_for(session, group_id=actor.home.id, person_id=actor.person_id)
    if not found:
        raise NoKeeper
    return found


def keepers_for(session: Session, *, group_id: GroupId, person_id: PersonId | None) -> list[Contact]:
    """Who handles cash with this person: the treasurers, or the chair where there is no treasurer but them; maybe nobody."""
    return next((found for office in (Role.TREASURER, Role.CHAIR) if (found := _holders(session, group_id, office, person_id))), [])


def may_handle(session: Session, *, actor: Actor, person_id: PersonId) -> bool:
    """Say whether a keeper handles cash with this person: a treasurer does, the chair where there is no treasurer but them."""
    return Role.TREASURER in actor.roles or not _holders(session, actor.home.id, Role.TREASURER, person_id)


def _holders(session: Session, group_id: GroupId, office: Role, but: PersonId | None) -> list[Contact]:
    return officers(session, group_id=group_id, roles=frozenset({office}), but=but)


def take_up(session: Session, *, group_id: GroupId, declaration_id: DeclarationId, actor: Actor) -> Declared:
    """Lock a declaration for the one who decides on it.

    :raises AlreadyDecided: if somebody was quicker
    :raises OwnRequest: if it is their own
    :raises NotAllowed: if a treasurer should decide: the chair stands in where there is no treasurer but the one who declared
    """
    found = _LOCK.one(driver(session), {"group": group_id, "id": declaration_id})
    if found is None or found.state != "declared":
        raise AlreadyDecided
    if found.person_id == actor.person_id:
        raise OwnRequest
    if not may_handle(session, actor=actor, person_id=PersonId(found.person_id)):
        raise NotAllowed
    return found


def settle(session: Session, *, declared: Declared, actor: Actor, entry_id: int | None, at: datetime) -> None:
    """Close a declaration: confirmed by the entry that posted it, refused without one."""
    state = "refused" if entry_id is None else "confirmed"
    which = {"group": actor.home.id, "id": declared.id}
    _DECIDE.later(driver(session), which | {"state": state, "by": actor.person_id, "at": at, "entry": entry_id})
