"""What an answer does in the chat, through the Bot API. It is durable by then: what fails here is shown again at the next press."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from telegram import BotCommandScopeChat
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError, TimedOut

from channels.telegram import wire
from channels.telegram.pages import Shown
from channels.telegram.said import Answer, Said
from channels.telegram.wire import Bot

log = structlog.get_logger(__name__)

TRIES_MAX: Final = 3
PAUSE_S: Final = 0.5
_SAME: Final = "not modified"


async def carry(bot: Bot, said: Said, answer: Answer) -> int | None:
    """Do what the answer says; give the message whose buttons are live now, if it is a screen. What was not to be typed goes first."""
    chat, deletes = said.chat_id, answer.deletes
    if deletes is not None:
        await _tried("delete", lambda: bot.delete_message(chat, deletes))
    message_id = None if answer.shown is None else await _show(bot, chat, answer.shown, answer.edits)
    if said.press_id:
        await _tried("toast", lambda: bot.answer_callback_query(said.press_id, text=answer.toast or None))
    for old in sorted(answer.retires - {message_id}):
        await _tried("retire", lambda old=old: bot.edit_message_reply_markup(chat, old, reply_markup=None))  # type: ignore[misc]  # bound now
    if answer.commands:
        await _tried("commands", lambda: bot.set_my_commands(wire.commands(answer.commands), scope=BotCommandScopeChat(chat)))
    return message_id if answer.session else None


async def _show(bot: Bot, chat: int, shown: Shown, edits: int | None) -> int | None:
    """Put the message in the place of another, or send it where there is none, or that one is gone."""
    buttons = wire.keyboard(shown.buttons)
    if edits is not None:
        try:
            await bot.edit_message_text(shown.text, chat, edits, parse_mode=ParseMode.HTML, reply_markup=buttons)
        except BadRequest as error:
            if _SAME in error.message.lower():
                return edits
        except TelegramError as error:
            log.info("screen not edited", why=type(error).__name__)
        else:
            return edits
    sent: list[int] = []

    async def send() -> None:
        sent.append((await bot.send_message(chat, shown.text, parse_mode=ParseMode.HTML, reply_markup=buttons)).message_id)

    await _tried("send", send)
    return sent[0] if sent else None


async def _tried(what: str, call: Callable[[], Awaitable[object]]) -> None:
    """Call, and again if Telegram could not be reached; whatever else it says is only noted."""
    for attempt in range(1, TRIES_MAX + 1):
        try:
            await call()
        except (BadRequest, Forbidden, TimedOut) as error:
            # What timed out may have arrived: to say it twice is worse than to be asked again.
            log.info("not done in the chat", what=what, why=type(error).__name__)
            return
        except (NetworkError, TelegramError) as error:
            if attempt == TRIES_MAX:
                log.warning("not done in the chat", what=what, why=type(error).__name__)
                return
            await asyncio.sleep(PAUSE_S * attempt)
        else:
            return
