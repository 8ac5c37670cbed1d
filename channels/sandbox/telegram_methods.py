"""The methods of the Bot API by name: what the bot asks, with those that speak beside them."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from channels.sandbox.telegram_params import Params
from channels.sandbox.telegram_send import Sender
from channels.sandbox.telegram_types import ADMINS, ApiError, Json, member
from channels.sandbox.telegram_world import World

_SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}")
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
COMMANDS_MAX = 100

Method = Callable[[Params], Any]


class Methods:
    """Every method that is played; `named` finds one in any case of its letters."""

    def __init__(self, world: World, sender: Sender) -> None:
        self._world = world
        self._commands: dict[tuple[str, str], list[Json]] = {}
        told: dict[str, Method] = {
            "getMe": self._me,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": lambda _: world.updates.info(),
            "sendMessage": sender.send_message,
            "sendPhoto": sender.send_photo,
            "sendChatAction": lambda params: bool(world.reachable(params.chat_id())),
            "editMessageText": sender.edit_text,
            "editMessageReplyMarkup": sender.edit_markup,
            "deleteMessage": sender.delete,
            "pinChatMessage": sender.pin,
            "unpinChatMessage": sender.unpin,
            "answerCallbackQuery": sender.answer,
            "getChat": self._chat,
            "getChatMember": self._member,
            "getChatAdministrators": self._admins,
            "leaveChat": self._leave,
            "setMyCommands": self._set_commands,
            "getMyCommands": lambda params: self._commands.get(_place(params), []),
            "deleteMyCommands": self._delete_commands,
            "setChatMenuButton": lambda _: True,
        }
        self._by_name = {name.lower(): (name, method) for name, method in told.items()}

    def named(self, name: str) -> tuple[str, Method] | None:
        return self._by_name.get(name.lower())

    def _me(self, _params: Params) -> Json:
        says = ("can_connect_to_business", "has_main_web_app", "supports_inline_queries")
        rights = {"can_join_groups": True, "can_read_all_group_messages": not self._world.privacy}
        return self._world.bot.dump() | rights | dict.fromkeys(says, False)

    def _set_webhook(self, params: Params) -> bool:
        url, secret = params.text("url"), params.text("secret_token")
        if not url:
            return self._delete_webhook(params)
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:  # like a Bot API server of one's own, which takes http too
            raise ApiError(400, "Bad Request: bad webhook: Failed to resolve host: Name or service not known")
        if not _SECRET.fullmatch(secret):
            raise ApiError(400, "Bad Request: secret token contains illegal symbols")
        facts = {"url": url, "secret_token": secret, "max_connections": params.whole("max_connections", 40)}
        self._world.updates.hook(facts, drop=params.flag("drop_pending_updates"), kinds=params.listed("allowed_updates"))
        return True

    def _delete_webhook(self, params: Params) -> bool:
        self._world.updates.hook({}, drop=params.flag("drop_pending_updates"))
        return True

    def _chat(self, params: Params) -> Json:
        chat = self._world.reachable(params.chat_id())
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        facts = chat.dump() | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(gifts, False)}
        pinned = chat.messages.get(chat.pinned)
        return facts | ({"pinned_message": pinned.dump(nested=True)} if pinned else {})

    def _member(self, params: Params) -> Json:
        chat = self._world.reachable(params.chat_id())
        user = self._world.users.get(params.whole("user_id"))
        if user is None:
            raise ApiError(400, "Bad Request: invalid user_id specified")
        return member(user, chat.status(user.id))

    def _admins(self, params: Params) -> list[Json]:
        chat = self._world.reachable(params.chat_id())
        if not chat.is_group:
            raise ApiError(400, "Bad Request: there are no administrators in the private chat")
        users = self._world.users
        return [member(users[each], status) for each, status in chat.members.items() if status in ADMINS and not users[each].is_bot]

    def _leave(self, params: Params) -> bool:
        world, chat = self._world, self._world.reachable(params.chat_id())
        if not chat.is_group:
            raise ApiError(400, "Bad Request: chat member status can't be changed in private chats")
        world.become(chat, world.bot, "left", by=world.bot)
        world.serve(chat, world.bot, left_chat_member=world.bot.dump())
        return True

    def _set_commands(self, params: Params) -> bool:
        commands = params.listed("commands") or []
        for each in commands:
            if not isinstance(each, dict) or not _COMMAND.fullmatch(each.get("command", "").removeprefix("/")):
                raise ApiError(400, "Bad Request: BOT_COMMAND_INVALID")
            if not each.get("description"):
                raise ApiError(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        if len(commands) > COMMANDS_MAX:
            raise ApiError(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
        self._commands[_place(params)] = commands
        return True

    def _delete_commands(self, params: Params) -> bool:
        self._commands.pop(_place(params), None)
        return True


def _place(params: Params) -> tuple[str, str]:
    scope = params.parsed("scope") or {"type": "default"}
    return json.dumps(scope, sort_keys=True), params.text("language_code")
