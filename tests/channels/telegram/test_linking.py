"""Who may speak for whom: codes that are right, wrong, old, used, guessed, forwarded; contacts; unlinking."""

from datetime import timedelta
from typing import Any

import pytest

from channels.telegram.guard import link_code, looks_like_pin
from channels.words.catalogue import say
from core.commands import SetPin
from tests.channels.telegram.chats import Chat, Telegram
from tests.channels.test_turn import walk
from tests.channels.town import AMINA, BARAKA, Town

WRONG = "WRNGCDE2"


def accounts(town: Town) -> dict[int, str]:
    return {row[0]: row[1] for row in town.sql("SELECT a.user_id, p.name FROM telegram_account a JOIN person p ON p.id = a.person_id")}


def told(town: Town, phone: str) -> list[str]:
    rows = town.sql("SELECT template FROM outbox WHERE address = %(phone)s AND template LIKE 'telegram%%' ORDER BY id", phone=phone)
    return [row[0] for row in rows]


def welcome(chat: Chat) -> str:
    return say(chat.language, "welcome", channel="telegram", dial="*384*77#")


@pytest.mark.parametrize("written", ["/start {code}", "{code}", "{spaced}", "{lower}"])
def test_a_code_binds_the_account_and_its_owner_is_told_by_sms(telegram: Telegram, town: Town, written: str) -> None:
    code, chat = telegram.code("Amina"), telegram.chat(77, username="amina_k")
    chat.say(written.format(code=code, spaced=f" {code[:4]}-{code[4:]} ", lower=code.lower()))
    assert accounts(town) == {77: "Amina"}
    assert told(town, AMINA) == ["telegram.linked"]
    ((facts,),) = town.sql("SELECT facts FROM outbox WHERE template = 'telegram.linked'")
    assert facts == {"account": "@amina_k"}


def test_a_code_works_once(telegram: Telegram, town: Town) -> None:
    code, amina, thief = telegram.code("Amina"), telegram.chat(77), telegram.chat(78)
    amina.say(code)
    assert thief.say(code).startswith("This code does not work")
    assert accounts(town) == {77: "Amina"}


def test_a_code_lives_ten_minutes(telegram: Telegram, town: Town) -> None:
    code = telegram.code("Amina")
    town.now += timedelta(minutes=11)
    assert telegram.chat(77).say(code).startswith("This code does not work")


def test_a_code_that_was_forwarded_is_not_read(telegram: Telegram, town: Town) -> None:
    origin = {"type": "user", "date": 1, "sender_user": {"id": 99, "is_bot": False, "first_name": "Amina"}}
    chat = telegram.chat(78)
    assert chat.say(telegram.code("Amina"), forward_origin=origin) == welcome(chat)
    assert accounts(town) == {}


def test_a_look_alike_is_nobody(telegram: Telegram) -> None:
    telegram.link(telegram.chat(77, username="amina_k"), "Amina")
    other = telegram.chat(78, username="amina_k")
    assert other.say("/balance") == welcome(other)


def test_guessing_is_locked_for_an_hour_and_the_lock_is_not_drawn_out(telegram: Telegram, town: Town) -> None:
    chat = telegram.chat(77)
    answers = [chat.say(WRONG).partition("left: ")[2][:1] for _ in range(4)]
    assert answers == ["4", "3", "2", "1"]
    assert chat.say(WRONG).startswith("Too many wrong codes")
    town.now += timedelta(minutes=50)
    assert chat.say(telegram.code("Amina")).startswith("Too many wrong codes"), "a right one is not even looked at"
    town.now += timedelta(minutes=11)
    telegram.link(chat, "Amina")
    assert accounts(town) == {77: "Amina"}


def test_a_try_counts_for_the_account_that_made_it(telegram: Telegram, town: Town) -> None:
    thief = telegram.chat(78)
    for _ in range(6):
        thief.say(WRONG)
    telegram.link(telegram.chat(77), "Amina")
    assert accounts(town) == {77: "Amina"}


def test_one_person_one_account_one_account_one_person(telegram: Telegram, town: Town) -> None:
    first, second = telegram.chat(77), telegram.chat(78)
    telegram.link(first, "Amina")
    old = first.data("Save")
    telegram.link(second, "Amina")
    assert accounts(town) == {78: "Amina"}
    assert first.press("", data=old, message_id=first.live()) == first.screen()
    telegram.link(second, "Baraka")
    assert accounts(town) == {78: "Baraka"}
    assert second.say("/start").endswith("[Save] [Loan] [Balance] [Group] [More]")
    assert told(town, BARAKA) == ["telegram.linked"]


def contact(chat: Chat, **of: Any) -> str:  # noqa: ANN401 Telegram's fields
    return chat.give(message=chat.message(contact={"first_name": "S", **of}))


@pytest.mark.parametrize(
    ("of", "answer"),
    [
        ({"phone_number": "254700000001", "user_id": 77}, "Thank you."),
        ({"phone_number": "+254700000001", "user_id": 78}, "That is not your own contact."),
        ({"phone_number": "+254700000001"}, "That is not your own contact."),
        ({"phone_number": "254799999999", "user_id": 77}, "No member has this number."),
    ],
)
def test_a_contact_alone_binds_nobody(telegram: Telegram, town: Town, of: dict[str, Any], answer: str) -> None:
    chat = telegram.chat(77)
    assert contact(chat, **of).startswith(answer)
    assert accounts(town) == {}


def test_it_is_unlinked_on_ussd_and_in_the_chat_itself(telegram: Telegram, town: Town) -> None:
    chat = telegram.chat(77, username="amina_k")
    telegram.link(chat, "Amina")
    assert walk(town, "out", AMINA, "5", "4") == "CON @amina_k in Telegram speaks for you.\n1 Unlink\n0 Back"
    assert walk(town, "out2", AMINA, "5", "4", "1") == "END Done: no Telegram account speaks for you now."
    assert accounts(town) == {}
    assert chat.say("/balance") == welcome(chat)
    telegram.link(chat, "Amina")
    chat.press("More")
    chat.press("Telegram")
    assert chat.press("Unlink").startswith("Done: no Telegram account")
    assert accounts(town) == {}
    assert told(town, AMINA) == ["telegram.linked", "telegram.unlinked"] * 2


def test_a_new_pin_unlinks(telegram: Telegram, town: Town) -> None:
    telegram.link(telegram.chat(77), "Amina")
    changed = {"pin": town.sealed("Amina"), "new_pin": town.sealed("Amina", "739164"), "phone": AMINA}
    town.do(SetPin, channel="ussd", group_id=town.groups["UMOJA"], actor_id=town.people["Amina"], **changed)
    assert accounts(town) == {}
    assert told(town, AMINA) == ["telegram.linked", "telegram.unlinked"]


@pytest.mark.parametrize("language", ["sw", "fr", "en", "de"])
def test_a_stranger_is_answered_in_their_language(telegram: Telegram, language: str) -> None:
    chat = telegram.chat(77, language=language)
    assert chat.say("hi") == say(language, "welcome", channel="telegram", dial="*384*77#")


@pytest.mark.parametrize(
    ("text", "number_asked", "pin"),
    [
        ("4826", False, True),
        (" 4-8-2-6 ", False, True),
        ("482613", False, True),
        ("٤٨٢٦", False, True),
        ("4826", True, False),
        ("my pin is 4826", True, True),
        ("Nambari ya siri 4826", False, True),
        ("PIN", False, False),
        ("12", False, False),
        ("4826000", False, False),
        ("meet at 1430 by the tree", False, False),
    ],
)
def test_what_looks_like_a_pin(text: str, number_asked: bool, pin: bool) -> None:  # noqa: FBT001 a column of the table
    assert looks_like_pin(text, number_asked=number_asked) is pin


@pytest.mark.parametrize(
    ("text", "code"),
    [("abcdefgh", "ABCDEFGH"), ("ABCD EFG2", "ABCDEFG2"), ("ABCD-EFG2", "ABCDEFG2"), ("ABCDEFG0", None), ("ABC", None), ("", None)],
)
def test_what_may_be_a_code(text: str, code: str | None) -> None:
    assert link_code(text) == code
