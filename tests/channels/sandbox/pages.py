"""The browser phone's page as tests open it."""

from collections.abc import Iterator

from playwright.sync_api import Browser, Page, expect

LAPTOP, POCKET = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
]
# The machine may be busy: a browser that starts, and pages that wait for it.
START_MS, PATIENCE_MS = 90_000, 30_000
expect.set_options(timeout=PATIENCE_MS)

TOO_SMALL = """() => [...document.querySelectorAll("button, summary, select, input")]
  .filter((each) => each.offsetParent && (each.getBoundingClientRect().width < 24 || each.getBoundingClientRect().height < 24))
  .map((each) => each.outerHTML.slice(0, 80))"""


def open_page(browser: Browser, address: str, viewport: dict[str, int], **more: object) -> Iterator[Page]:
    """Open it; whatever the page complains of fails the test."""
    context = browser.new_context(viewport=viewport, **more)  # type: ignore[arg-type]  # the options are playwright's own
    context.set_default_timeout(PATIENCE_MS)
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    expect(page.locator(".handset")).to_have_count(12)
    yield page
    context.close()
    assert complaints == []
