"""A PIN that is cleared, or a number that is changed, counts no more for the open sessions, in whatever process they are remembered."""

from channels.ussd import gateway
from channels.walk import House
from core.commands import AskPinReset, ChangeNumber, DecidePinReset

from .test_turn import walk
from .town import AMINA, BARAKA, DAUDI, PIN, SHARED, Town, form


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


def test_the_sessions_of_an_old_number_end(town: Town) -> None:
    house, new = town.house, "+254700000061"
    for phone, text in ((AMINA, ""), (AMINA, "1")):
        hop(town, house, "a", phone, text)
    town.do(ChangeNumber, group_id=town.groups["UMOJA"], number=1, phone=new)
    assert hop(town, house, "a", AMINA, "1*500").startswith("END This session is over.")
    assert hop(town, house, "stranger", AMINA, "").startswith("CON Welcome.")
    assert hop(town, house, "new", new, "").startswith("CON Umoja: Amina")
    assert "savings KES 3,000" in walk(town, "balance", new, "3", PIN)


def test_who_shares_the_old_number_goes_on(town: Town) -> None:
    house = town.house
    for session, number in (("esther", 5), ("faraji", 6)):
        hop(town, house, session, SHARED, "")
        assert hop(town, house, session, SHARED, str(number)).endswith("enter your PIN:\n0 Back")
    town.do(ChangeNumber, group_id=town.groups["UMOJA"], number=5, phone="+254700000061")
    assert hop(town, house, "faraji", SHARED, f"6*{PIN}").startswith("CON Umoja: Faraji")
    assert hop(town, house, "esther", SHARED, f"5*{PIN}").startswith("END This session is over.")
