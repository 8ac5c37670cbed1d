"""The bot process against a Bot API on a port: no update is lost or done twice, whatever is away meanwhile."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from channels.app import create_app
from channels.telegram import answers
from channels.telegram.webhook import HEADER
from core import settings as core_settings
from core.db import make_engine
from core.settings import Settings
from tests.channels.telegram.bot_api import TOKEN, BotApi, serve
from tests.channels.town import Town, build
from workers import bot
from workers.bot import BotProcess

SECRET = "a-secret-that-nobody-can-guess"  # noqa: S105 of this test only
Update = dict[str, Any]


@pytest.fixture
def town(database_url: str, clean: None) -> Iterator[Town]:  # noqa: ARG001 what is committed here must go
    """Give the town, on an engine such as the bot process opens."""
    engine: Engine = make_engine(database_url, pool_size=8, turns=True)
    yield build(engine)
    engine.dispose()


@pytest.fixture
def api() -> Iterator[BotApi]:
    """Give what Telegram holds, served on a port."""
    api = BotApi()
    server = serve(api)
    yield api
    server.shutdown()
    server.server_close()


@pytest.fixture
def given(settings: Settings, api: BotApi, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give settings with a bot that polls."""
    assert settings.demo
    monkeypatch.setenv("TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_BASE_URL", f"http://127.0.0.1:{api.port}")
    return core_settings.load()


def wrote(number: int, text: str, *, user: int = 77) -> Update:
    who = {"id": user, "is_bot": False, "first_name": "Somebody", "language_code": "en"}
    return {
        "update_id": number,
        "message": {"message_id": number, "date": 1, "chat": {"id": user, "type": "private"}, "from": who, "text": text},
    }


def run_until(given: Settings, town: Town, done: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Run the process until something is so, and stop it."""

    async def work() -> None:
        stopping = asyncio.Event()
        running = asyncio.create_task(BotProcess(given, town.house, stopping).run())
        async with asyncio.timeout(seconds):
            while not done():
                assert not running.done(), running
                await asyncio.sleep(0.02)
        stopping.set()
        await running

    asyncio.run(work())


def sent(api: BotApi) -> list[str]:
    return [asked["text"] for method, asked in api.calls if method == "sendMessage"]


def taken(town: Town) -> list[int]:
    return [row[0] for row in town.sql("SELECT update_id FROM telegram_update ORDER BY update_id")]


def test_updates_are_answered_each_persons_in_their_order(api: BotApi, given: Settings, town: Town) -> None:
    api.updates = [wrote(1, "hi"), wrote(2, "abcdefgh"), wrote(3, "hi", user=78), wrote(4, "hi")]
    run_until(given, town, lambda: len(sent(api)) == 4)
    mine = [asked["text"][:7] for method, asked in api.calls if method == "sendMessage" and asked["chat_id"] == "77"]
    assert mine == ["Welcome", "This co", "Welcome"]
    assert taken(town) == [1, 2, 3, 4]
    assert api.calls[-1][0] == "getUpdates"
    assert api.calls[-1][1]["offset"] == "5", "Telegram is told that they are taken"
    assert [asked.get("language_code") for method, asked in api.calls if method == "setMyCommands"] == [None, "sw", "fr"]
    assert all(asked["allowed_updates"] == '["message", "callback_query"]' for method, asked in api.calls if method == "getUpdates")


def test_the_database_is_away_between_two_updates(api: BotApi, given: Settings, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    misses = iter([psycopg.OperationalError("gone")] * 2)

    def take(house: Any, said: Any) -> Any:  # noqa: ANN401 as the real one
        if said.update_id == 2 and (error := next(misses, None)):
            raise error
        return answers.take(house, said)

    monkeypatch.setattr(bot, "take", take)
    api.updates = [wrote(1, "hi"), wrote(2, "abcdefgh")]
    run_until(given, town, lambda: len(sent(api)) == 2)
    assert taken(town) == [1, 2]
    told = [name for name, asked in api.calls if name == "sendMessage" or (name == "getUpdates" and "offset" in asked)]
    assert told[:2] == ["sendMessage", "sendMessage"], "nothing is told as taken before both are"


def test_what_was_not_taken_when_the_process_stopped_is_taken_by_the_next(
    api: BotApi, given: Settings, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def away(_house: Any, said: Any) -> Any:  # noqa: ANN401 as the real one
        tries.append(said.update_id)
        raise psycopg.OperationalError("gone")

    api.updates = [wrote(1, "hi")]
    with monkeypatch.context() as patch:
        patch.setattr(bot, "take", away)
        run_until(given, town, lambda: bool(tries))
    assert (sent(api), taken(town)) == ([], [])
    run_until(given, town, lambda: len(sent(api)) == 1)
    assert taken(town) == [1]


def test_an_update_that_comes_again_after_a_crash_is_not_done_again(api: BotApi, given: Settings, town: Town) -> None:
    api.updates = [wrote(1, "abcdefgh")]
    run_until(given, town, lambda: len(sent(api)) == 1)
    api.updates = [wrote(1, "abcdefgh"), wrote(2, "hi")]
    run_until(given, town, lambda: len(sent(api)) == 3)
    assert town.sql("SELECT user_id, failures FROM telegram_try") == [(77, 1)]


def test_telegram_is_away_for_a_while(api: BotApi, given: Settings, town: Town) -> None:
    api.away = 4
    api.updates = [wrote(1, "hi")]
    run_until(given, town, lambda: len(sent(api)) == 1)
    assert taken(town) == [1]


def test_an_update_that_cannot_be_taken_does_not_hold_up_the_others(
    api: BotApi, given: Settings, town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def take(house: Any, said: Any) -> Any:  # noqa: ANN401 as the real one
        if said.update_id == 1:
            raise ValueError(said.text)
        return answers.take(house, said)

    monkeypatch.setattr(bot, "take", take)
    api.updates = [wrote(1, "kanarienvogel"), wrote(2, "hi")]
    run_until(given, town, lambda: len(sent(api)) == 2)
    assert sent(api)[0].startswith("That did not work.")
    assert "update given up" in caplog.text
    assert "kanarienvogel" not in caplog.text


# By webhook


@pytest.fixture
def hooked(given: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give settings with a webhook."""
    assert given.telegram_token
    monkeypatch.setenv("TELEGRAM_WEBHOOK_URL", "https://pamoja.example")
    monkeypatch.setenv("TELEGRAM_SECRET", SECRET)
    return core_settings.load()


def test_the_bot_leaves_updates_to_the_webhook(api: BotApi, hooked: Settings, town: Town) -> None:
    run_until(hooked, town, lambda: len([1 for method, _ in api.calls if method == "setMyCommands"]) == 3)
    (asked,) = [asked for method, asked in api.calls if method == "setWebhook"]
    assert (asked["url"], asked["secret_token"]) == ("https://pamoja.example/telegram/demo", SECRET)
    assert "getUpdates" not in [method for method, _ in api.calls]


@pytest.mark.parametrize(
    "call",
    [
        ("demo", SECRET, wrote(1, "hi"), 200),
        ("demo", "", wrote(1, "hi"), 404),
        ("demo", SECRET[:-1], wrote(1, "hi"), 404),
        ("other", SECRET, wrote(1, "hi"), 404),
        ("demo", SECRET, {"no": "update"}, 400),
        ("demo", SECRET, [], 400),
        ("demo", SECRET, {"update_id": 1}, 200),
    ],
)
def test_a_webhook_call(api: BotApi, hooked: Settings, town: Town, call: tuple[str, str, object, int]) -> None:
    path, shown, body, status = call
    client = create_app(hooked, town.engine, town.house, hooked.database_url).test_client()
    assert client.post(f"/telegram/{path}", json=body, headers={HEADER: shown}).status_code == status
    assert len(sent(api)) == (status == 200 and body == wrote(1, "hi"))


def test_a_webhook_call_comes_again_while_the_database_is_away(
    api: BotApi, hooked: Settings, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise psycopg.OperationalError("gone")

    client = create_app(hooked, town.engine, town.house, hooked.database_url).test_client()
    with monkeypatch.context() as patch:
        patch.setattr("channels.telegram.webhook.take", away)
        assert client.post("/telegram/demo", json=wrote(1, "hi"), headers={HEADER: SECRET}).status_code == 503
    for _ in range(2):
        assert client.post("/telegram/demo", json=wrote(1, "hi"), headers={HEADER: SECRET}).status_code == 200
    assert taken(town) == [1]
    assert len(sent(api)) == 2, "a repeat is shown what stands"


def test_without_a_webhook_there_is_no_such_route(given: Settings, town: Town) -> None:
    client = create_app(given, town.engine, town.house, given.database_url).test_client()
    assert client.post("/telegram/demo", json=wrote(1, "hi"), headers={HEADER: ""}).status_code == 404
