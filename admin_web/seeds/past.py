"""The past of a group, played week by week through the one door: each step is the member's own command, on its own day."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from admin_web.seeds.plan import CURRENCY, PIN, TIMEZONE, WEEKS, Borrowing, GroupPlan
from core.commands import (
    AddMember,
    AnswerMeeting,
    ApplyForLoan,
    CallMeeting,
    Command,
    DecideCash,
    DecideLoan,
    DeclareRepayment,
    DeclareSaving,
    DisburseLoan,
    OpenGroup,
    SetPin,
)
from core.db.engine import driver
from core.execute import CONSOLE, execute
from core.groups import pins
from core.ids import GroupId, MemberId, OrganisationId, PersonId, id_from
from core.loans import queries as loans
from core.money import Money, exponent

CHANNEL: Final = "seed"
WEEK: Final = timedelta(weeks=1)
STARTS: Final = time(15, 0)
CALLED_BEFORE: Final = timedelta(days=5)
_ZONE: Final = ZoneInfo(TIMEZONE)
# Most come and say so; who has an office always does.
_ANSWERS: Final = ("yes",) * 8 + ("maybe", "no", "")
_HABITS: Final = (1, 1, 1, 1, 2, 2, 3, 0)


def meeting_at(day: date) -> datetime:
    """Say when a group meets on a day."""
    return datetime.combine(day, STARTS, tzinfo=_ZONE)


class Past:
    """One group's half year up to `today`, written in the caller's transaction."""

    def __init__(self, session: Session, plan: GroupPlan, *, organisation_id: OrganisationId, pepper: bytes, today: date) -> None:
        self._session, self._plan, self._pepper = session, plan, pepper
        self._random = Random(plan.code)  # noqa: S311 the same half year for everybody who looks
        self._steps = 0
        self._group_id = GroupId(0)
        self._people: dict[str, PersonId] = {}
        self._members: dict[str, MemberId] = {}
        self._paid: dict[str, int] = {}
        self._organisation_id = organisation_id
        self._first_day = today - timedelta(days=plan.met_days_ago) - WEEK * (WEEKS - 1)

    def play(self) -> GroupId:
        """Open the group, take in its people, and let them meet every week."""
        self._begin(meeting_at(self._first_day - WEEK))
        for week in range(WEEKS):
            # Each command sets a savepoint; a thousand of them, one inside the other, would be slow.
            with driver(self._session).transaction():
                self._meet(week, meeting_at(self._first_day + WEEK * week))
        return self._group_id

    def _ask(self, ask: Callable[..., Command], at: datetime, *, who: str = "", **content: Any) -> Mapping[str, Any]:  # noqa: ANN401
        """Ask the house for something; whoever has no name is the operator."""
        self._steps += 1
        command = ask(
            id=id_from(CHANNEL, self._plan.code, self._steps),
            at=at,
            channel=CHANNEL if who else CONSOLE,
            group_id=self._group_id,
            actor_id=self._people[who] if who else None,
            pin_given=ask is not SetPin,
            **content,
        )
        return execute(self._session, command).facts

    def _begin(self, at: datetime) -> None:
        plan = self._plan
        opened = self._ask(
            OpenGroup,
            at,
            organisation_id=self._organisation_id,
            code=plan.code,
            name=plan.name,
            group_kind=plan.kind,
            currency=CURRENCY,
            timezone=TIMEZONE,
        )
        self._group_id = GroupId(opened["group_id"])
        for n, each in enumerate(plan.people, start=1):
            joined = at + timedelta(minutes=5 * n)
            roles = (each.role,) if each.role else ()
            taken_in = self._ask(AddMember, joined, name=each.name, phone=each.phone, language=plan.language, roles=roles)
            person_id = PersonId(taken_in["person_id"])
            self._people[each.name], self._members[each.name] = person_id, MemberId(taken_in["member_id"])
            pin = pins.seal_new(PIN, person_id=person_id, phone=each.phone, pepper=self._pepper)
            self._ask(SetPin, joined + timedelta(minutes=2), who=each.name, new_pin=pin, phone=each.phone)
            self._paid[each.name] = 0

    def _meet(self, week: int, at: datetime) -> None:
        plan = self._plan
        called = self._ask(CallMeeting, at - CALLED_BEFORE, who=plan.holder("chair"), starts_at=at, place=plan.place)
        stays_away = set()
        for n, each in enumerate(plan.people, start=1):
            answer = "yes" if each.role else self._random.choice(_ANSWERS)
            said = at - timedelta(days=3) + timedelta(hours=5 * n)
            if answer:
                self._ask(AnswerMeeting, said, who=each.name, meeting_id=called["meeting_id"], answer=answer)
            if answer == "no":
                stays_away.add(each.name)
        for n, each in enumerate(plan.people, start=1):
            amount = self._money(each.saves) * self._random.choice(_HABITS)
            if amount and each.name not in stays_away:
                self._ask(DeclareSaving, at + timedelta(minutes=5 + n), who=each.name, amount=amount)
        self._repay(at + timedelta(minutes=20))
        self._receive(at + timedelta(minutes=30))
        for borrowing in plan.borrowings:
            if borrowing.week == week:
                self._lend(borrowing, at + timedelta(minutes=60))

    def _money(self, units: int) -> Money:
        return Money(units * 10 ** exponent(CURRENCY), CURRENCY)

    def _repay(self, at: datetime) -> None:
        """Who has an instalment due before the next meeting brings it to this one, unless they stopped paying."""
        for borrowing in self._plan.borrowings:
            name = borrowing.name
            loan = loans.open_loan(self._session, group_id=self._group_id, member_id=self._members[name])
            if loan is None or self._paid[name] >= borrowing.pays:
                continue
            due = loans.due_next(self._session, group_id=self._group_id, loan=loan)
            if due is None or due[0] >= (at + WEEK).date():
                continue
            self._paid[name] += 1
            self._ask(DeclareRepayment, at, who=name, loan_id=loan.id, amount=Money(due[1], CURRENCY))

    def _receive(self, at: datetime) -> None:
        """Confirm all that was handed over: the treasurer does, and the chair where it is the treasurer's own."""
        treasurer, chair = self._plan.holder("treasurer"), self._plan.holder("chair")
        statement = "SELECT id, person_id FROM declaration WHERE group_id = %s AND state = 'declared' ORDER BY id"
        for n, (declaration_id, person_id) in enumerate(driver(self._session).execute(statement, (self._group_id,)).fetchall()):
            keeper = chair if person_id == self._people[treasurer] else treasurer
            self._ask(DecideCash, at + timedelta(minutes=n), who=keeper, declaration_id=declaration_id, agree=True)

    def _lend(self, borrowing: Borrowing, at: datetime) -> None:
        plan, name = self._plan, borrowing.name
        asked = self._ask(ApplyForLoan, at, who=name, amount=self._money(borrowing.amount), months=borrowing.months)
        decider = next(each.name for role in ("chair", "treasurer") for each in plan.people if each.role == role and each.name != name)
        payer = plan.holder("treasurer") if plan.holder("treasurer") != name else plan.holder("chair")
        self._ask(DecideLoan, at + timedelta(minutes=5), who=decider, loan_id=asked["loan_id"], agree=True)
        self._ask(DisburseLoan, at + timedelta(minutes=10), who=payer, loan_id=asked["loan_id"])
