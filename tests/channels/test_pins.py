"""PINs under attack, over the wire: three guesses are looked at, whoever guesses at once; the lock ends after a day."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import BoundedSemaphore, Lock
from time import sleep
from typing import Any

import pytest

from core.commands import Secret
from core.groups import pins

from .test_turn import at_once, walk
from .town import AMINA, BARAKA, PIN, SHARED, SORRY, Town

GUESSES = 50


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count how often a PIN is really looked at."""
    seen: list[str] = []
    real = pins._HASHER  # noqa: SLF001 what is counted

    class Counting:
        def verify(self, kept: str, sealed: str) -> bool:
            seen.append(sealed)
            return real.verify(kept, sealed)

        def hash(self, sealed: str) -> str:
            return real.hash(sealed)

    monkeypatch.setattr(pins, "_HASHER", Counting())
    return seen


def guess(town: Town, session: str, phone: str, pin: str) -> str:
    return walk(town, session, phone, "3", pin)


def test_of_fifty_guesses_at_once_three_are_looked_at(town: Town, looked_at: list[str]) -> None:
    for n in range(GUESSES):
        walk(town, f"s{n}", AMINA, "3")
    answers = at_once(lambda n: town.answer(f"s{n}", AMINA, f"3*{7000 + n}"), GUESSES)
    assert len(looked_at) == 3
    said = Counter(answer.split("\n")[0].split(" until ")[0] for answer in answers)
    assert said == {
        "CON Wrong PIN. Tries left: 2.": 1,
        "CON Wrong PIN. Tries left: 1.": 1,
        "END Your PIN is locked": GUESSES - 2,
    }
    assert town.sql("SELECT count(*) FROM outbox WHERE template = 'pin.locked'") == [(1,)]
    assert guess(town, "right", AMINA, PIN).startswith("END Your PIN is locked")
    assert len(looked_at) == 3


def test_the_right_pin_among_the_guesses_is_found_by_no_more_than_three(town: Town, looked_at: list[str]) -> None:
    for n in range(GUESSES):
        walk(town, f"s{n}", AMINA, "3")
    answers = at_once(lambda n: town.answer(f"s{n}", AMINA, f"3*{4800 + n}"), GUESSES)
    # If it was among the first three, it opened the screen and gave three tries more.
    right = sum("savings KES 3,000" in answer for answer in answers)
    assert right <= 1
    assert len(looked_at) == 3 or (right and len(looked_at) <= 6)


def test_guesses_in_one_session_at_once_count_once(town: Town) -> None:
    walk(town, "s", AMINA, "3")
    answers = at_once(lambda n: town.answer("s", AMINA, f"3*{7000 + n}"), 10)
    assert sum("Wrong PIN" in answer for answer in answers) == 1
    assert sum("This session is over" in answer for answer in answers) == 9
    assert town.sql("SELECT failures FROM pin WHERE person_id = %(p)s", p=town.people["Amina"]) == [(1,)]


def test_a_repeat_of_a_wrong_guess_is_not_counted_again(town: Town, looked_at: list[str]) -> None:
    first = guess(town, "s", AMINA, "7000")
    assert at_once(lambda _: town.answer("s", AMINA, "3*7000"), 20) == [first] * 20
    assert len(looked_at) == 1


def test_a_lock_ends_after_a_day_and_not_before(town: Town) -> None:
    for n in range(3):
        guess(town, f"s{n}", AMINA, "7000")
    town.now += timedelta(hours=23, minutes=58)
    assert guess(town, "early", AMINA, PIN).startswith("END Your PIN is locked")
    town.now += timedelta(minutes=2)
    assert "savings KES 3,000" in guess(town, "late", AMINA, PIN)
    # Three new tries from here.
    assert "Tries left: 2." in guess(town, "again", AMINA, "7000")


def test_the_right_pin_forgives_the_wrong_ones(town: Town) -> None:
    for _ in range(3):
        assert "Tries left: 2." in guess(town, f"a{town.done}", AMINA, "7000")
        town.done += 1
        assert "KES 3,000" in guess(town, f"b{town.done}", AMINA, PIN)


@pytest.mark.parametrize("way", [("1",), ("5", "2"), ("5", "4")])
def test_the_lock_holds_on_every_screen(town: Town, way: tuple[str, ...]) -> None:
    walk(town, "s", AMINA, "1", "500", "1")
    for n in range(3):
        guess_all: Any = walk(town, f"g{n}", BARAKA, "3", "3", "7000")
        assert "PIN" in guess_all
    before = town.sql("SELECT count(*) FROM entry")
    more = (PIN, "8341", "8341") if way == ("5", "2") else (PIN,)
    replies = way if way == ("1",) else ("3", *way)
    assert walk(town, "t", BARAKA, *replies, *more).startswith("END Your PIN is locked")
    assert town.sql("SELECT count(*) FROM entry") == before


def test_one_members_guesses_do_not_lock_the_other_on_the_handset(town: Town) -> None:
    for n in range(3):
        walk(town, f"s{n}", SHARED, "5", "7000")
    assert walk(town, "t", SHARED, "5", PIN).startswith("END Your PIN is locked")
    assert walk(town, "u", SHARED, "6", PIN).startswith("CON Umoja: Faraji")


def test_a_pin_given_in_a_session_is_asked_again_for_what_is_private(town: Town) -> None:
    walk(town, "s", AMINA, "1", "500", "1")
    assert walk(town, "t", BARAKA, "1", PIN).startswith("END Noted")
    assert town.answer("u", SHARED, "5").startswith("CON Esther")
    assert walk(town, "v", SHARED, "5", PIN, "3").startswith("CON Your PIN:")


def test_no_more_are_looked_at_at_once_than_there_are_places(monkeypatch: pytest.MonkeyPatch) -> None:
    counted, now, most = Lock(), 0, 0

    class Slow:
        def hash(self, sealed: str) -> str:
            nonlocal now, most
            with counted:
                now, most = now + 1, max(most, now + 1)
            sleep(0.002)
            with counted:
                now -= 1
            return sealed

    monkeypatch.setattr(pins, "_HASHER", Slow())
    monkeypatch.setattr(pins, "_PLACES", BoundedSemaphore(2))
    with ThreadPoolExecutor(GUESSES) as pool:
        assert len(list(pool.map(lambda n: pins.hashed(Secret(str(n))), range(GUESSES)))) == GUESSES
    assert most == 2


def test_who_cannot_be_served_in_time_dials_again_and_no_try_is_counted(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    places = BoundedSemaphore(1)
    monkeypatch.setattr(pins, "_PLACES", places)
    monkeypatch.setattr(pins, "HASH_PATIENCE_S", 0.05)
    walk(town, "s", AMINA, "3")
    with places:
        assert town.answer("s", AMINA, "3*7000").startswith(SORRY)
        assert town.answer("s", AMINA, f"3*{PIN}").startswith(SORRY)
    assert town.sql("SELECT failures FROM pin WHERE person_id = %(p)s", p=town.people["Amina"]) == [(0,)]
    assert "savings KES 3,000" in town.answer("s", AMINA, f"3*{PIN}")
