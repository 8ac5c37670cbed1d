"""PINs at the door, and the mark by which a database knows its pepper."""

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.commands import AddMember, ProvePin, Secret, SetPin
from core.db import Work
from core.db.engine import driver
from core.groups import pins
from core.groups.pins import PepperDiffers, PinTooWeak, compare_mark, keep_mark, mark_of, seal, seal_new
from core.ids import PersonId
from tests.builders import AT, Town
from tests.core.outcomes import outcome, told

PEPPER, OTHER = b"a pepper of the tests, 32 bytes..", b"another pepper of 32 bytes......."
AMINA = PersonId(1)


def test_the_mark_is_kept_once(session: Session) -> None:
    assert not compare_mark(session, pepper=PEPPER)
    for _ in range(2):
        keep_mark(session, pepper=PEPPER)
        assert compare_mark(session, pepper=PEPPER)
    with pytest.raises(PepperDiffers, match="PAMOJA_PEPPER_FILE"):
        keep_mark(session, pepper=OTHER)
    with pytest.raises(PepperDiffers):
        compare_mark(session, pepper=OTHER)
    assert driver(session).execute("SELECT pepper_mark FROM installation").fetchall() == [(mark_of(PEPPER),)]


def test_the_mark_is_no_ones_to_change(session: Session) -> None:
    keep_mark(session, pepper=PEPPER)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        driver(session).execute("UPDATE installation SET pepper_mark = ''")


def test_a_database_that_was_never_migrated_has_no_mark(owner_engine: Engine) -> None:
    with Work(owner_engine) as work:
        driver(work.session).execute("DROP TABLE installation")
        keep_mark(work.session, pepper=PEPPER)
        assert not compare_mark(work.session, pepper=OTHER)


def test_the_mark_does_not_tell_the_pepper() -> None:
    assert mark_of(PEPPER) != mark_of(OTHER) != OTHER
    assert len(mark_of(PEPPER)) == 32


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("4826", AMINA, PEPPER), ("4826", AMINA, PEPPER), True),
        (("4826", AMINA, PEPPER), ("4827", AMINA, PEPPER), False),
        (("4826", AMINA, PEPPER), ("4826", PersonId(2), PEPPER), False),
        (("4826", AMINA, PEPPER), ("4826", AMINA, OTHER), False),
    ],
)
def test_a_sealed_pin_is_one_persons_under_one_pepper(
    one: tuple[str, PersonId, bytes],
    other: tuple[str, PersonId, bytes],
    same: bool,  # noqa: FBT001 a column
) -> None:
    sealed = [seal(pin, person_id=person, pepper=pepper).value for pin, person, pepper in (one, other)]
    assert (sealed[0] == sealed[1]) is same
    assert "4826" not in str(sealed)


def test_a_weak_pin_is_not_sealed() -> None:
    with pytest.raises(PinTooWeak):
        seal_new("1234", person_id=AMINA, phone="+254700000001", pepper=PEPPER)


def sealed(town: Town, name: str, pin: str) -> Secret:
    """Seal a PIN as the edge does."""
    return seal(pin, person_id=town.people[name], pepper=PEPPER)


def test_three_tries_and_then_a_day(session: Session) -> None:
    town = Town(session)
    pins.keep(session, person_id=town.people["amina"], pin=sealed(town, "amina", "4826"), at=AT)

    def tries(pin: str | None, after: timedelta = timedelta(0)) -> str:
        given = None if pin is None else sealed(town, "amina", pin)
        return outcome(town, ProvePin, "amina", pin=given, pin_given=False, at=AT + after)

    assert [tries(None), tries("7000"), tries("7000"), tries("4826"), tries("7000")] == [
        *("pin.missing", "pin.wrong", "pin.wrong", "done", "pin.wrong"),
    ]
    assert [tries("7000"), tries("7000"), tries("4826")] == ["pin.wrong", "pin.locked", "pin.locked"]
    assert [name for name, _ in told(town, "pin.locked")] == ["amina"]
    assert [tries("4826", timedelta(hours=23, minutes=59)), tries("4826", timedelta(hours=24))] == ["pin.locked", "done"]


def test_the_first_pin_needs_none_and_the_next_one_the_old_one(session: Session) -> None:
    town = Town(session)
    joined = town.asks(AddMember, None, name="Neema", phone="+254799000001", language="en")
    town.people["neema"] = PersonId(joined["person_id"])
    new, newer = sealed(town, "neema", "4826"), sealed(town, "neema", "8341")

    def sets(pin: Secret, old: Secret | None) -> str:
        return outcome(town, SetPin, "neema", new_pin=pin, pin=old, pin_given=False, phone="+254799000001")

    # What else needs a PIN is refused, and does not pass because there is none.
    assert outcome(town, ProvePin, "neema", pin=None, pin_given=False) == "pin.not_set"
    assert [sets(new, None), sets(newer, None), sets(newer, newer), sets(newer, new)] == ["done", "pin.missing", "pin.wrong", "done"]
    assert [[name for name, _ in told(town, template)] for template in ("pin.set", "pin.changed")] == [["neema"], ["neema"]]
