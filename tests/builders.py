"""Builders of what tests start from: a group with people, through the one door."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from core.commands import (
    NO_GROUP,
    AddMember,
    ApplyForLoan,
    Command,
    DecideCash,
    DecideLoan,
    DeclareRepayment,
    DeclareSaving,
    DisburseLoan,
    OpenGroup,
)
from core.db.engine import driver
from core.execute import execute
from core.groups.operations import open_organisation
from core.ids import DeclarationId, GroupId, LoanId, MemberId, OrganisationId, PersonId, new_id
from core.money import Money

AT: Final = datetime(2025, 3, 1, 9, tzinfo=UTC)
OFFICES: Final = {"baraka": ("treasurer",), "chausiku": ("chair",), "daudi": ("secretary",)}


@dataclass(slots=True)
class Town:
    """A group with Amina and its officers Baraka (treasurer), Chausiku (chair) and Daudi (secretary), by first names."""

    session: Session
    code: str = ""
    group_id: GroupId = NO_GROUP
    people: dict[str, PersonId] = field(default_factory=dict)
    members: dict[str, MemberId] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.code = self.code or f"T{new_id().hex[:8]}".upper()
        organisation = OrganisationId(open_organisation(self.session, name=f"Org {self.code}", country="KE"))
        opened = self.asks(
            OpenGroup,
            None,
            organisation_id=organisation,
            code=self.code,
            name="Umoja",
            group_kind="vsla",
            currency="KES",
            timezone="Africa/Nairobi",
        )
        self.group_id = GroupId(opened["group_id"])
        for n, name in enumerate(("amina", *OFFICES)):
            self.takes_in(name, phone=f"+2547{self.group_id:05}{n:03}", roles=OFFICES.get(name, ()))

    def asks(self, kind: Callable[..., Command], who: str | None, **said: object) -> dict[str, Any]:
        """Carry out a command, with the PIN given."""
        actor = None if who is None else self.people[who]
        channel = "cli" if who is None else "ussd"
        envelope: dict[str, object] = {"id": new_id(), "at": AT, "channel": channel, "group_id": self.group_id, "pin_given": True}
        return execute(self.session, kind(actor_id=actor, **(envelope | said))).facts

    def takes_in(self, name: str, *, phone: str, roles: tuple[str, ...] = ()) -> None:
        """Add a member."""
        added = self.asks(AddMember, None, name=name.capitalize(), phone=phone, language="en", roles=roles)
        self.people[name], self.members[name] = PersonId(added["person_id"]), MemberId(added["member_id"])
        # Everybody has a PIN, but nobody knows it: to hash one takes longer than all the rest.
        driver(self.session).execute("INSERT INTO pin (person_id, hash, set_at) VALUES (%s, '!', %s)", (self.people[name], AT))

    def saves(self, name: str, major: int) -> dict[str, Any]:
        """Declare cash and have it confirmed."""
        self.asks(DeclareSaving, name, amount=Money(major * 100, "KES"))
        return self._confirmed(name)

    def repays(self, name: str, major: int) -> dict[str, Any]:
        """Declare a repayment and have it confirmed."""
        self.asks(DeclareRepayment, name, loan_id=self.loan(name), amount=Money(major * 100, "KES"))
        return self._confirmed(name)

    def borrows(self, name: str, major: int, *, months: int = 3) -> LoanId:
        """Ask, get it approved by the chair, and get it paid out by the treasurer."""
        loan_id = LoanId(self.asks(ApplyForLoan, name, amount=Money(major * 100, "KES"), months=months)["loan_id"])
        self.asks(DecideLoan, "chausiku", loan_id=loan_id, agree=True)
        self.asks(DisburseLoan, "baraka", loan_id=loan_id)
        return loan_id

    def loan(self, name: str) -> LoanId:
        """The member's open loan."""
        return LoanId(self._number("SELECT id FROM loan WHERE group_id = %s AND member_id = %s AND state = 'active'", name))

    def _confirmed(self, name: str) -> dict[str, Any]:
        waiting = self._number("SELECT max(id) FROM declaration WHERE group_id = %s AND member_id = %s AND state = 'declared'", name)
        keeper = "chausiku" if name == "baraka" else "baraka"
        return self.asks(DecideCash, keeper, declaration_id=DeclarationId(waiting), agree=True)

    def _number(self, statement: str, name: str) -> int:
        row = driver(self.session).execute(statement, (self.group_id, self.members[name])).fetchone()
        assert row is not None
        return int(row[0])
