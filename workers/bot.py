"""The bot process: fetches updates and answers them, for as long as it lives. The database and Telegram may come and go meanwhile.

An update is fetched again until its turn is durable: only then the next fetch says that it was taken. Those of one person
are taken one after another, those of several at once, in a bounded pool of threads.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, TypeVar

from telegram import BotCommandScopeAllPrivateChats, Update
from telegram.error import InvalidToken, TelegramError

from channels.conversations import Overtaken
from channels.telegram import courier, pages, wire
from channels.telegram.answers import note_shown, take
from channels.telegram.said import Answer, Said
from channels.walk import House
from channels.words.catalogue import FALLBACK, LANGUAGES
from core import clock
from core.db import make_engine
from core.settings import Settings
from workers.patience import Patience
from workers.persist import DATABASE_AWAY

THREADS: Final = 8
POLL_SECONDS: Final = 30
BATCH_MAX: Final = 100
AWAY_SECONDS_MAX: Final = 5.0
CONNECTIONS: Final = 32
Made = TypeVar("Made")

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The process was told to stop while it waited; what it was at is not done."""


def run(settings: Settings, database_url: str) -> None:
    """Work until SIGTERM or SIGINT.

    :raises InvalidToken: if Telegram does not know the token
    """
    # It writes every address it calls, and the token is part of it.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    engine = make_engine(database_url, pool_size=THREADS, turns=True)
    house = House(engine, settings.pepper, settings.service_code, settings.help_number)
    asyncio.run(_until_told(settings, house))
    engine.dispose()


async def _until_told(settings: Settings, house: House) -> None:
    stopping = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    await BotProcess(settings, house, stopping).run()


class BotProcess:
    """The loop of the bot: one client, one pool of threads."""

    def __init__(self, settings: Settings, house: House, stopping: asyncio.Event) -> None:
        self._settings, self._house, self._stopping = settings, house, stopping
        self._bot = wire.make_bot(settings, connections=CONNECTIONS)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="turn")
        self._telegram = Patience("telegram", first=0.25, longest=AWAY_SECONDS_MAX)
        self._database = Patience("database", first=0.25, longest=AWAY_SECONDS_MAX)

    async def run(self) -> None:
        """Poll, or leave the updates to the web process where there is a webhook, until told to stop."""
        try:
            await self._begin()
            log.info("bot started")
            if self._settings.telegram_webhook_url:
                await self._stopping.wait()
            else:
                await self._poll()
        except Stopped:
            pass
        finally:
            self._threads.shutdown()
            with suppress(TelegramError):
                await self._bot.shutdown()
        log.info("bot stopped")

    async def _begin(self) -> None:
        """Say how updates come, and which commands there are."""
        url = self._settings.telegram_webhook_url
        await self._reached(self._bot.initialize)
        if url:
            address = f"{url.rstrip('/')}/telegram/{self._settings.secret_path}"
            secret = self._settings.telegram_secret
            await self._reached(lambda: self._bot.set_webhook(address, secret_token=secret, allowed_updates=wire.ALLOWED))
        else:
            await self._reached(self._bot.delete_webhook)
        scope = BotCommandScopeAllPrivateChats()
        for language in LANGUAGES:
            code = None if language == FALLBACK else language
            with suppress(TelegramError):
                await self._bot.set_my_commands(wire.commands(language), scope=scope, language_code=code)

    async def _reached(self, call: Callable[[], Coroutine[Any, Any, Made]]) -> Made:
        """Call Telegram until it answers.

        :raises Stopped: if told to stop before
        """
        while True:
            try:
                made = await self._or_stop(call())
            except InvalidToken:
                raise
            except TelegramError as error:
                self._telegram.missed(type(error).__name__)
                await self._rest(self._telegram)
            else:
                self._telegram.found()
                return made

    async def _poll(self) -> None:
        offset: int | None = None
        while not self._stopping.is_set():
            updates = await self._reached(lambda: self._fetch(offset, POLL_SECONDS))  # noqa: B023 called at once
            if updates:
                await self._batch(updates)
                offset = updates[-1].update_id + 1
                if self._stopping.is_set():
                    with suppress(TelegramError):
                        await self._fetch(offset, 0)  # they are taken, and need not come again

    async def _fetch(self, offset: int | None, seconds: int) -> tuple[Update, ...]:
        limit, wait = BATCH_MAX, seconds + wire.CALL_SECONDS_MAX
        return await self._bot.get_updates(offset=offset, limit=limit, timeout=seconds, read_timeout=wait, allowed_updates=wire.ALLOWED)

    async def _batch(self, updates: Sequence[Update]) -> None:
        """Answer what was fetched, each person's in their order."""
        by_person: dict[int, list[Said]] = {}
        for update in updates:
            said = wire.said_from(update, at=clock.now())
            if said is not None:
                by_person.setdefault(said.user_id, []).append(said)
        # All of them end before one that could not be done says so.
        ended = await asyncio.gather(*map(self._serve, by_person.values()), return_exceptions=True)
        for error in filter(None, ended):
            raise error

    async def _serve(self, all_said: list[Said]) -> None:
        for said in all_said:
            answer = await self._taken(said)
            message_id = await self._carried(said, answer)
            if message_id is not None:
                with suppress(*DATABASE_AWAY):  # then the buttons of that message are only older than they look
                    await self._in_thread(lambda: note_shown(self._house, said, answer, message_id))  # noqa: B023 awaited at once

    async def _carried(self, said: Said, answer: Answer) -> int | None:
        """Do in the chat what the answer says. It is durable, so whatever goes wrong here must not make the update come again."""
        try:
            return await courier.carry(self._bot, said, answer)
        except Exception as error:  # noqa: BLE001 a bug of ours, in whatever words
            log.error("answer not carried", extra={"error": type(error).__name__})  # noqa: TRY400 a traceback may quote a PIN
            return None

    async def _taken(self, said: Said) -> Answer:
        """Take an update, however long the database is away. One that cannot be taken at all must not hold up the others.

        :raises Stopped: if told to stop before
        """
        while True:
            try:
                answer = await self._in_thread(lambda: take(self._house, said))
            except (*DATABASE_AWAY, Overtaken) as error:
                self._database.missed(type(error).__name__)
                await self._rest(self._database)
            except Exception as error:  # noqa: BLE001 a bug of ours, in whatever words: they may quote what was typed
                log.error("update given up", extra={"error": type(error).__name__})  # noqa: TRY400 a traceback may quote a PIN
                return Answer(pages.plain(self._house.default_language, "session.try_again"))
            else:
                self._database.found()
                return answer

    async def _in_thread(self, work: Callable[[], Made]) -> Made:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _rest(self, patience: Patience) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), max(patience.wait, 0.05))
        if self._stopping.is_set():
            raise Stopped

    async def _or_stop(self, call: Awaitable[Made]) -> Made:
        """Wait for a call, but not longer than until told to stop."""
        calling, told = asyncio.ensure_future(call), asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({calling, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if calling.done():
            return calling.result()
        calling.cancel()
        with suppress(asyncio.CancelledError, TelegramError):
            await calling
        raise Stopped
