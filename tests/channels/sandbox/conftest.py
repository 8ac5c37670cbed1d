"""A sandbox whose other end is a tiny application of a few lines, inside this process."""

import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from channels.sandbox.app import create_app
from channels.sandbox.options import Options
from channels.sandbox.sandbox import Sandbox, open_sandbox
from tests.channels.sandbox.application import TARGET, Application
from tests.channels.sandbox.pages import QUIET, START_MS


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def options() -> Options:
    return Options(target=TARGET)


@pytest.fixture
def sandbox(application: Application, options: Options) -> Iterator[Sandbox]:
    made = open_sandbox(options, client=httpx.Client(transport=httpx.WSGITransport(app=application)))
    yield made
    made.close()


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    transport = httpx.WSGITransport(app=create_app(sandbox=sandbox))
    with httpx.Client(transport=transport, base_url="http://sandbox.test") as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=QUIET, timeout=START_MS)
        yield chromium
        chromium.close()
