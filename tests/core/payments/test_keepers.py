"""Who may say that cash was received: a treasurer, and the chair where there is no treasurer but the one who declares it."""

import pytest
from sqlalchemy.orm import Session

from core.commands import DecideCash, DeclareSaving
from core.ids import DeclarationId
from core.money import Money
from tests.builders import Town
from tests.core.outcomes import outcome, rows, told

KES_500 = Money(500_00, "KES")
PEOPLE = ("amina", "baraka", "chausiku", "daudi")


def town_with(session: Session, offices: str) -> Town:
    """Give a group whose offices are held as in `treasurer: baraka daudi, chair: chausiku`."""
    town = Town(session)
    held: dict[str, list[str]] = {name: [] for name in PEOPLE}
    for office, names in (part.split(":") for part in offices.split(", ") if part):
        for name in names.split():
            held[name].append(office)
    for name, roles in held.items():
        rows(town, "UPDATE member SET roles = %s WHERE group_id = %s AND id = %s RETURNING id", roles, town.group_id, town.members[name])
    return town


TABLE = [
    # who holds an office, who declares, who is asked, who may confirm
    ("treasurer: baraka, chair: chausiku", "amina", "baraka", "baraka"),
    ("treasurer: baraka, chair: chausiku", "chausiku", "baraka", "baraka"),
    ("treasurer: baraka, chair: chausiku", "baraka", "chausiku", "chausiku"),
    ("treasurer: baraka daudi, chair: chausiku", "amina", "baraka daudi", "baraka daudi"),
    ("treasurer: baraka daudi, chair: chausiku", "baraka", "daudi", "daudi"),
    ("chair: chausiku", "amina", "chausiku", "chausiku"),
    ("chair: chausiku daudi", "chausiku", "daudi", "daudi"),
    ("treasurer: baraka, chair: baraka", "amina", "baraka", "baraka"),
]


@pytest.mark.parametrize(("offices", "who", "asked", "confirm"), TABLE)
def test_who_is_asked_is_who_may_confirm(session: Session, offices: str, who: str, asked: str, confirm: str) -> None:
    town = town_with(session, offices)
    town.asks(DeclareSaving, who, amount=KES_500)
    assert sorted(name for name, _ in told(town, "cash.declared")) == asked.split()
    assert [name for name in PEOPLE if may_confirm(town, name, of=who)] == confirm.split()


def may_confirm(town: Town, name: str, *, of: str) -> bool:
    """Let somebody confirm cash that was declared for it."""
    town.asks(DeclareSaving, of, amount=KES_500)
    ((declaration,),) = rows(town, "SELECT max(id) FROM declaration WHERE group_id = %s", town.group_id)
    return outcome(town, DecideCash, name, declaration_id=DeclarationId(declaration), agree=True) == "done"


@pytest.mark.parametrize(
    ("offices", "who"),
    [
        ("", "amina"),
        ("secretary: daudi, key_holder: baraka", "amina"),
        ("treasurer: baraka", "baraka"),
        ("chair: chausiku", "chausiku"),
        ("treasurer: baraka, chair: baraka", "baraka"),
    ],
)
def test_cash_that_nobody_could_confirm_is_not_declared(session: Session, offices: str, who: str) -> None:
    town = town_with(session, offices)
    assert outcome(town, DeclareSaving, who, amount=KES_500) == "cash.no_keeper"
    assert rows(town, "SELECT count(*) FROM declaration WHERE group_id = %s", town.group_id) == [(0,)]


def test_one_who_left_keeps_nothing(session: Session) -> None:
    town = town_with(session, "treasurer: baraka")
    rows(town, "UPDATE member SET state = 'left' WHERE group_id = %s AND id = %s RETURNING id", town.group_id, town.members["baraka"])
    assert outcome(town, DeclareSaving, "amina", amount=KES_500) == "cash.no_keeper"
