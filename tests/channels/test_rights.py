"""Who may ask for what: every command, by every role, in one's own group and in another one, straight through the door."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from core.commands import (
    AddMember,
    AnswerMeeting,
    ApplyForLoan,
    AskPinReset,
    AskToJoin,
    CallMeeting,
    CancelLoan,
    CancelMeeting,
    ChangeMeeting,
    ChangeNumber,
    ChangeRole,
    ChooseGroup,
    ChooseLanguage,
    CloseMeeting,
    Command,
    DecideCash,
    DecideDispute,
    DecideJoin,
    DecideLoan,
    DecidePinReset,
    DeclareRepayment,
    DeclareSaving,
    DisburseLoan,
    ImportEntries,
    MakeLinkCode,
    OpenDispute,
    OpenGroup,
    OpenOrganisation,
    ProvePin,
    ReverseEntry,
    SetPin,
    UnlinkTelegram,
    UseLinkCode,
    WithdrawDispute,
)
from core.db.engine import Work
from core.execute import execute
from core.groups.rules import PERMITS, Role
from core.ledger.receipts import receipt_code
from core.money import Money
from core.refusal import Refused

from .town import STRANGER, ZONE, Town

KES: Final = Money(500_00, "KES")
# Who stands for each role in Umoja. None is a stranger.
PEOPLE: Final = {"member": "Amina", "treasurer": "Baraka", "chair": "Chausiku", "secretary": "Daudi", "stranger": None}
# What may be asked without being anything in the group.
OPEN_TO_ALL: Final = {"member.ask", "link.use"}


class Things:
    """Something of each kind that waits in a group: cash, a request to join, a PIN to clear, loans, a meeting, an entry, a dispute."""

    def __init__(self, town: Town, code: str, *, saver: str, borrower: str, chair: str) -> None:
        self.group = town.groups[code]
        at_home = {"group_id": self.group, "channel": "ussd"}
        town.do(DeclareSaving, **at_home, actor_id=town.people[saver], amount=KES)
        self.declared = newest(town, "declaration", self.group)
        town.do(ApplyForLoan, **at_home, actor_id=town.people[borrower], amount=KES, months=1)
        self.applied = newest(town, "loan", self.group)
        town.do(ApplyForLoan, **at_home, actor_id=town.people[saver], amount=KES, months=1)
        self.approved = newest(town, "loan", self.group)
        town.do(DecideLoan, **at_home, actor_id=town.people[chair], loan_id=self.approved, agree=True, pin_given=True)
        asked = town.do(AskToJoin, **at_home, name="Neema", phone=STRANGER, language="en")
        self.asked = asked.facts["member_id"]
        self.saver, forgetful = (number(town, code, who) for who in (saver, borrower))
        town.do(AskPinReset, **at_home, actor_id=town.people[chair], number=forgetful, pin_given=True)
        self.reset = newest(town, "pin_reset", self.group)
        met = town.do(CallMeeting, group_id=self.group, starts_at=town.now + timedelta(days=1), place="Hall")
        self.meeting = met.facts["meeting_id"]
        begun = town.do(CallMeeting, group_id=self.group, starts_at=town.now + timedelta(seconds=5), place="Hall")
        self.begun = begun.facts["meeting_id"]
        town.now += timedelta(seconds=5)
        self.entry = newest(town, "entry", self.group, "book_id")
        own = "SELECT p.entry_id FROM posting p JOIN account a ON a.id = p.account_id WHERE a.member_id = %(m)s ORDER BY 1"
        *_, self.own, disputed = (receipt_code(row[0]) for row in town.sql(own, m=town.members[code, saver]))
        opened = town.do(OpenDispute, **at_home, actor_id=town.people[saver], code=disputed)
        self.dispute = opened.facts["dispute_id"]


def newest(town: Town, table: str, group: int, column: str = "group_id") -> int:
    ((found,),) = town.sql(f"SELECT max(id) FROM {table} WHERE {column} = %(group)s", group=group)  # noqa: S608 our own names
    return int(found)


def number(town: Town, code: str, who: str) -> int:
    ((found,),) = town.sql("SELECT number FROM member WHERE id = %(member)s", member=town.members[code, who])
    return int(found)


def asks(town: Town, things: Things) -> dict[str, Callable[[], tuple[type[Command], dict[str, Any]]]]:
    """Give what each kind of command would ask about these things."""
    new_pin = {"new_pin": town.sealed("Amina", "8341"), "phone": STRANGER}
    opened = {"organisation_id": 1, "code": "NEW", "name": "New", "group_kind": "vsla", "currency": "KES", "timezone": ZONE}
    return {
        "organisation.open": lambda: (OpenOrganisation, {"name": "Umoja Trust", "country": "KE"}),
        "group.open": lambda: (OpenGroup, opened),
        "member.add": lambda: (AddMember, {"name": "Zuri", "phone": "+254700000077", "language": "en"}),
        "member.ask": lambda: (AskToJoin, {"name": "Zuri", "phone": "+254700000078", "language": "en"}),
        "member.decide": lambda: (DecideJoin, {"member_id": things.asked, "agree": True}),
        "pin.prove": lambda: (ProvePin, {}),
        "pin.set": lambda: (SetPin, new_pin),
        "pin.ask_reset": lambda: (AskPinReset, {"number": things.saver}),
        "pin.reset": lambda: (DecidePinReset, {"reset_id": things.reset, "agree": True}),
        "number.change": lambda: (ChangeNumber, {"number": things.saver, "phone": "+254700000079"}),
        "role.change": lambda: (ChangeRole, {"number": things.saver, "office": "key_holder", "give": True}),
        "language.choose": lambda: (ChooseLanguage, {"language": "fr"}),
        "group.choose": lambda: (ChooseGroup, {}),
        "link.make": lambda: (MakeLinkCode, {}),
        "link.use": lambda: (UseLinkCode, {"code_hash": "00" * 32, "user_id": 77, "chat_id": 77, "account": "@a"}),
        "link.drop": lambda: (UnlinkTelegram, {}),
        "saving.declare": lambda: (DeclareSaving, {"amount": KES}),
        "repayment.declare": lambda: (DeclareRepayment, {"loan_id": things.approved, "amount": KES}),
        "cash.decide": lambda: (DecideCash, {"declaration_id": things.declared, "agree": True}),
        "loan.apply": lambda: (ApplyForLoan, {"amount": KES, "months": 1}),
        "loan.cancel": lambda: (CancelLoan, {"loan_id": things.applied}),
        "loan.decide": lambda: (DecideLoan, {"loan_id": things.applied, "agree": True}),
        "loan.disburse": lambda: (DisburseLoan, {"loan_id": things.approved}),
        "meeting.call": lambda: (CallMeeting, {"starts_at": town.now + timedelta(days=2), "place": "Hall"}),
        "meeting.change": lambda: (ChangeMeeting, {"meeting_id": things.meeting, "place": "Market"}),
        "meeting.cancel": lambda: (CancelMeeting, {"meeting_id": things.meeting}),
        "meeting.close": lambda: (CloseMeeting, {"meeting_id": things.begun}),
        "meeting.answer": lambda: (AnswerMeeting, {"meeting_id": things.meeting, "answer": "yes"}),
        "dispute.open": lambda: (OpenDispute, {"code": things.own}),
        "dispute.decide": lambda: (DecideDispute, {"dispute_id": things.dispute, "agree": True}),
        "dispute.withdraw": lambda: (WithdrawDispute, {"dispute_id": things.dispute}),
        "entry.reverse": lambda: (ReverseEntry, {"entry_id": things.entry, "reason": "x", "effective_on": town.now.date()}),
        "entries.import": lambda: (ImportEntries, {"book": "OTHER", "currency": "KES", "may_open": True, "lines": ()}),
    }


def outcome(town: Town, kind: type[Command], fields: dict[str, Any], *, group: int, who: str | None, pin: bool = True) -> str:
    """Try a command and undo it: 'done', or the code of the refusal."""
    actor = None if who is None else town.people[who]
    given = {"pin": town.sealed(who)} if pin and who else {}
    command = kind(id=town.next_id(), at=town.clock(), channel="ussd", group_id=group, actor_id=actor, **given, **fields)  # type: ignore[arg-type]
    with Work(town.engine) as work:
        try:
            execute(work.session, command)
        except Refused as refusal:
            return refusal.code
    return "done"


@pytest.fixture
def umoja(town: Town) -> Things:
    return Things(town, "UMOJA", saver="Amina", borrower="Daudi", chair="Chausiku")


@pytest.fixture
def tumaini(town: Town) -> Things:
    for _ in range(2):
        town.save("TUMAINI", "Fatuma", "Ghalib", 3_000)
    town.save("TUMAINI", "Wanjiru", "Ghalib", 3_000)
    return Things(town, "TUMAINI", saver="Fatuma", borrower="Wanjiru", chair="Halima")


def test_every_kind_is_in_the_table_of_this_test(town: Town, umoja: Things) -> None:
    assert set(asks(town, umoja)) == set(PERMITS)


def test_a_role_may_ask_for_what_the_table_says_and_nothing_else(town: Town, umoja: Things) -> None:
    for name, ask in asks(town, umoja).items():
        permitted = PERMITS[name].roles
        for role, who in PEOPLE.items():
            held = {Role.STRANGER} if who is None else {Role.MEMBER, Role(role)}
            came = outcome(town, *ask(), group=umoja.group, who=who)
            if held & permitted:
                assert came != "role.not_a_member", (name, role, came)
                # The treasurer keeps the cash; the chair only stands in. Another's request is another's to take back.
                assert came != "role.not_allowed" or (name, role) in CHAIR_STANDS_IN or name in TAKES_BACK, (name, role, came)
            else:
                assert came in {"role.not_allowed", "role.not_a_member"}, (name, role, came)


TAKES_BACK: Final = {"loan.cancel", "dispute.withdraw"}
CHAIR_STANDS_IN: Final = {("cash.decide", "chair"), ("loan.disburse", "chair")}


def test_what_each_role_gets_is_what_was_reviewed(town: Town, umoja: Things) -> None:
    got = {
        name: " ".join(role for role, who in PEOPLE.items() if outcome(town, *ask(), group=umoja.group, who=who) == "done")
        for name, ask in asks(town, umoja).items()
    }
    assert got == {
        "organisation.open": "",
        "group.open": "",
        "member.add": "",
        "member.ask": "stranger",
        "member.decide": "treasurer chair secretary",
        "pin.prove": "member treasurer chair secretary",
        "pin.set": "member treasurer chair secretary",
        "pin.ask_reset": "treasurer chair secretary",
        "pin.reset": "treasurer",  # the chair asked, and it is the secretary's PIN
        "number.change": "",
        "role.change": "",
        "language.choose": "member treasurer chair secretary",
        "group.choose": "member treasurer chair secretary",
        "link.make": "member treasurer chair secretary",
        "link.use": "stranger",
        "link.drop": "member treasurer chair secretary",
        "saving.declare": "member treasurer chair secretary",
        "repayment.declare": "",  # not paid out yet
        "cash.decide": "treasurer",
        "loan.apply": "treasurer",  # the others have saved nothing, or have asked already
        "loan.cancel": "secretary",  # whose request it is
        "loan.decide": "treasurer chair",  # not the secretary, whose request it is
        "loan.disburse": "treasurer",
        "meeting.call": "treasurer chair secretary",
        "meeting.change": "treasurer chair secretary",
        "meeting.cancel": "treasurer chair secretary",
        "meeting.close": "treasurer chair secretary",
        "meeting.answer": "member treasurer chair secretary",
        "dispute.open": "member",  # whose entry it is
        "dispute.decide": "chair secretary",  # not the treasurer, who recorded the entry
        "dispute.withdraw": "member",
        "entry.reverse": "",
        "entries.import": "",
    }


def test_nobody_acts_in_a_group_that_is_not_theirs(town: Town, umoja: Things, tumaini: Things) -> None:
    """Asked in the other group, about the other group's things."""
    before = fingerprint(town)
    for name, ask in asks(town, tumaini).items():
        for role, who in PEOPLE.items():
            if who is None or name in OPEN_TO_ALL:
                continue
            came = outcome(town, *ask(), group=tumaini.group, who=who)
            assert came in {"role.not_allowed", "role.not_a_member"}, (name, role, came)
    assert fingerprint(town) == before
    assert umoja.group != tumaini.group


def test_nobody_reaches_another_groups_things_from_their_own(town: Town, umoja: Things, tumaini: Things) -> None:
    """Asked in one's own group, with the ids of the other group's things: they are not found, whatever the role."""
    deeds = (
        "repayment.declare",
        ".decide",
        ".cancel",
        ".disburse",
        ".answer",
        ".reverse",
        ".reset",
        ".change",
        ".close",
        ".withdraw",
        "dispute.open",
    )
    about = {name for name in PERMITS if name.endswith(deeds)}
    not_found = {
        "dispute.no_such_receipt",
        "role.already_decided",
        "loan.not_active",
        "meeting.over",
        "role.not_allowed",
        "role.not_a_member",
    }
    for name, ask in asks(town, tumaini).items():
        if name in about:
            for role, who in PEOPLE.items():
                came = outcome(town, *ask(), group=umoja.group, who=who)
                assert came in not_found, (name, role, came)


def test_without_the_pin_nothing_that_needs_one_is_done(town: Town, umoja: Things) -> None:
    for name, ask in asks(town, umoja).items():
        if PERMITS[name].pin:
            for who in filter(None, PEOPLE.values()):
                came = outcome(town, *ask(), group=umoja.group, who=who, pin=False)
                assert came in {"pin.missing", "role.not_allowed"}, (name, who, came)


def fingerprint(town: Town) -> list[Any]:
    return town.sql("SELECT count(*), max(id) FROM entry") + town.sql("SELECT state, count(*) FROM loan GROUP BY state ORDER BY state")


# The database states the same law


@pytest.mark.parametrize(
    ("statement", "law"),
    [
        ("UPDATE declaration SET state = 'refused', decided_by = person_id WHERE state = 'declared'", "cash_maker_is_not_checker"),
        ("UPDATE member SET state = 'active', number = 99, decided_by = person_id WHERE state = 'asked'", "member_maker_is_not_checker"),
        ("UPDATE pin_reset SET state = 'done', decided_by = person_id", "nobody_resets_their_own"),
        ("UPDATE pin_reset SET state = 'done', decided_by = asked_by", "reset_maker_is_not_checker"),
        ("UPDATE loan SET state = 'approved', decided_by = person_id WHERE state = 'applied'", "loan_maker_is_not_checker"),
        (
            "UPDATE dispute SET state = 'rejected', decided_at = now(), decided_by = recorded_by WHERE state = 'open'",
            "dispute_maker_is_not_checker",
        ),
        ("UPDATE loan SET state = 'active', disbursed_by = person_id WHERE state = 'approved'", None),
    ],
)
@pytest.mark.usefixtures("umoja")
def test_maker_is_not_checker_in_the_database_itself(town: Town, statement: str, law: str | None) -> None:
    with pytest.raises(IntegrityError) as refused:
        town.sql(statement)
    cause = refused.value.orig
    assert isinstance(cause, psycopg.errors.CheckViolation)
    assert law is None or cause.diag.constraint_name == law


def test_nobody_is_in_a_group_twice(town: Town) -> None:
    asked = {"name": "B", "phone": STRANGER, "language": "en"}
    with pytest.raises(Refused) as refused:
        town.do(AskToJoin, channel="ussd", group_id=town.groups["UMOJA"], actor_id=town.people["Baraka"], **asked)
    assert refused.value.code == "member.already"
