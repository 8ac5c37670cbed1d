"""The town, with a Bot API beside it."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from core import settings as core_settings
from core.settings import Settings
from tests.channels.telegram.bot_api import TOKEN, BotApi, serve
from tests.channels.telegram.chats import Telegram
from tests.channels.town import Town, build


@pytest.fixture
def api() -> Iterator[BotApi]:
    """Give what Telegram holds, served on a port."""
    api = BotApi()
    server = serve(api)
    yield api
    server.shutdown()
    server.server_close()


@pytest.fixture
def bot_settings(settings: Settings, api: BotApi, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give settings with a bot."""
    assert settings.demo
    monkeypatch.setenv("TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_BASE_URL", f"http://127.0.0.1:{api.port}")
    return core_settings.load()


@pytest.fixture
def telegram(town: Town, api: BotApi, bot_settings: Settings) -> Telegram:
    """Give Telegram with our bot in it, in English."""
    return Telegram(town, api, bot_settings)


@pytest.fixture
def telegram_in(turns: Engine, api: BotApi, bot_settings: Settings) -> Callable[[str], Telegram]:
    """Build the town in a language."""
    return lambda language: Telegram(build(turns, language), api, bot_settings)
