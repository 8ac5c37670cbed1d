"""The browser phone in a real browser."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from channels.sandbox.app import create_app
from channels.sandbox.sandbox import Sandbox
from tests.channels.sandbox.application import Application
from tests.channels.sandbox.pages import LAPTOP, POCKET, TOO_SMALL, open_page
from tests.channels.sandbox.telegram import served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AMINA, BARAKA = "+254700000001", "+254700000002"


@pytest.fixture
def address(sandbox: Sandbox, application: Application) -> Iterator[str]:
    def answer(form: dict[str, str]) -> str:
        if form["text"] == "1*500":
            for to in (AMINA, BARAKA):
                send(sandbox, to, "Saved KES 500: 1,000 -> 1,500")
            return "END Asante."
        return {"": "CON Umoja\n1 Save", "1": "CON How much?"}.get(form["text"], "CON " + form["text"])

    application.answer = answer
    with served(create_app(sandbox=sandbox)) as address:
        yield address


def send(sandbox: Sandbox, to: str, text: str) -> None:
    transport = httpx.WSGITransport(app=create_app(sandbox=sandbox))
    with httpx.Client(transport=transport, base_url="http://sandbox.test") as client:
        form = {"username": "sandbox", "to": to, "message": text, "from": "PAMOJA"}
        assert client.post("/version1/messaging", headers={"apiKey": "sandbox"}, data=form).status_code == 201


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """The page on a laptop; whatever it complains of fails the test."""
    yield from open_page(browser, address, LAPTOP, color_scheme=request.param)


@pytest.fixture
def pocket(browser: Browser, address: str) -> Iterator[Page]:
    """The page on a phone."""
    yield from open_page(browser, address, POCKET, has_touch=True, is_mobile=True, reduced_motion="reduce")


def handset(page: Page, phone: str) -> Locator:
    return page.locator(f'[data-phone="{phone}"]')


def press(phone: Locator, keys: str, *, then: str = "call") -> None:
    for key in keys:
        phone.locator(f'[data-key="{key}"]').click()
    phone.locator(f'[data-key="{then}"]').click()


def test_saving_by_the_drawn_keys_and_the_receipts_arrive(page: Page) -> None:
    amina, baraka = handset(page, AMINA), handset(page, BARAKA)
    press(amina, "*384*77#")
    expect(amina.locator(".view")).to_contain_text("Umoja\n1 Save", use_inner_text=True)
    press(amina, "1")
    expect(amina.locator(".view")).to_contain_text("How much?")
    press(amina, "500", then="left")
    expect(amina.locator(".view")).to_contain_text("Asante.")
    expect(amina.locator('[data-meter="hops"]')).to_have_text("3")
    expect(amina.locator('[data-meter="septets"]')).to_have_text("11/160")
    expect(amina.locator('[data-meter="cost"]')).to_have_text("KES 0.15")
    badge = page.get_by_role("button", name="Baraka").locator(".badge")
    expect(badge).to_have_text("1")
    expect(baraka.locator(".news")).to_contain_text("SMS from PAMOJA")
    expect(page.get_by_role("status")).to_contain_text("New message on")
    press(baraka, "", then="left")
    expect(baraka.locator(".mails")).to_contain_text("PAMOJA")
    press(baraka, "", then="left")
    expect(baraka.locator(".says")).to_have_text("Saved KES 500: 1,000 -> 1,500")
    expect(badge).to_be_hidden()


def test_saving_by_keyboard_alone(page: Page) -> None:
    page.get_by_role("button", name="Amina").focus()
    page.keyboard.press("Enter")
    amina = handset(page, AMINA)
    for typed, shown in (("*384*77#", "1 Save"), ("1", "How much?"), ("500", "Asante.")):
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        expect(amina.locator(".view")).to_contain_text(shown)
    expect(amina.locator(".view")).to_have_attribute("aria-live", "polite")
    page.keyboard.press("Escape")
    expect(amina.get_by_label("Number to dial")).to_be_focused()
    expect(amina.locator(".news")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(amina.locator(".says")).to_contain_text("Saved KES 500")


def test_the_red_key_hangs_up(page: Page, sandbox: Sandbox, application: Application) -> None:
    amina = handset(page, AMINA)
    press(amina, "*384*77#")
    expect(amina.locator(".view")).to_contain_text("1 Save")
    with page.expect_response(lambda response: response.url.endswith("/hangup")):
        press(amina, "", then="end")
    expect(amina.get_by_label("Number to dial")).to_have_value("")
    assert sandbox.courier.idle()
    assert application.forms("ussd-events")[0]["status"] == "Incomplete"


def test_letters_by_pressing_again(page: Page, application: Application) -> None:
    page.clock.set_fixed_time("2026-03-02T06:00:00Z")  # however long a click takes, it is within the moment
    amina = handset(page, AMINA)
    press(amina, "", then="right")
    for key in "22#99#66":
        amina.locator(f'[data-key="{key}"]').click()
    # Twice 2 is b, and the first letter is a capital; between two # the keys give figures.
    expect(amina.get_by_label("Message")).to_have_value("B99n")
    amina.get_by_label("Message").fill("BAL")
    with page.expect_response(lambda response: response.url.endswith("/sms")):
        press(amina, "", then="left")
    expect(amina.locator(".view")).to_contain_text("Message sent")
    assert application.forms("sms")[0]["text"] == "BAL"


def test_a_text_that_nobody_takes(page: Page, application: Application) -> None:
    application.statuses = ["404 Not Found"]
    amina = handset(page, AMINA)
    press(amina, "", then="right")
    amina.get_by_label("Message").fill("BAL")
    press(amina, "", then="left")
    expect(amina.locator(".view")).to_contain_text("Not delivered: this house takes no SMS")


def test_another_phone_is_added_and_taken_away(page: Page, sandbox: Sandbox) -> None:
    send(sandbox, "+254712345678", "Karibu")
    page.get_by_label("Another phone").fill("254 712 345 678")
    page.get_by_role("button", name="Add").click()
    added = handset(page, "+254712345678")
    expect(added.locator(".news")).to_contain_text("Karibu")
    page.reload()
    added.get_by_role("button", name="Remove").click()
    expect(page.locator(".handset")).to_have_count(12)


def test_the_network_can_be_made_bad(page: Page, sandbox: Sandbox) -> None:
    with page.expect_response(lambda response: response.url.endswith("/api/faults") and response.request.method == "PUT"):
        page.get_by_label("Network").select_option("Every request comes twice")
    assert sandbox.faults.ussd.duplicates == 1
    page.reload()
    expect(page.get_by_label("Network").locator("option:checked")).to_have_text("Every request comes twice")


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1280])
def test_everything_is_big_enough_to_hit_and_nothing_overflows(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if width >= LAPTOP["width"]:
        names = page.get_by_role("navigation", name="Phones").get_by_role("button")
        assert len({box["y"] for box in (each.bounding_box() for each in names.all()) if box}) == 1, "all names in one row"


def test_one_phone_at_a_time_in_the_pocket(pocket: Page) -> None:
    amina, baraka = handset(pocket, AMINA), handset(pocket, BARAKA)
    expect(amina).to_be_in_viewport(ratio=0.8)
    expect(baraka).not_to_be_in_viewport()
    pocket.get_by_role("button", name="Baraka").tap()
    expect(baraka).to_be_in_viewport(ratio=0.8)
    expect(amina).not_to_be_in_viewport()
    assert pocket.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for key in "*384*77#":
        baraka.locator(f'[data-key="{key}"]').tap()
    baraka.locator('[data-key="call"]').tap()
    expect(baraka.locator(".view")).to_contain_text("1 Save")
    assert not pocket.evaluate("document.activeElement.matches('input')"), "an on-screen keyboard would cover the keys"
