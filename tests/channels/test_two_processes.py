"""Two web processes share a session by turns: what one remembers of it never stands against what the other has saved."""

from collections.abc import Callable
from typing import Final

import pytest

from channels import conversations
from channels.conversations import Conversation, Recent
from channels.ussd import gateway
from channels.walk import House

from .town import AMINA, HELP, PEPPER, SERVICE_CODE, Town, form

SAVED: Final = "END Give KES 500"
Processes = tuple[Callable[[str, str], str], Callable[[str, str], str]]


@pytest.fixture
def processes(town: Town) -> Processes:
    """Give two processes, each with a memory of its own, that Amina's session reaches."""

    def process() -> Callable[[str, str], str]:
        house = House(town.engine, PEPPER, SERVICE_CODE, HELP)

        def answer(session: str, text: str, phone: str = AMINA) -> str:
            return gateway.answer(house, form(session, phone, text), now=town.clock)

        return answer

    return process(), process()


def declarations(town: Town) -> int:
    ((count,),) = town.sql("SELECT count(*) FROM declaration")
    return int(count)


@pytest.mark.parametrize("order", ["0000", "0101", "0110", "0011", "0100"])
def test_a_session_goes_on_wherever_its_turns_arrive(town: Town, processes: Processes, order: str) -> None:
    before = declarations(town)
    answers = [processes[int(which)]("s", text) for which, text in zip(order, ("", "1", "1*500", "1*500*1"), strict=True)]
    assert answers[-1].startswith(SAVED)
    assert declarations(town) == before + 1
    for process in processes:
        assert process("s", "1*500*1") == answers[-1]
    assert declarations(town) == before + 1


def test_a_repeat_gets_the_same_bytes_in_either(processes: Processes) -> None:
    one, other = processes
    root = one("s", "")
    assert other("s", "") == root == one("s", "")
    amount = other("s", "1")
    assert one("s", "1") == amount == other("s", "1")
    assert one("s", "1*500*1") != amount


def test_who_remembers_an_earlier_turn_is_overtaken(processes: Processes) -> None:
    one, other = processes
    one("s", "")
    other("s", "1")
    other("s", "1*500")
    # Read on from the turn that the first one remembers, this would be the reply "1*500*1" to the root.
    assert one("s", "1*500*1").startswith(SAVED)


def test_a_wrong_pin_counts_once_wherever_it_arrives(town: Town, processes: Processes) -> None:
    one, other = processes
    one("s", "")
    other("s", "3")
    wrong = one("s", "3*9999")
    assert other("s", "3*9999") == wrong
    assert town.sql("SELECT failures FROM pin WHERE person_id = %(person)s", person=town.people["Amina"]) == [(1,)]


def test_the_memory_has_a_limit_and_gives_copies(town: Town) -> None:
    recent = Recent(most=2)
    for n in range(3):
        recent.keep(Conversation("ussd", str(n), AMINA, town.now, town.now, "en", answers={"n": n}))
    assert recent.get("ussd", "0") is None
    found = recent.get("ussd", "2")
    assert found is not None
    found.answers["n"] = 9
    assert conversations.copy(found).answers == {"n": 9}
    again = recent.get("ussd", "2")
    assert again is not None
    assert again.answers == {"n": 2}
    recent.forget("ussd", "2")
    assert recent.get("ussd", "2") is None
