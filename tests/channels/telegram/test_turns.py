"""Once, whatever is repeated, late, or somebody else's: presses, updates, edits, groups; and no PIN, ever."""

from datetime import timedelta
from typing import Any

import pytest

from channels.menus.screens import Screen
from channels.telegram import wire
from core.commands import ApplyForLoan
from core.money import Money
from tests.channels.menus.worst import screens
from tests.channels.telegram.chats import Chat, Telegram
from tests.channels.town import PIN, Town


@pytest.fixture
def amina(telegram: Telegram) -> Chat:
    """Give Amina's chat, bound."""
    chat = telegram.chat(77)
    telegram.link(chat, "Amina")
    return chat


def declared(town: Town) -> int:
    (row,) = town.sql("SELECT count(*) FROM declaration WHERE state = 'declared'")
    return int(row[0])


def to_confirm(chat: Chat) -> None:
    chat.say("/save")
    chat.say("250")


def test_a_press_counts_once_however_often_it_comes(amina: Chat, town: Town) -> None:
    to_confirm(amina)
    yes, on = amina.data("Yes"), amina.live()
    answers = {amina.press("", data=yes, message_id=on) for _ in range(3)}
    assert len(answers) == 1
    assert declared(town) == 1


def test_an_update_counts_once_however_often_it_comes(amina: Chat, telegram: Telegram, town: Town) -> None:
    to_confirm(amina)
    answer, update = amina.press("Yes"), amina.sent
    telegram.give(update)
    telegram.give(update)
    assert amina.screen() == answer
    amina.say("/save")
    stands, typed = amina.say("250"), amina.sent
    telegram.give(typed)
    telegram.give(update)
    assert amina.screen() == stands, "a repeat is shown what stands, whatever it was"
    assert declared(town) == 1


def test_a_button_of_an_older_turn_does_nothing_and_loses_its_keyboard(amina: Chat, telegram: Telegram, town: Town) -> None:
    to_confirm(amina)
    yes, old = amina.data("Yes"), amina.live()
    stands = amina.say("/balance")
    telegram.api.messages[77, old]["keys"] = [[{"text": "Yes", "callback_data": yes}]]  # as on a phone that was offline
    assert amina.press("Yes", message_id=old) == stands
    assert amina.with_buttons() == [amina.live()]
    assert amina.live() > old
    assert ("answerCallbackQuery", "That was an older screen. Here is where you are now.") in toasts(telegram)
    assert declared(town) == 0


def test_a_button_means_the_turn_that_it_was_shown_for(amina: Chat, town: Town) -> None:
    to_confirm(amina)
    yes = amina.data("Yes")
    amina.press("No")
    stands = amina.say("300")
    assert amina.press("", data=yes) == stands, "yes was said to 250, not to 300"
    assert declared(town) == 0


def toasts(telegram: Telegram) -> list[tuple[str, str]]:
    return [(method, asked.get("text", "")) for method, asked in telegram.api.calls if method == "answerCallbackQuery"]


def test_another_users_button_does_nothing(amina: Chat, telegram: Telegram, town: Town) -> None:
    baraka = telegram.chat(78)
    telegram.link(baraka, "Baraka")
    to_confirm(amina)
    before = (baraka.screen(), amina.screen())
    baraka.press("", data=amina.data("Yes"))
    assert (baraka.screen(), amina.screen()) == before
    stranger = telegram.chat(79)
    stranger.say("hi")
    stranger.press("", data=amina.data("Yes"), message_id=telegram.api.last)
    assert toasts(telegram)[-2:] == [("answerCallbackQuery", "This button is not yours.")] * 2
    assert declared(town) == 0


def test_a_screen_expires_after_a_day(amina: Chat, town: Town) -> None:
    to_confirm(amina)
    town.now += timedelta(hours=25)
    assert amina.press("Yes").startswith("Umoja: Amina")
    to_confirm(amina)
    town.now += timedelta(hours=25)
    assert amina.say("2500").startswith("That looked like a PIN"), "no number is asked for any more"
    assert amina.say("yes").startswith("Umoja: Amina")
    assert declared(town) == 0


def test_an_edit_never_acts(amina: Chat, telegram: Telegram, town: Town) -> None:
    amina.say("/save")
    stands = amina.screen()
    amina.give(edited_message={**amina.message(text="250"), "edit_date": 2})
    del telegram.api.messages[77, telegram.api.last]
    assert amina.screen() == stands
    assert declared(town) == 0


@pytest.mark.parametrize(
    "where",
    [
        {"chat": {"id": -100, "type": "group", "title": "Umoja"}},
        {"chat": {"id": -100, "type": "supergroup", "title": "Umoja"}},
        {"chat": {"id": -100, "type": "supergroup", "title": "U"}, "sender_chat": {"id": -100, "type": "supergroup", "title": "U"}},
        {"chat": {"id": -100, "type": "channel", "title": "Umoja"}},
        {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}},
    ],
)
def test_a_group_an_anonymous_admin_and_a_bot_are_not_answered(amina: Chat, telegram: Telegram, where: dict[str, Any]) -> None:
    calls = len(telegram.api.calls)
    amina.say("/balance", **where)
    shown = {"message_id": 5, "date": 1, "text": "shown", "chat": {"id": 77, "type": "private"}, **where}
    pressed = {"id": "p", "from": where.get("from", amina.who), "chat_instance": "1", "message": shown, "data": amina.data("Balance")}
    amina.give(callback_query=pressed)
    assert telegram.api.calls[calls:] == []


# No PIN


def test_a_pin_that_is_typed_is_deleted_and_never_used(amina: Chat, telegram: Telegram, town: Town) -> None:
    stands = amina.live()
    assert amina.say(PIN).startswith("That looked like a PIN, so I deleted it")
    assert ("deleteMessage", str(telegram.api.last - 1)) in [(method, asked.get("message_id", "")) for method, asked in telegram.api.calls]
    assert not [shown for shown in telegram.api.messages.values() if PIN in shown["text"]]
    assert amina.live() == stands, "what was open stays open"
    stranger = telegram.chat(99)
    assert stranger.say(PIN).startswith("That looked like a PIN")
    ((tries,),) = town.sql("SELECT sum(failures) FROM pin")
    assert tries == 0


def test_a_pin_is_deleted_even_where_a_number_is_asked_for(amina: Chat) -> None:
    amina.say("/save")
    assert amina.say(f"pin {PIN}").startswith("That looked like a PIN")


def test_what_needs_a_pin_is_confirmed_on_ussd(telegram: Telegram, town: Town) -> None:
    baraka = telegram.chat(78)
    telegram.link(telegram.chat(77), "Amina")
    town.do(
        ApplyForLoan, channel="ussd", group_id=town.groups["UMOJA"], actor_id=town.people["Amina"], amount=Money(100_000, "KES"), months=1
    )
    assert "[Approve]" in telegram.link(baraka, "Baraka")
    answer = "This needs your PIN, and a PIN is never typed in Telegram. Dial *384*77# to confirm. | [Back] [Menu]"
    assert baraka.press("Approve") == answer
    assert baraka.say("yes") == answer
    assert baraka.say(PIN).startswith("That looked like a PIN")
    ((state,),) = town.sql("SELECT state FROM loan")
    assert state == "applied"


@pytest.mark.parametrize("screen", [screen for screen in screens() if screen.secret], ids=lambda screen: screen.name)
def test_no_screen_takes_a_pin(amina: Chat, town: Town, screen: Screen) -> None:
    """Put the chat on every screen that asks for a PIN, and type one in a way that is not known for one."""
    amina.press("More")
    town.sql("UPDATE conversation SET screen = %(name)s WHERE channel = 'telegram'", name=screen.name)
    assert amina.say(f"{PIN}{PIN}").startswith("This needs your PIN, and a PIN is never typed in Telegram.")
    ((name, tries),) = town.sql(
        "SELECT c.screen, (SELECT sum(failures) FROM pin) FROM conversation c JOIN telegram_account a ON a.session = c.session"
    )
    assert (name, tries) == (screen.name, 0)


def test_a_name_is_shown_as_it_is_told(telegram: Telegram) -> None:
    chat = telegram.chat(77)
    update = {"update_id": 1, "message": chat.message(text="hi")}
    update["message"]["from"] = {"id": 77, "is_bot": False, "first_name": "A\n\u202eB" * 20}
    said = wire.said_from(wire.Update.de_json(update, None), at=telegram.town.now)
    assert said is not None
    assert said.name.isprintable()
    assert len(said.name) == wire.NAME_MAX
