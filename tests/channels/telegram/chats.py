"""Private chats with the house: what people write and press goes in as Telegram's updates, what the chat shows comes out."""

import asyncio
import html
import re
from dataclasses import dataclass, field
from typing import Any

from telegram import Update

from channels.telegram import courier, wire
from channels.telegram.answers import note_shown, take
from core.commands import MakeLinkCode
from core.settings import Settings
from tests.channels.telegram.bot_api import BotApi
from tests.channels.town import Town


@dataclass
class Telegram:
    """Telegram with our bot in it, whose client is the real one."""

    town: Town
    api: BotApi
    settings: Settings
    updates: int = 0

    def chat(self, user: int, *, language: str = "en", username: str = "") -> "Chat":
        return Chat(self, user, language, username)

    def next(self) -> int:
        self.updates += 1
        return self.updates

    def give(self, update: dict[str, Any]) -> None:
        """Take an update and do what its answer says, as the bot process does."""
        said = wire.said_from(Update.de_json(update, None), at=self.town.clock())
        if said is None:
            return
        answer = take(self.town.house, said)

        async def carry() -> int | None:
            async with wire.make_bot(self.settings, connections=4) as bot:
                return await courier.carry(bot, said, answer)

        message_id = asyncio.run(carry())
        if message_id is not None:
            note_shown(self.town.house, said, answer, message_id)

    def link(self, chat: "Chat", who: str, *, group: str = "UMOJA") -> str:
        """Bind a chat to a person, by the code that USSD would show."""
        return chat.say(f"/start {self.code(who, group=group)}")

    def code(self, who: str, *, group: str = "UMOJA") -> str:
        made = self.town.do(
            MakeLinkCode, channel="ussd", group_id=self.town.groups[group], actor_id=self.town.people[who], pin=self.town.sealed(who)
        )
        return str(made.facts["code"])


@dataclass
class Chat:
    """One user's private chat with the bot."""

    telegram: Telegram
    user: int
    language: str = "en"
    username: str = ""
    sent: dict[str, Any] = field(default_factory=dict)

    @property
    def who(self) -> dict[str, Any]:
        name = {"username": self.username} if self.username else {}
        return {"id": self.user, "is_bot": False, "first_name": "Somebody", "language_code": self.language, **name}

    def message(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401 Telegram's fields
        api = self.telegram.api
        api.last += 1
        api.messages[self.user, api.last] = {"text": more.get("text", ""), "keys": []}
        return {"message_id": api.last, "date": 1, "chat": {"id": self.user, "type": "private"}, "from": self.who, **more}

    def give(self, **what: Any) -> str:  # noqa: ANN401 Telegram's fields
        """Send an update, and give what the chat shows last."""
        self.sent = {"update_id": self.telegram.next(), **what}
        self.telegram.give(self.sent)
        return self.screen()

    def say(self, text: str, **more: Any) -> str:  # noqa: ANN401 Telegram's fields
        return self.give(message=self.message(text=text, **more))

    def press(self, label: str, *, message_id: int | None = None, data: str = "") -> str:
        """Press a button by its label, on the live message unless another is named."""
        on = message_id or self.live()
        keys = self.telegram.api.messages[self.user, on]["keys"]
        found = data or next(key["callback_data"] for row in keys for key in row if key["text"] == label)
        shown = {"message_id": on, "date": 1, "chat": {"id": self.user, "type": "private"}, "text": "shown"}
        return self.give(
            callback_query={"id": f"press-{self.telegram.updates}", "from": self.who, "chat_instance": "1", "message": shown, "data": found}
        )

    def data(self, label: str) -> str:
        keys = self.telegram.api.messages[self.user, self.live()]["keys"]
        return str(next(key["callback_data"] for row in keys for key in row if key["text"] == label))

    def live(self) -> int:
        """The newest message that has buttons."""
        return max(number for (chat, number), shown in self.telegram.api.messages.items() if chat == self.user and shown["keys"])

    def with_buttons(self) -> list[int]:
        return [number for (chat, number), shown in self.telegram.api.messages.items() if chat == self.user and shown["keys"]]

    def screen(self) -> str:
        """What the newest message says, with its buttons: `words | [button] [button]`."""
        mine = {number: shown for (chat, number), shown in self.telegram.api.messages.items() if chat == self.user}
        shown = mine[max(mine)]
        words = html.unescape(re.sub(r"</?b>", "", shown["text"])).replace("\n", " | ")
        keys = " ".join(f"[{key['text']}]" for row in shown["keys"] for key in row)
        return f"{words} | {keys}" if keys else words
