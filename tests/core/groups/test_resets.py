"""A PIN is cleared by two officials together: who may, what falls with it, and who is told."""

from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy.orm import Session

from core.commands import AddMember, AskPinReset, DecidePinReset, MakeLinkCode, Secret, SetPin
from core.ids import PersonId
from tests.builders import AT, Town
from tests.core.outcomes import outcome, rows, told

NUMBERS: Final = {"amina": 1, "baraka": 2, "chausiku": 3, "daudi": 4}
DAY: Final = timedelta(hours=24)


@pytest.fixture
def town(session: Session) -> Town:
    """Give a group; what is done in it is undone after the test."""
    return Town(session)


def asks(town: Town, who: str, whose: str = "amina", **said: Any) -> str:  # noqa: ANN401 fields of the command
    return outcome(town, AskPinReset, who, number=NUMBERS[whose], **said)


def newest(town: Town) -> int:
    ((found,),) = rows(town, "SELECT max(id) FROM pin_reset WHERE group_id = %s", town.group_id)
    return int(found)


def decides(town: Town, who: str, **said: Any) -> str:  # noqa: ANN401 fields of the command
    return outcome(town, DecidePinReset, who, **({"reset_id": newest(town), "agree": True} | said))


def states(town: Town) -> list[str]:
    return [state for (state,) in rows(town, "SELECT state FROM pin_reset WHERE group_id = %s ORDER BY id", town.group_id)]


@pytest.mark.parametrize(
    ("who", "whose", "came"),
    [
        ("chausiku", "amina", "done"),
        ("baraka", "amina", "done"),
        ("daudi", "chausiku", "done"),
        ("chausiku", "chausiku", "role.own_request"),
        ("amina", "baraka", "role.not_allowed"),
        ("amina", "amina", "role.not_allowed"),
    ],
)
def test_who_may_ask(town: Town, who: str, whose: str, came: str) -> None:
    assert asks(town, who, whose) == came


@pytest.mark.parametrize(
    ("whose", "who", "came"),
    [
        ("amina", "baraka", "done"),
        ("amina", "daudi", "done"),
        ("amina", "chausiku", "role.own_request"),  # who asked
        ("amina", "amina", "role.not_allowed"),
        ("daudi", "daudi", "role.own_request"),  # whose PIN it is
        ("daudi", "baraka", "done"),
    ],
)
def test_who_may_agree_to_what_the_chair_asked(town: Town, whose: str, who: str, came: str) -> None:
    asks(town, "chausiku", whose)
    assert decides(town, who) == came
    left = rows(town, "SELECT count(*) FROM pin WHERE person_id = %s", town.people[whose])
    assert left == [(0,)] if came == "done" else [(1,)]


def test_what_cannot_be_asked(town: Town) -> None:
    assert outcome(town, AskPinReset, "chausiku", number=99) == "member.none"
    rows_of_pin = "SELECT person_id FROM pin WHERE person_id = %s"
    assert asks(town, "chausiku") == "done"
    assert asks(town, "daudi") == "pin.reset_waits"
    assert decides(town, "daudi") == "done"
    assert rows(town, rows_of_pin, town.people["amina"]) == []
    assert asks(town, "chausiku") == "pin.nothing_to_reset"
    for name in ("baraka", "daudi"):
        rows(town, "UPDATE member SET roles = '{}' WHERE id = %s RETURNING 1", town.members[name])
    assert asks(town, "chausiku", "baraka") == "pin.no_second_official"


def test_a_request_is_decided_once_and_lapses_after_a_day(town: Town) -> None:
    asks(town, "chausiku")
    assert [decides(town, "baraka", at=AT + DAY), decides(town, "daudi", at=AT + DAY - timedelta(seconds=1))] == [
        *("role.already_decided", "done"),
    ]
    assert decides(town, "baraka") == "role.already_decided"
    asks(town, "chausiku", "daudi")
    assert asks(town, "baraka", "daudi", at=AT + DAY) == "done"
    assert states(town) == ["done", "lapsed", "asked"]


def test_a_refusal_leaves_the_pin_and_is_told_to_both(town: Town) -> None:
    asks(town, "chausiku")
    assert decides(town, "baraka", agree=False) == "done"
    assert rows(town, "SELECT count(*) FROM pin WHERE person_id = %s", town.people["amina"]) == [(1,)]
    assert [name for name, _ in told(town, "pin.reset_refused")] == ["amina", "chausiku"]


def test_the_lock_and_the_codes_fall_with_the_pin(town: Town) -> None:
    town.asks(MakeLinkCode, "amina")
    rows(town, "UPDATE pin SET failures = 3, locked_until = %s WHERE person_id = %s RETURNING 1", AT + DAY, town.people["amina"])
    asks(town, "chausiku")
    decides(town, "baraka")
    new = Secret("a sealed one")
    assert outcome(town, SetPin, "amina", new_pin=new, pin_given=False, phone="+254799000001") == "done"
    assert rows(town, "SELECT failures, locked_until FROM pin WHERE person_id = %s", town.people["amina"]) == [(0, None)]
    assert rows(town, "SELECT count(*) FROM link_code WHERE person_id = %s", town.people["amina"]) == [(0,)]


def test_who_changes_their_pin_stops_it(town: Town) -> None:
    asks(town, "chausiku")
    town.asks(SetPin, "amina", new_pin=Secret("a sealed one"), phone="+254799000001")
    assert decides(town, "baraka") == "role.already_decided"
    assert states(town) == ["lapsed"]


def test_one_group_suffices_and_every_number_is_told(session: Session, town: Town) -> None:
    other = Town(session)
    (home_number,) = rows(town, "SELECT phone FROM handset WHERE person_id = %s", town.people["amina"])[0]
    # The same person in a second group, where she is known by another number too.
    joined = other.asks(AddMember, None, name="Amina", phone=home_number, language="en")
    assert joined["person_id"] == town.people["amina"]
    other.people["again"], second = PersonId(joined["person_id"]), "+254799000077"
    rows(
        other,
        "UPDATE handset SET phone = %s WHERE group_id = %s AND person_id = %s RETURNING 1",
        second,
        other.group_id,
        joined["person_id"],
    )
    assert outcome(other, AskPinReset, "chausiku", number=joined["number"]) == "done"
    asks(town, "chausiku")
    decides(town, "baraka")
    assert states(other) == ["lapsed"]
    for template, times in (("pin.reset_asked", 2), ("pin.was_reset", 1)):
        addresses = [address for (address,) in rows(town, "SELECT address FROM outbox WHERE template = %s ORDER BY address", template)]
        assert addresses == sorted([home_number, second] * times), template
    assert [name for name, _ in told(town, "pin.reset_to_confirm")] == ["baraka", "daudi"]
