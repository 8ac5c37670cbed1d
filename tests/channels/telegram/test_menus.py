"""The private menus in each language: what is written and pressed, and what the chat shows. `--update` writes the files anew."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from channels.telegram import pages
from channels.telegram.pages import ROWS_A_PAGE
from channels.words.catalogue import LANGUAGES
from tests.channels.telegram.chats import Chat, Telegram
from tests.channels.town import Town

# What begins with > is the key of a button.
STEPS: Final = (
    *("hello", "CODE", "/start", "/save", "250", ">1", ">00", "/save", "25o", "x", ">0", ">3", "/loan", "2000", "2", ">1", ">00"),
    *("/statement", "/help", "/language", ">0", ">4", ">0", ">0", "what?"),
)


def keys(chat: Chat) -> dict[str, str]:
    """Which key is behind each label."""
    shown = chat.telegram.api.messages[chat.user, chat.live()]["keys"]
    return {key["callback_data"].rpartition(":")[2]: key["text"] for row in shown for key in row}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_private_menus(telegram_in: Callable[[str], Telegram], language: str, request: pytest.FixtureRequest) -> None:
    telegram, said = telegram_in(language), []
    amina = telegram.chat(77, language=language, username="amina_k")
    for step in STEPS:
        if step == "CODE":
            telegram.link(amina, "Amina")
            said.append("> /start CODE")
        elif step.startswith(">"):
            label = keys(amina)[step[1:]]
            amina.press(label)
            said.append(f"> [{label}]")
        else:
            amina.say(step)
            said.append(f"> {step}")
        said.append(f"< {amina.screen()}")
        assert len(amina.with_buttons()) <= 1, "old keyboards are gone"
    kept = Path(__file__).with_name(f"menus.{language}.txt")
    if request.config.getoption("--update"):
        kept.write_text("\n".join(said) + "\n", encoding="utf-8")
    assert said == kept.read_text(encoding="utf-8").splitlines()


def test_a_button_edits_its_message_and_a_word_gets_a_new_one(telegram: Telegram) -> None:
    amina = telegram.chat(77)
    telegram.link(amina, "Amina")
    first = amina.live()
    amina.press("More")
    assert amina.live() == first
    amina.say("/help")
    assert amina.live() > first


def test_names_are_words_and_no_markup(telegram: Telegram) -> None:
    telegram.town.sql("UPDATE person SET name = '<b>A&B' WHERE name = 'Amina'")
    amina = telegram.chat(77)
    telegram.link(amina, "Amina")
    assert "&lt;b&gt;A&amp;B" in telegram.api.messages[77, amina.live()]["text"]


def test_many_entries_are_read_page_by_page_in_one_message(telegram: Telegram, town: Town) -> None:
    for _ in range(ROWS_A_PAGE):
        town.save("UMOJA", "Amina", "Baraka", 60)
    amina = telegram.chat(77)
    telegram.link(amina, "Amina")
    first = amina.say("/statement")
    message = amina.live()
    second = amina.press("More")
    assert (first.count("KES 60"), first.count("1,500"), second.count("KES 60"), second.count("KES 1,500")) == (10, 0, 0, 2)
    assert amina.press("Back") == first
    assert amina.live() == message


def test_a_list_to_choose_from_is_buttons(telegram: Telegram) -> None:
    wanjiru = telegram.chat(78)
    telegram.link(wanjiru, "Wanjiru")
    wanjiru.press("More")
    assert wanjiru.press("My groups").count("Kikundi cha Maendeleo") == 5
    assert "Tumaini" in wanjiru.press("Tumaini")


def test_no_other_person_speaks_in_a_chat(telegram: Telegram) -> None:
    amina = telegram.chat(77)
    telegram.link(amina, "Amina")
    more = amina.press("More")
    assert "Another person" not in more
    assert amina.say("6") == more


def test_a_language_is_chosen_for_the_commands_too(telegram: Telegram) -> None:
    amina = telegram.chat(77)
    telegram.link(amina, "Amina")
    amina.say("/language")
    amina.press("Kiswahili")
    of_chat = [asked for method, asked in telegram.api.calls if method == "setMyCommands"]
    assert ["My savings" in asked["commands"] for asked in of_chat] == [True, False]
    assert '"chat_id": 77' in of_chat[-1]["scope"]


def test_who_has_left_every_group_is_shown_nothing(telegram: Telegram, town: Town) -> None:
    amina = telegram.chat(77)
    telegram.link(amina, "Amina")
    town.sql("UPDATE member SET state = 'left' WHERE person_id = %(person)s", person=town.people["Amina"])
    assert amina.press("Balance") == "You are not a member of this group."


def test_every_button_is_short_enough() -> None:
    longest = f"{pages.VERSION}:{'x' * 12}:{10**6}:100"
    assert len(longest) <= pages.DATA_BYTES_MAX
    assert pages.read_data(longest) == pages.Pressed("x" * 12, 10**6, "100")


@pytest.mark.parametrize("data", ["", "2:s:1:1", "1:s:1", "1:s:x:1", "1:s:-1:1", "1:s:9999999999:1", "1:s:1:1:1"])
def test_a_button_of_another_version_or_of_nobody_reads_as_none(data: str) -> None:
    assert pages.read_data(data) is None


def test_receipts_are_those_of_the_house(telegram: Telegram, town: Town) -> None:
    amina = telegram.chat(77)
    telegram.link(amina, "Amina")
    amina.say("/save")
    amina.say("250")
    amina.press("Yes")
    ((channel, minor),) = town.sql(
        "SELECT r.channel, d.amount_minor FROM command_record r, declaration d WHERE r.kind = 'saving.declare' AND r.channel = 'telegram'"
        " AND d.state = 'declared'"
    )
    assert (channel, minor) == ("telegram", 25_000)
