"""A PIN that is cleared is cleared for the open sessions too, in whatever process they are remembered."""

from channels.ussd import gateway
from channels.walk import House
from core.commands import AskPinReset, DecidePinReset

from .test_turn import walk
from .town import AMINA, BARAKA, DAUDI, PIN, Town, form


def hop(town: Town, house: House, session: str, phone: str, text: str) -> str:
    """Answer in one process, which remembers what it said last."""
    return gateway.answer(house, form(session, phone, text), now=town.clock)


def clear_pin_of_baraka(town: Town) -> None:
    group = town.groups["UMOJA"]
    ((number,),) = town.sql("SELECT number FROM member WHERE id = %(m)s", m=town.members["UMOJA", "Baraka"])
    asked = {"group_id": group, "channel": "ussd", "pin_given": True}
    town.do(AskPinReset, **asked, actor_id=town.people["Chausiku"], number=number)
    ((reset,),) = town.sql("SELECT max(id) FROM pin_reset")
    town.do(DecidePinReset, **asked, actor_id=town.people["Daudi"], reset_id=reset, agree=True)


def test_a_process_that_remembers_the_pin_was_given_is_told_otherwise(town: Town) -> None:
    for n, phone in enumerate((AMINA, DAUDI)):
        walk(town, f"saves{n}", phone, "1", "500", "1")
    house = town.house
    hop(town, house, "s", BARAKA, "")
    hop(town, house, "s", BARAKA, "1")
    assert "Daudi gave you" in hop(town, house, "s", BARAKA, f"1*{PIN}")
    assert house.recent.get("ussd", "s") is not None
    clear_pin_of_baraka(town)
    assert hop(town, house, "s", BARAKA, f"1*{PIN}*1").startswith("CON Received: KES 500 from Daudi. Your PIN:")
    assert town.sql("SELECT count(*) FROM declaration WHERE state = 'declared'") == [(1,)]


def test_the_sessions_of_others_go_on(town: Town) -> None:
    walk(town, "saves", AMINA, "1", "500", "1")
    house = town.house
    hop(town, house, "d", DAUDI, "")
    clear_pin_of_baraka(town)
    assert hop(town, house, "d", DAUDI, "3").startswith("CON Your PIN:")
