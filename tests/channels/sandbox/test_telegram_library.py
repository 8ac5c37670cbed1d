"""The library that our bot stands on, over real HTTP against the sandbox's Telegram: polling, webhook, its errors."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar
from wsgiref.types import StartResponse, WSGIEnvironment

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    MenuButtonCommands,
    ReplyKeyboardMarkup,
    Update,
)
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import Application, ApplicationBuilder, CallbackQueryHandler, CommandHandler, ContextTypes

from channels.sandbox.app import create_app
from channels.sandbox.options import Options
from channels.sandbox.sandbox import Sandbox, open_sandbox
from core.settings import DEMO_TELEGRAM_TOKEN as TELEGRAM_TOKEN
from tests.channels.sandbox.telegram import AMINA, BOT, CHAUSIKU, UMOJA, Town, served

PNG = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000100000001080000000a0000000049454e44ae426082")
SECRET = "a-secret_1"  # noqa: S105 of this test
SECONDS_MAX, STOP_SECONDS_MAX = 20.0, 8
T = TypeVar("T")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that calls out over real HTTP."""
    made = open_sandbox(Options())
    yield made
    made.close()


@pytest.fixture
def address(sandbox: Sandbox) -> Iterator[str]:
    with served(create_app(sandbox=sandbox)) as address:
        yield address
        sandbox.telegram.updates.close()  # lets go of a poll that still waits


@pytest.fixture
def town(address: str) -> Iterator[Town]:
    with httpx.Client(base_url=address, trust_env=False) as http:
        yield Town(http)


def _calls(address: str, ask: Callable[[Bot], Awaitable[T]], *, token: str = TELEGRAM_TOKEN) -> T:
    """What comes of it when a bot asks something."""

    async def run() -> T:
        async with Bot(token, base_url=f"{address}/bot") as bot:
            return await ask(bot)

    return asyncio.run(run())


def _application(address: str) -> Application[Any, Any, Any, Any, Any, Any]:
    return ApplicationBuilder().token(TELEGRAM_TOKEN).base_url(f"{address}/bot").build()


async def _until(true: Callable[[], bool]) -> None:
    deadline = monotonic() + SECONDS_MAX
    while not true():
        assert monotonic() < deadline
        await asyncio.sleep(0.02)


def test_polling(address: str, town: Town) -> None:
    async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        keys = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="v1:yes")]])
        await update.effective_message.reply_html(f"<b>Karibu</b> {context.args}", reply_markup=keys)

    async def press(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query is not None
        await update.callback_query.answer("Saved", show_alert=True)
        await update.callback_query.edit_message_text("Done")

    async def run() -> None:
        application = _application(address)
        application.add_handler(CommandHandler("start", start))
        application.add_handler(CallbackQueryHandler(press))
        async with application:
            assert application.updater is not None
            await application.updater.start_polling()
            await application.start()
            await asyncio.to_thread(town.do, "message", AMINA, text="/start abc")
            await _until(lambda: len(town.chat(AMINA)["messages"]) == 2)
            sent = town.chat(AMINA)["messages"][1]
            assert sent["text"] == "Karibu ['abc']"
            await asyncio.to_thread(town.do, "press", AMINA, message=sent["id"], button="Yes")
            await _until(lambda: town.chat(AMINA)["messages"][1]["text"] == "Done")
            assert town.chat(AMINA)["answers"][0]["text"] == "Saved"
            await application.updater.stop()
            await application.stop()

    asyncio.run(run())
    assert town.bot("getUpdates") == []


@dataclass
class Hook:
    """Takes updates as strictly as the library's own server does, and reads them with the library."""

    secret: str = SECRET
    statuses: list[str] = field(default_factory=list)
    heard: list[Update] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        welcome = (environ["CONTENT_TYPE"], environ.get("HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN")) == ("application/json", self.secret)
        status = self.statuses.pop(0) if self.statuses else "200 OK" if welcome else "403 Forbidden"
        if status == "200 OK":
            self.heard.append(Update.de_json(json.loads(body), None))
        start_response(status, [])
        return ()


def _wait(true: Callable[[], bool]) -> None:
    asyncio.run(_until(true))


def test_webhook_with_its_secret_until_it_is_taken(town: Town, sandbox: Sandbox) -> None:
    hook = Hook(statuses=["503 Service Unavailable"])
    with served(hook) as there:
        _calls(str(town.http.base_url).rstrip("/"), lambda bot: bot.set_webhook(f"{there}/hook", secret_token=SECRET))
        assert town.refused("getUpdates")[0] == 409
        town.do("message", AMINA, text="again until it is taken")
        town.do("message", AMINA, text="and the next")
        _wait(lambda: town.bot("getWebhookInfo")["pending_update_count"] == 0)
        assert [each.message.text for each in hook.heard if each.message] == ["again until it is taken", "and the next"]
        assert town.bot("getWebhookInfo")["last_error_message"] == "Wrong response from the webhook: 503"
        assert town.bot("getWebhookInfo")["url"] == f"{there}/hook"
        assert [call.status for call in sandbox.calls.listed("callbacks")] == [503, 200, 200]
        assert town.do("repeat", AMINA)["updates"] == [hook.heard[-1].update_id]
        _wait(lambda: len(hook.heard) == 3)
        assert hook.heard[2].update_id == hook.heard[1].update_id
    assert town.bot("deleteWebhook")
    assert town.bot("getUpdates") == []


def test_a_webhook_of_another_secret_is_refused_and_the_update_waits(town: Town) -> None:
    hook = Hook(secret="another")  # noqa: S106 of this test
    with served(hook) as there:
        town.bot("setWebhook", url=there, secret_token=SECRET)
        town.do("message", AMINA, text="x")
        _wait(lambda: town.bot("getWebhookInfo").get("last_error_message") == "Wrong response from the webhook: 403")
    assert hook.heard == []
    assert town.bot("deleteWebhook")
    assert len(town.bot("getUpdates")) == 1


def test_a_second_poll_ends_the_first(address: str) -> None:
    async def both(bot: Bot) -> None:
        first = asyncio.create_task(bot.get_updates(timeout=10))
        await asyncio.sleep(0.3)
        async with Bot(TELEGRAM_TOKEN, base_url=f"{address}/bot") as other:
            assert await other.get_updates(timeout=0) == ()
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first

    _calls(address, both)


def test_a_long_poll_ends_with_the_update(address: str, town: Town) -> None:
    async def wait(bot: Bot) -> tuple[float, tuple[Update, ...]]:
        poll = asyncio.create_task(bot.get_updates(timeout=20))
        await asyncio.sleep(0.3)
        started = monotonic()
        await asyncio.to_thread(town.do, "message", AMINA, text="x")
        return monotonic() - started, await poll

    seconds, updates = _calls(address, wait)
    assert (seconds < 5, [each.message.text for each in updates]) == (True, ["x"])


def test_every_method_in_a_group(address: str, town: Town) -> None:
    town.do("join", CHAUSIKU, chat=UMOJA, whom=BOT)
    town.do("promote", CHAUSIKU, chat=UMOJA, whom=BOT)

    async def ask(bot: Bot) -> None:
        assert (bot.id, bot.username) == (BOT, "pamoja_demo_bot")
        sent = await bot.send_message(UMOJA, "x", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("a", callback_data="b")]]))
        assert await bot.edit_message_reply_markup(UMOJA, sent.message_id)
        photo = await bot.send_photo(UMOJA, PNG, caption="<i>QR</i>", parse_mode="HTML")
        assert (photo.caption, photo.photo[0].width) == ("QR", 1)
        again = await bot.send_photo(UMOJA, photo.photo[0].file_id)
        assert await bot.pin_chat_message(UMOJA, sent.message_id)
        chat = await bot.get_chat(UMOJA)
        assert (chat.title, chat.pinned_message and chat.pinned_message.message_id) == ("Umoja", sent.message_id)
        assert [each.user.id for each in await bot.get_chat_administrators(UMOJA)] == [CHAUSIKU]
        statuses = [(await bot.get_chat_member(UMOJA, each)).status for each in (AMINA, BOT, CHAUSIKU)]
        assert statuses == ["member", "administrator", "creator"]
        assert await bot.delete_message(UMOJA, again.message_id)
        assert await bot.set_my_commands([BotCommand("help", "Help")], language_code="en")
        assert [each.command for each in await bot.get_my_commands(language_code="en")] == ["help"]
        assert await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
        assert (await bot.get_webhook_info()).url == ""
        assert await bot.leave_chat(UMOJA)
        with pytest.raises(Forbidden, match="not a member"):
            await bot.send_message(UMOJA, "x")

    _calls(address, ask)
    picture = next(each for each in town.chat(UMOJA)["messages"] if "photo" in each)
    assert town.http.get(f"/api/telegram/photos/{picture['photo'][0]['file_id']}").content == PNG


@pytest.mark.parametrize(
    ("deeds", "faults", "error", "words"),
    [
        (["message", "block"], {}, Forbidden, "Forbidden: bot was blocked by the user"),
        (["message"], {"status": 429, "retry_after": 3}, RetryAfter, "Flood control exceeded. Retry in 0:00:03"),
        (["message"], {"status": 502}, NetworkError, "Bad Gateway"),
    ],
)
def test_errors(
    town: Town, monkeypatch: pytest.MonkeyPatch, *, deeds: list[str], faults: dict[str, int], error: type[TelegramError], words: str
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # without it the library warns that this will be its way
    for deed in deeds:
        town.do(deed, AMINA, **({"text": "/start"} if deed == "message" else {}))
    town.http.put("/api/faults", json={"telegram": faults | {"method": "sendMessage"}})
    with pytest.raises(error) as raised:
        _calls(str(town.http.base_url).rstrip("/"), lambda bot: bot.send_message(AMINA, "x"))
    assert (type(raised.value), raised.value.message) == (error, words)


def test_a_group_that_moved_says_where(address: str, town: Town) -> None:
    town.do("join", CHAUSIKU, chat=UMOJA, whom=BOT)
    moved = town.do("migrate", CHAUSIKU, chat=UMOJA)["chat"]
    with pytest.raises(ChatMigrated) as raised:
        _calls(address, lambda bot: bot.send_message(UMOJA, "x"))
    assert raised.value.new_chat_id == moved


def test_the_wrong_token(address: str) -> None:
    with pytest.raises(InvalidToken):
        _calls(address, lambda bot: bot.get_me(), token="2:other")  # noqa: S106 of this test


def test_asking_for_a_contact_in_a_group(address: str, town: Town) -> None:
    town.do("join", CHAUSIKU, chat=UMOJA, whom=BOT)
    keys = ReplyKeyboardMarkup([[KeyboardButton("My number", request_contact=True)]])
    with pytest.raises(BadRequest, match="private chats only"):
        _calls(address, lambda bot: bot.send_message(UMOJA, "x", reply_markup=keys))


def test_a_poll_that_waits_does_not_hold_up_the_end_of_the_process(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"PAMOJA_DEMO": "1", "PAMOJA_HOME": str(tmp_path), "PAMOJA_SANDBOX_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "admin_web", "sandbox"], env=os.environ | settings)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as http, ThreadPoolExecutor() as pool:
            _wait(lambda: _healthy(http))
            poll = pool.submit(http.post, f"/bot{TELEGRAM_TOKEN}/getUpdates", data={"timeout": 40})
            sleep(1)
            process.send_signal(signal.SIGTERM)
            started = monotonic()
            assert poll.result().json() == {"ok": True, "result": []}
            process.wait(timeout=SECONDS_MAX)
            assert monotonic() - started < STOP_SECONDS_MAX  # longer, and the server's worker was killed
    finally:
        process.kill()


def _healthy(http: httpx.Client) -> bool:
    try:
        return http.get("/healthz").is_success
    except httpx.TransportError:
        return False
