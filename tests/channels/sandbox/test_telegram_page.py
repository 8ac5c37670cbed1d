"""The Telegram pane in a real browser; the bot is what the test says by the Bot API."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from channels.sandbox.app import create_app
from channels.sandbox.sandbox import Sandbox
from tests.channels.sandbox.pages import LAPTOP, POCKET, TOO_SMALL, open_page
from tests.channels.sandbox.telegram import AMINA, BOT, CHAUSIKU, UMOJA, Town, served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

YES = {"inline_keyboard": [[{"text": "Yes", "callback_data": "v1:yes"}]]}


@pytest.fixture
def address(sandbox: Sandbox) -> Iterator[str]:
    with served(create_app(sandbox=sandbox)) as address:
        yield address


@pytest.fixture
def town(address: str) -> Iterator[Town]:
    with httpx.Client(base_url=address, trust_env=False) as http:
        yield Town(http)


@pytest.fixture(params=["laptop", "pocket"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """The page with the pane open, dark on a laptop and light in the pocket."""
    laptop = request.param == "laptop"
    for page in open_page(browser, address, LAPTOP if laptop else POCKET, color_scheme="dark" if laptop else "light"):
        page.get_by_role("button", name="Telegram", exact=True).click()
        yield page


def _enter(page: Page, chat: int) -> None:
    page.locator(f'[data-chat="{chat}"]').click()


def _write(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def test_a_talk_in_private_with_buttons_and_a_contact(page: Page, town: Town) -> None:
    _enter(page, AMINA)
    page.get_by_role("button", name="Start", exact=True).click()
    talk = page.get_by_role("list", name="Messages")
    expect(talk).to_contain_text("/start")
    town.bot("sendMessage", chat_id=AMINA, text="<b>Save</b> KES 500?", parse_mode="HTML", reply_markup=YES)
    expect(talk.locator("strong")).to_have_text("Save")
    talk.get_by_role("button", name="Yes").click()
    query = next(each for each in town.updates(timeout=10) if "callback_query" in each)["callback_query"]
    assert (query["from"]["id"], query["data"]) == (AMINA, "v1:yes")
    town.bot("answerCallbackQuery", callback_query_id=query["id"], text="Asante", show_alert=True)
    expect(page.get_by_role("alert")).to_contain_text("Asante")
    page.get_by_role("button", name="OK", exact=True).last.click()
    keys = {"keyboard": [[{"text": "My number", "request_contact": True}]]}
    town.bot("sendMessage", chat_id=AMINA, text="Who are you?", reply_markup=keys)
    page.get_by_role("button", name="My number").click()
    expect(talk).to_contain_text("+254700000001")
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_group_of_several_that_becomes_a_supergroup(page: Page, town: Town) -> None:
    _enter(page, UMOJA)
    page.get_by_label("More").click()
    page.get_by_role("button", name="Add the bot").click()
    talk = page.get_by_role("list", name="Messages")
    expect(talk).to_contain_text("Amina added Pamoja")
    page.get_by_label("Write as").select_option("Baraka")
    _write(page, "Who brings the box?")
    expect(talk.locator(".mine")).to_contain_text("Who brings the box?")
    talk.locator(".mine").hover()
    talk.get_by_role("button", name="Edit").click()
    _write(page, "Who brings the keys?")
    expect(talk.locator(".mine")).to_contain_text("edited")
    page.get_by_label("Write as").select_option("Chausiku")
    expect(talk.locator(".mine")).to_have_count(0)
    talk.get_by_text("Who brings the keys?").hover()
    talk.get_by_role("button", name="Reply").last.click()
    _write(page, "I do")
    expect(talk.locator(".mine blockquote")).to_contain_text("Baraka")
    page.get_by_label("More").click()
    page.get_by_role("button", name="Make it a supergroup").click()
    expect(page.locator(".tg-about")).to_contain_text("supergroup of 4 · with the bot")
    _write(page, "/balance")
    expect(talk).to_contain_text("/balance")
    heard = [each["message"] for each in town.updates() if "message" in each]
    assert (heard[-1]["chat"]["type"], heard[-1]["from"]["id"], heard[-1]["text"]) == ("supergroup", CHAUSIKU, "/balance")


def test_what_comes_while_the_pane_is_closed_is_counted(page: Page, town: Town) -> None:
    page.get_by_role("button", name="Close Telegram").click()
    town.do("join", CHAUSIKU, chat=UMOJA, whom=BOT)
    town.bot("sendMessage", chat_id=UMOJA, text="A meeting on Friday")
    expect(page.locator("#telegram-open .badge")).to_have_text("1")
    page.locator("#telegram-open").click()
    expect(page.locator(f'[data-chat="{UMOJA}"] .badge')).to_have_text("1")
    page.reload()
    expect(page.get_by_role("list", name="Chats")).to_contain_text("A meeting on Friday")  # it stays open, and old news is none
    expect(page.locator("#telegram-open .badge")).to_be_hidden()


def test_what_telegram_does_not_allow_is_said(browser: Browser, address: str, town: Town) -> None:
    page = browser.new_page()  # of its own: the browser itself complains of an answer 400
    town.do("message", AMINA, text="/start")
    sent = town.bot("sendMessage", chat_id=AMINA, text="x", reply_markup=YES)["message_id"]
    page.goto(address)
    page.get_by_role("button", name="Telegram", exact=True).click()
    _enter(page, AMINA)
    yes = page.get_by_role("list", name="Messages").get_by_role("button", name="Yes")
    expect(yes).to_be_visible()
    page.route("**/api/telegram/chats?*", lambda route: route.fulfill(json={"version": 0}))  # the page hears nothing new
    town.bot("editMessageReplyMarkup", chat_id=AMINA, message_id=sent)
    yes.click()
    expect(page.get_by_role("alert")).to_contain_text("no such button")
    page.close()
