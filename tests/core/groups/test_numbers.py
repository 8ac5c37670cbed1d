"""A member's number changes: where it moves, what is refused, who is told, and what ends with the old one."""

from typing import Any, Final

import pytest
from sqlalchemy.orm import Session

from core.commands import AddMember, AskPinReset, ChangeNumber, DecidePinReset, MakeLinkCode
from tests.builders import Town
from tests.core.outcomes import outcome, rows, told

NEW: Final = "+254799000001"


@pytest.fixture
def town(session: Session) -> Town:
    """Give a group; what is done in it is undone after the test."""
    return Town(session)


def changes(town: Town, number: int = 1, **said: Any) -> str:  # noqa: ANN401 fields of the command
    return outcome(town, ChangeNumber, None, **({"number": number, "phone": NEW} | said))


def phones(town: Town, name: str) -> list[str]:
    return [phone for (phone,) in rows(town, "SELECT phone FROM handset WHERE person_id = %s ORDER BY phone", town.people[name])]


def test_the_person_moves_in_every_group(session: Session, town: Town) -> None:
    other = Town(session)
    (old,) = phones(town, "amina")
    joined = other.asks(AddMember, None, name="Amina", phone=old, language="en")
    assert changes(town) == "done"
    assert phones(town, "amina") == [NEW, NEW]
    assert joined["person_id"] == town.people["amina"]
    (told_at,) = rows(town, "SELECT array_agg(address ORDER BY address) FROM outbox WHERE template = 'number.changed'")
    assert told_at == (sorted([old, NEW]),)
    assert NEW not in str(told(town, "number.changed")), "the old number is not told the new one"


@pytest.mark.parametrize(
    ("said", "came"),
    [
        ({"number": 99}, "member.none"),
        ({"old": "+254799000002"}, "number.not_theirs"),
        ({"phone": "own"}, "number.theirs_already"),
        ({"phone": "baraka's"}, "done"),  # a shared handset
        ({"phone": "another Amina's"}, "number.same_name"),
    ],
)
def test_where_a_member_may_move(town: Town, said: dict[str, Any], came: str) -> None:
    town.asks(AddMember, None, name="Amina", phone="+254799000003", language="en")
    known = {"own": phones(town, "amina")[0], "baraka's": phones(town, "baraka")[0], "another Amina's": "+254799000003"}
    before = rows(town, "SELECT * FROM handset ORDER BY phone, member_id")
    assert changes(town, **(said | ({"phone": known[said["phone"]]} if "phone" in said else {}))) == came
    assert (rows(town, "SELECT * FROM handset ORDER BY phone, member_id") == before) is (came != "done")


def test_which_of_several_numbers_must_be_said(town: Town) -> None:
    second = "+254799000004"
    (first,) = phones(town, "amina")
    rows(
        town,
        "INSERT INTO handset (phone, group_id, member_id, person_id) VALUES (%s, %s, %s, %s) RETURNING 1",
        *(second, town.group_id, town.members["amina"], town.people["amina"]),
    )
    assert changes(town) == "number.several"
    assert changes(town, old=first) == "done"
    assert phones(town, "amina") == [NEW, second]


def test_what_the_old_number_had_open_lapses(town: Town) -> None:
    town.asks(MakeLinkCode, "amina")
    town.asks(AskPinReset, "chausiku", number=1)
    assert changes(town) == "done"
    assert rows(town, "SELECT count(*) FROM link_code WHERE person_id = %s", town.people["amina"]) == [(0,)]
    ((waiting,),) = rows(town, "SELECT max(id) FROM pin_reset")
    assert outcome(town, DecidePinReset, "baraka", reset_id=waiting, agree=True) == "role.already_decided"
    assert rows(town, "SELECT count(*) FROM pin WHERE person_id = %s", town.people["amina"]) == [(1,)]


@pytest.mark.parametrize("who", ["amina", "baraka", "chausiku", "daudi"])
def test_nobody_changes_a_number_by_phone(town: Town, who: str) -> None:
    assert outcome(town, ChangeNumber, who, number=1, phone=NEW) == "role.not_allowed"
