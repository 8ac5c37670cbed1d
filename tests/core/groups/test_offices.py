"""Offices are given and taken: what a group must keep, who is told, and that nobody does it for themselves."""

from typing import Final

import pytest
from sqlalchemy.orm import Session

from channels.words.catalogue import LANGUAGES, say
from core.commands import ChangeRole
from core.facts import Word
from core.groups.rules import OFFICES
from tests.builders import Town
from tests.core.outcomes import outcome, rows, told

NUMBERS: Final = {"amina": 1, "baraka": 2, "chausiku": 3, "daudi": 4}


@pytest.fixture
def town(session: Session) -> Town:
    """Give a group; what is done in it is undone after the test."""
    return Town(session)


def changes(town: Town, whose: str, change: str, who: str | None = None) -> str:
    """Give (+) or take (-) an office."""
    asked = {"number": NUMBERS[whose], "office": change[1:], "give": change[0] == "+"}
    return outcome(town, ChangeRole, who, **asked)


def holds(town: Town, whose: str) -> list[str]:
    ((roles,),) = rows(town, "SELECT roles FROM member WHERE id = %s", town.members[whose])
    return list(roles)


# Baraka is the treasurer, Chausiku the chair, Daudi the secretary.
@pytest.mark.parametrize(
    ("before", "whose", "change", "came"),
    [
        ("", "amina", "+chair", "done"),
        ("", "amina", "+key_holder", "done"),
        ("", "amina", "+king", "member.unknown_office"),
        ("", "baraka", "+treasurer", "role.held_already"),
        ("", "baraka", "-secretary", "role.not_held"),
        ("", "daudi", "-secretary", "done"),
        ("", "baraka", "-treasurer", "done"),  # the chair stands in
        ("", "chausiku", "-chair", "role.last_chair"),
        ("amina+chair", "chausiku", "-chair", "done"),
        ("chausiku+treasurer", "chausiku", "-treasurer", "done"),
    ],
)
def test_what_may_change(town: Town, before: str, whose: str, change: str, came: str) -> None:
    if before:
        name, sign, office = before.partition("+")
        assert changes(town, name, sign + office) == "done"
    held = holds(town, whose)
    assert changes(town, whose, change) == came
    office = change[1:]
    expected = held if came != "done" else [*held, office] if change[0] == "+" else [each for each in held if each != office]
    assert holds(town, whose) == expected


def test_the_last_who_keeps_the_cash_of_a_group_without_a_chair(town: Town) -> None:
    rows(town, "UPDATE member SET roles = '{}' WHERE id = %s RETURNING 1", town.members["chausiku"])
    assert changes(town, "baraka", "-treasurer") == "role.last_keeper"
    assert changes(town, "amina", "+treasurer") == "done"
    assert changes(town, "baraka", "-treasurer") == "done"


@pytest.mark.parametrize("who", ["amina", "baraka", "chausiku", "daudi"])
def test_no_member_changes_an_office_of_their_own_or_of_another(town: Town, who: str) -> None:
    assert changes(town, who, "+key_holder", who) == "role.not_allowed"
    assert changes(town, "amina", "+key_holder", who) == "role.not_allowed"


def test_the_member_and_the_other_leaders_are_told(town: Town) -> None:
    changes(town, "amina", "+treasurer")
    changes(town, "baraka", "-treasurer")
    assert [name for name, _ in told(town, "role.given")] == ["amina", "baraka", "chausiku", "daudi"]
    assert [name for name, _ in told(town, "role.taken")] == ["baraka", "amina", "chausiku", "daudi"]
    assert told(town, "role.given")[0][1] == {"group": "Umoja", "name": "Amina", "office": Word("office.treasurer")}


def test_an_office_has_a_word_in_every_language() -> None:
    facts = {"group": "Umoja", "name": "Amina"}
    said = {say(lang, "role.given", channel="sms", office=Word(f"office.{office}"), **facts) for lang in LANGUAGES for office in OFFICES}
    assert len(said) == len(LANGUAGES) * len(OFFICES)
    assert "Umoja: Amina sasa ni mweka hazina. Kama hamkukubaliana mkutanoni, waulize viongozi." in said
