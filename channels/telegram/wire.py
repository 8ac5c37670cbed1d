"""Telegram's updates: what of them is ours. Only a private chat is, only a person, and never an edit.

A group, a channel, an anonymous admin (who writes as the group), another bot and a message that was edited later do nothing.
What was forwarded is not read: it was written by somebody else.
"""

from datetime import datetime
from typing import Final

from telegram import BotCommand, CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update, User
from telegram.constants import ChatType
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from channels.telegram.pages import CHANNEL, Buttons
from channels.telegram.private import ENTRANCES
from channels.telegram.said import Said
from channels.words.catalogue import say
from core.settings import Settings

ALLOWED: Final = ("message", "callback_query")
NAME_MAX: Final = 33
CALL_SECONDS_MAX: Final = 10.0
Bot = ExtBot[int]


def make_bot(settings: Settings, *, connections: int) -> Bot:
    """Make the client. It keeps Telegram's limits of this process, and waits once or twice where Telegram says so."""
    times = {"read_timeout": CALL_SECONDS_MAX, "write_timeout": CALL_SECONDS_MAX, "connect_timeout": CALL_SECONDS_MAX}
    return ExtBot(
        settings.telegram_token,
        base_url=f"{settings.telegram_base_url.rstrip('/')}/bot",
        request=HTTPXRequest(connection_pool_size=connections, pool_timeout=CALL_SECONDS_MAX, **times),  # type: ignore[arg-type]  # all are floats
        rate_limiter=AIORateLimiter(max_retries=2),
    )


def said_from(update: Update, *, at: datetime) -> Said | None:
    """Read what somebody did in their private chat; None for anything else."""
    query = update.callback_query
    if query is not None:
        return _pressed(update.update_id, query, at)
    return None if update.message is None else _wrote(update.update_id, update.message, at)


def _pressed(update_id: int, query: CallbackQuery, at: datetime) -> Said | None:
    message, user = query.message, query.from_user
    if message is None or message.chat.type != ChatType.PRIVATE or message.chat.id != user.id or user.is_bot:
        return None
    return Said(
        update_id=update_id,
        user_id=user.id,
        chat_id=message.chat.id,
        message_id=message.message_id,
        name=_name(user),
        language=user.language_code or "",
        at=at,
        data=query.data or "",
        press_id=query.id,
    )


def _wrote(update_id: int, message: Message, at: datetime) -> Said | None:
    user = message.from_user
    if user is None or user.is_bot or message.sender_chat is not None or message.chat.type != ChatType.PRIVATE:
        return None
    shared = message.contact
    return Said(
        update_id=update_id,
        user_id=user.id,
        chat_id=message.chat.id,
        message_id=message.message_id,
        name=_name(user),
        language=user.language_code or "",
        at=at,
        text="" if message.forward_origin is not None else message.text or "",
        contact=None if shared is None else shared.phone_number if shared.user_id == user.id and not message.forward_origin else "",
    )


def _name(user: User) -> str:
    """What an account calls itself: its unique name, if it has one, else whatever it goes by."""
    name = (
        f"@{user.username}" if user.username else " ".join("".join(sign if sign.isprintable() else " " for sign in user.full_name).split())
    )
    return name[:NAME_MAX] or str(user.id)


def keyboard(buttons: Buttons) -> InlineKeyboardMarkup | None:
    """Make the buttons under a message."""
    rows = [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in buttons]
    return InlineKeyboardMarkup(rows) if rows else None


def commands(language: str) -> list[BotCommand]:
    """Name the commands of a private chat, in a language."""
    return [BotCommand(name, say(language, f"command.{name}", channel=CHANNEL)) for name in ENTRANCES]
