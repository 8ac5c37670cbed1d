"""Groups open, people come, go and come back: with their own number, and with no office that nobody gave them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.commands import (
    NO_GROUP,
    AddMember,
    AskToJoin,
    ChooseGroup,
    ChooseLanguage,
    DecideJoin,
    DeclareSaving,
    MakeLinkCode,
    OpenGroup,
    OpenOrganisation,
)
from core.groups import operations
from core.groups.operations import hashed_link_code
from core.groups.rules import OFFICES, TEMPLATES
from core.ids import MemberId, PersonId
from core.money import Money
from tests.builders import AT, Town
from tests.core.outcomes import outcome, rows, told

NEEMA = {"name": "Neema", "phone": "+254799000001", "language": "sw"}


@pytest.fixture
def town(session: Session) -> Town:
    """Give a group; what is done in it is undone after the test."""
    return Town(session)


def opens(town: Town, **said: object) -> str:
    """Open a group, and say what came of it."""
    ((organisation,),) = rows(town, "SELECT organisation_id FROM savings_group WHERE id = %s", town.group_id)
    usual = {"organisation_id": organisation, "code": "IMANI", "name": "Imani", "group_kind": "vsla", "currency": "KES"}
    return outcome(town, OpenGroup, None, **({"timezone": "Africa/Nairobi", "group_id": NO_GROUP} | usual | said))


# Opening


def test_an_organisation_is_opened_once(town: Town) -> None:
    fields = {"group_id": NO_GROUP, "name": "Federation", "country": "KE"}
    first, again = (town.asks(OpenOrganisation, None, **fields) for _ in range(2))
    assert first == again
    assert rows(town, "SELECT id, country FROM organisation WHERE name = 'Federation'") == [(first["organisation_id"], "KE")]
    assert outcome(town, OpenOrganisation, "chausiku", **fields) == "role.not_allowed"


@pytest.mark.parametrize(
    ("said", "came"), [({}, "done"), ({"group_kind": "bank"}, "group.unknown_kind"), ({"code": "OTHER"}, "group.code_taken")]
)
def test_what_group_may_be_opened(town: Town, said: dict[str, str], came: str) -> None:
    opens(town, code="OTHER")
    assert opens(town, **said) == came


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_group_begins_with_the_rules_of_its_kind_and_a_chart_of_accounts(town: Town, kind: str) -> None:
    assert opens(town, code="imani", group_kind=kind) == "done"
    ((group_id, rules),) = rows(
        town, "SELECT g.id, k.rules FROM savings_group g JOIN constitution k ON k.group_id = g.id WHERE g.code = 'IMANI'"
    )
    assert rules == TEMPLATES[kind].as_facts()
    codes = rows(town, "SELECT code FROM account WHERE book_id = %s ORDER BY code", group_id)
    assert [code for (code,) in codes] == ["cash", "loan-interest", "opening-balances", "unearned-interest"]


@pytest.mark.parametrize(
    ("timezone", "at", "day"),
    [
        ("Africa/Nairobi", datetime(2025, 3, 1, 22, tzinfo=UTC), date(2025, 3, 2)),
        ("America/Paramaribo", datetime(2025, 3, 1, 2, tzinfo=UTC), date(2025, 2, 28)),
        ("Africa/Dakar", datetime(2025, 3, 1, 22, tzinfo=UTC), date(2025, 3, 1)),
    ],
)
def test_it_opens_on_the_day_it_is_there(town: Town, timezone: str, at: datetime, day: date) -> None:
    opens(town, timezone=timezone, at=at)
    found = rows(
        town,
        "SELECT g.opened_on, k.effective_from FROM savings_group g JOIN constitution k ON k.group_id = g.id WHERE g.code = 'IMANI'",
    )
    assert found == [(day, day)]


# Coming in


def test_numbers_are_given_in_order_each_with_an_account(town: Town) -> None:
    assert town.asks(AddMember, None, **NEEMA)["number"] == 5
    found = rows(
        town,
        "SELECT m.number, a.code FROM member m JOIN account a ON a.book_id = m.group_id AND a.member_id = m.id"
        " WHERE m.group_id = %s ORDER BY m.number",
        town.group_id,
    )
    assert found == [(number, f"savings:{number}") for number in range(1, 6)]


@pytest.mark.parametrize(
    ("roles", "came"),
    [
        ((), "done"),
        (("chair",), "done"),
        (tuple(OFFICES), "done"),
        (("king",), "member.unknown_office"),
        (("chair", "operator"), "member.unknown_office"),
        (("member",), "member.unknown_office"),
    ],
)
def test_which_offices_there_are(town: Town, roles: tuple[str, ...], came: str) -> None:
    assert outcome(town, AddMember, None, **NEEMA, roles=roles) == came
    held = rows(town, "SELECT roles FROM member m JOIN person p ON p.id = m.person_id WHERE p.name = 'Neema'")
    assert held == ([(list(roles),)] if came == "done" else [])


def asks_to_join(town: Town) -> MemberId:
    """Let Neema ask, as a stranger on her own phone."""
    return MemberId(town.asks(AskToJoin, None, channel="ussd", **NEEMA)["member_id"])


@pytest.mark.parametrize(("agree", "state", "template"), [(True, "active", "join.approved"), (False, "refused", "join.refused")])
def test_leaders_let_somebody_in_or_not(town: Town, agree: bool, state: str, template: str) -> None:  # noqa: FBT001 a column
    member_id = asks_to_join(town)
    assert {name for name, _ in told(town, "join.asked")} == {"baraka", "chausiku", "daudi"}
    assert outcome(town, AskToJoin, None, channel="ussd", **NEEMA) == "member.already"
    assert outcome(town, DecideJoin, "amina", member_id=member_id, agree=agree) == "role.not_allowed"
    assert outcome(town, DecideJoin, "daudi", member_id=member_id, agree=agree) == "done"
    assert outcome(town, DecideJoin, "chausiku", member_id=member_id, agree=agree) == "role.already_decided"
    assert rows(town, "SELECT state FROM member WHERE group_id = %s AND id = %s", town.group_id, member_id) == [(state,)]
    ((language, address),) = rows(
        town, "SELECT language, address FROM outbox WHERE group_id = %s AND template = %s", town.group_id, template
    )
    assert (language, address) == ("sw", NEEMA["phone"])


def leaves(town: Town, name: str) -> None:
    """Let somebody leave; no command does so yet."""
    rows(town, "UPDATE member SET state = 'left' WHERE group_id = %s AND id = %s RETURNING id", town.group_id, town.members[name])


def comes_back(town: Town, name: str, roles: tuple[str, ...] | None) -> dict[str, Any]:
    """Let somebody ask again and be let in, or with `roles` be taken in by staff."""
    ((phone,),) = rows(town, "SELECT phone FROM handset WHERE group_id = %s AND member_id = %s", town.group_id, town.members[name])
    said = {"name": name.capitalize(), "phone": phone, "language": "en"}
    if roles is not None:
        return town.asks(AddMember, None, **said, roles=roles)
    town.asks(AskToJoin, name, **said)
    return town.asks(DecideJoin, "chausiku", member_id=town.members[name], agree=True)


@pytest.mark.parametrize(
    ("roles", "held"), [(None, []), ((), []), (("secretary",), ["secretary"]), (("treasurer", "chair"), ["treasurer", "chair"])]
)
def test_who_comes_back_has_their_old_number_and_money_and_the_new_offices(
    town: Town, roles: tuple[str, ...] | None, held: list[str]
) -> None:
    town.saves("baraka", 700)
    leaves(town, "baraka")
    assert comes_back(town, "baraka", roles)["number"] == 2
    row = rows(
        town,
        "SELECT m.state, m.number, m.roles, -a.balance_minor FROM member m"
        " JOIN account a ON a.book_id = m.group_id AND a.member_id = m.id WHERE m.group_id = %s AND m.id = %s",
        town.group_id,
        town.members["baraka"],
    )
    assert row == [("active", 2, held, 700_00)]
    # No number is lost by it.
    assert town.asks(AddMember, None, **NEEMA)["number"] == 5


def test_the_old_offices_do_not_work_while_one_asks_to_come_back(town: Town) -> None:
    leaves(town, "baraka")
    ((phone,),) = rows(town, "SELECT phone FROM handset WHERE group_id = %s AND member_id = %s", town.group_id, town.members["baraka"])
    town.asks(AskToJoin, "baraka", name="Baraka", phone=phone, language="en")
    assert rows(town, "SELECT roles FROM member WHERE group_id = %s AND id = %s", town.group_id, town.members["baraka"]) == [([],)]


def test_a_group_has_a_last_number(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    assert operations.GROUP_MEMBERS_MAX == 10_000
    monkeypatch.setattr(operations, "GROUP_MEMBERS_MAX", 4)
    member_id = asks_to_join(town)
    assert outcome(town, DecideJoin, "chausiku", member_id=member_id, agree=True) == "group.full"
    assert outcome(town, AddMember, None, **(NEEMA | {"name": "Zuri"})) == "group.full"
    assert rows(town, "SELECT state FROM member WHERE group_id = %s AND id = %s", town.group_id, member_id) == [("asked",)]
    # There is always room for one who was here before.
    leaves(town, "amina")
    assert comes_back(town, "amina", ())["number"] == 1


# Being in


def test_a_person_chooses_a_language_and_a_group(town: Town) -> None:
    assert town.asks(ChooseLanguage, "amina", language="fr") == {"language": "fr"}
    chosen = town.asks(ChooseGroup, "amina")
    assert (chosen["group"], chosen["member_id"]) == ("Umoja", town.members["amina"])
    person = rows(town, "SELECT language, last_group_id FROM person WHERE id = %s", town.people["amina"])
    assert person == [("fr", town.group_id)]
    town.asks(DeclareSaving, "amina", amount=Money(500_00, "KES"))


def test_a_link_code_is_known_by_its_hash_alone(town: Town) -> None:
    first, second = (town.asks(MakeLinkCode, "amina")["code"] for _ in range(2))
    kept = rows(town, "SELECT code_hash, expires_at > %s FROM link_code WHERE person_id = %s", AT, town.people["amina"])
    assert kept == [(hashed_link_code(second), True)]
    assert hashed_link_code(second.lower()) == hashed_link_code(second) != hashed_link_code(first)


def test_one_person_on_one_phone_is_found_again(town: Town) -> None:
    other = Town(town.session)
    ((phone,),) = rows(town, "SELECT phone FROM handset WHERE group_id = %s AND member_id = %s", town.group_id, town.members["amina"])
    joined = other.asks(AddMember, None, name="AMINA", phone=phone, language="en")
    assert PersonId(joined["person_id"]) == town.people["amina"]
    assert other.asks(AddMember, None, name="Esther", phone=phone, language="en")["person_id"] != town.people["amina"]
