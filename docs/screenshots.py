"""Take the README's pictures of a demo that really runs: `make screenshots`.

Each picture tells the same story: Amina saved, Baraka is asked to confirm, Chausiku looks at a loan, Daudi reads a receipt.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Locator, Page, sync_playwright

IMAGES: Final = Path(__file__).parent / "images"
PORT: Final = 8950
ADDRESS: Final = f"http://127.0.0.1:{PORT + 2}"
CODE: Final = "*384*77#"
QUIET: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
SIZES: Final = ((1280, 860), (390, 844))
READY_SECONDS_MAX: Final = 60


def main() -> None:
    """Run a demo of its own, act the story, take the pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("No Chromium on this machine: nothing was taken.")
    with tempfile.TemporaryDirectory(prefix="pamoja-pictures-") as home:
        demo = subprocess.Popen(  # noqa: S603 our own program
            [sys.executable, "-m", "admin_web", "demo", "--port", str(PORT)],
            env=os.environ | {"PAMOJA_HOME": home},
            cwd=IMAGES.parent.parent,
        )
        try:
            _wait()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
                _take(browser)
                browser.close()
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(timeout=30)


def _wait() -> None:
    for _ in range(READY_SECONDS_MAX * 4):
        try:
            with urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=1), urlopen(f"{ADDRESS}/healthz", timeout=1):  # noqa: S310 our own
                return
        except (URLError, OSError):
            time.sleep(0.25)
    sys.exit("The demo did not get ready.")


def _phone(page: Page, number: int) -> Locator:
    return page.locator(f'[data-phone="+2547000000{number:02}"]')


def _dial(phone: Locator, *replies: str) -> None:
    for keys in (CODE, *replies):
        for key in keys:
            phone.locator(f'[data-key="{key}"]').click()
        phone.locator('[data-key="call"]').click()
        phone.page.wait_for_timeout(500)


def _take(browser: Browser) -> None:
    page = browser.new_context(viewport={"width": SIZES[0][0], "height": SIZES[0][1]}).new_page()
    page.goto(ADDRESS)
    _dial(_phone(page, 1), "1", "500", "1")
    _dial(_phone(page, 4), "1", "250", "1")
    # Daudi's is confirmed; Amina's waits.
    _dial(_phone(page, 2), "3")
    saving = ("1", "750")
    for width, height in SIZES:
        for scheme in ("light", "dark"):
            _story(browser, width, height, scheme, saving)
            saving = ("1",)  # the session that was hung up before is offered again


def _story(browser: Browser, width: int, height: int, scheme: str, saving: tuple[str, ...]) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.goto(ADDRESS)
    page.wait_for_timeout(800)
    _dial(_phone(page, 1), *saving)
    if width > SIZES[1][0]:
        _dial(_phone(page, 2))
        _dial(_phone(page, 3), "2")
        _dial(_phone(page, 4), "4")
    page.mouse.click(4, 4)
    page.wait_for_timeout(600)
    IMAGES.mkdir(exist_ok=True)
    page.screenshot(path=IMAGES / f"phones-{scheme}-{width}.png")
    for handset in (1, 2, 3, 4):
        _phone(page, handset).locator('[data-key="end"]').click()
    context.close()


if __name__ == "__main__":
    main()
