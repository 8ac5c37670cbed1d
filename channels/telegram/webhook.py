"""Telegram's webhook: an update comes in by HTTP, and is answered 200 when its turn is durable; until then Telegram repeats it."""

import asyncio
import json
import threading
from concurrent.futures import TimeoutError as TooLate
from datetime import datetime
from typing import Any, Final

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Update

from channels.conversations import Overtaken
from channels.telegram import courier, wire
from channels.telegram.answers import note_shown, take
from channels.telegram.said import Answer, Said
from channels.walk import House
from core.settings import Settings

log = structlog.get_logger(__name__)

HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
CARRY_SECONDS_MAX: Final = 8.0


class Receiver:
    """Takes updates in the threads of the web server, and carries the answers from one loop of its own."""

    def __init__(self, settings: Settings, house: House) -> None:
        self._settings, self._house = settings, house
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bot: wire.Bot | None = None

    def receive(self, body: bytes, *, at: datetime) -> int:
        """Take an update, and give the status to answer Telegram with."""
        try:
            update = Update.de_json(json.loads(body), None)
            said = wire.said_from(update, at=at)
        except (ValueError, TypeError, KeyError, AttributeError):
            return 400
        if said is None:
            return 200
        try:
            answer = take(self._house, said)
        except (psycopg.Error, SQLAlchemyError, Overtaken) as error:
            log.warning("update not taken", error=type(error).__name__)
            return 503
        self._carry(said, answer)
        return 200

    def _carry(self, said: Said, answer: Answer) -> None:
        carrying = asyncio.run_coroutine_threadsafe(self._carried(said, answer), self._running())
        try:
            message_id = carrying.result(CARRY_SECONDS_MAX)
            if message_id is not None:
                note_shown(self._house, said, answer, message_id)
        except (TooLate, psycopg.Error, SQLAlchemyError) as error:
            log.info("answer carried late", why=type(error).__name__)

    async def _carried(self, said: Said, answer: Answer) -> Any:  # noqa: ANN401 a message's number, or None
        if self._bot is None:
            self._bot = wire.make_bot(self._settings, connections=self._settings.web_threads)
        return await courier.carry(self._bot, said, answer)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="telegram", daemon=True).start()
            return self._loop
