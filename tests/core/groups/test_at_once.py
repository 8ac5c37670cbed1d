"""Two at once: a PIN is cleared once, and two changes of offices never leave a group without a chair."""

from itertools import count

import pytest
from sqlalchemy import Engine

from core.commands import AskPinReset, ChangeRole, DecidePinReset
from core.db import transaction
from core.ids import PinResetId, new_id
from tests.builders import AT, Town
from tests.core.loans.test_at_once import THREADS, all_at_once
from tests.core.outcomes import rows

pytestmark = pytest.mark.usefixtures("clean")


def test_a_request_is_made_once_and_decided_once(engine: Engine) -> None:
    with transaction(engine) as session:
        town = Town(session)
    at_home = {"channel": "ussd", "at": AT, "group_id": town.group_id, "pin_given": True}
    asked = all_at_once(engine, lambda: AskPinReset(id=new_id(), **at_home, actor_id=town.people["chausiku"], number=1))
    assert asked == {"done": 1, "pin.reset_waits": THREADS - 1}
    with transaction(engine) as session:
        town.session = session
        ((waiting,),) = rows(town, "SELECT id FROM pin_reset")
    turn = count()

    def decides() -> DecidePinReset:
        who = town.people[("baraka", "daudi")[next(turn) % 2]]
        return DecidePinReset(id=new_id(), **at_home, actor_id=who, reset_id=PinResetId(waiting), agree=True)

    assert all_at_once(engine, decides) == {"done": 1, "role.already_decided": THREADS - 1}


def test_a_group_keeps_a_chair_whoever_is_taken_at_once(engine: Engine) -> None:
    with transaction(engine) as session:
        town = Town(session)
        for number in (1, 2, 4):
            town.asks(ChangeRole, None, number=number, office="chair", give=True)
    numbers = count(1)

    def takes() -> ChangeRole:
        number = next(numbers)
        return ChangeRole(id=new_id(), at=AT, channel="cli", group_id=town.group_id, number=min(number, 4), office="chair", give=False)

    came = all_at_once(engine, takes)
    with transaction(engine) as session:
        town.session = session
        assert rows(town, "SELECT count(*) FROM member WHERE 'chair' = ANY(roles)") == [(1,)], came
    assert came["done"] == 3
