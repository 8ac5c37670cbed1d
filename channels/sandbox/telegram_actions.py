"""What people do on Telegram, one deed at a time; the bot hears of it what Telegram would tell it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

from channels.sandbox import telegram_text
from channels.sandbox.telegram_send import Presses, Query
from channels.sandbox.telegram_types import ADMINS, Chat, Json, Message, Status, User
from channels.sandbox.telegram_world import World
from core import clock

_FILE: Final = {"file_id": "media", "file_unique_id": "media"}
MEDIA: Final[dict[str, Any]] = {
    "photo": [_FILE | {"width": 320, "height": 240}],
    "voice": _FILE | {"duration": 3},
    "video": _FILE | {"width": 320, "height": 240, "duration": 3},
    "document": _FILE | {"file_name": "document.pdf"},
    "sticker": _FILE | {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False},
    "location": {"latitude": -1.2864, "longitude": 36.8172},
}


class CannotDo(ValueError):
    """Nobody could do that on Telegram, or it is not said clearly enough what."""


@dataclass(slots=True)
class Deed:
    """Who does it and where, the rest of what was asked, and what came of it."""

    user: User
    chat: Chat
    body: Json
    updates: list[int] = field(default_factory=list)
    facts: Json = field(default_factory=dict)

    def heard(self, update: int | None) -> None:
        self.updates += [] if update is None else [update]

    def message(self, name: str = "message") -> Message:
        found = self.chat.messages.get(self.body.get(name, 0))
        if found is None:
            raise CannotDo("There is no such message in this chat")
        return found


class Actions:
    """The deeds by name. The world's lock is held."""

    def __init__(self, world: World, presses: Presses) -> None:
        self._world = world
        self._presses = presses
        self.deeds: dict[str, Callable[[Deed], None]] = {
            "message": self._message,
            "contact": self._contact,
            "edit": self._edit,
            "press": self._press,
            "group": self._group,
            "join": self._join,
            "leave": self._leave,
            "promote": lambda deed: self._rank(deed, "administrator"),
            "demote": lambda deed: self._rank(deed, "member"),
            "migrate": self._migrate,
            "block": self._block,
            "unblock": self._unblock,
            "repeat": self._repeat,
            "privacy": self._privacy,
        }

    def do(self, deed: Deed, name: str) -> None:
        """Do it.

        :raises CannotDo: if nobody could
        """
        outside = ("group", "join", "repeat", "privacy")
        if deed.chat.migrated_to:
            raise CannotDo(f"This group is now {deed.chat.migrated_to}")
        if name not in outside and not deed.chat.has(deed.user.id):
            raise CannotDo("This user is not in this chat")
        self.deeds[name](deed)

    def _message(self, deed: Deed) -> None:
        text, media = deed.body.get("text", ""), deed.body.get("media", "")
        if not (text or media) or len(text) > telegram_text.TEXT_MAX:
            raise CannotDo("A message has a text of 1 to 4096 characters, or media")
        if media and media not in MEDIA:
            raise CannotDo(f"Media is one of {', '.join(MEDIA)}")
        anonymous = bool(deed.body.get("anonymous"))
        if anonymous and (deed.chat.type != "supergroup" or deed.chat.status(deed.user.id) not in ADMINS):
            raise CannotDo("Only an administrator of a supergroup can be anonymous")
        self._say(
            deed,
            text=text,
            entities=telegram_text.typed(text),
            reply_to=deed.message("reply_to") if deed.body.get("reply_to") else None,
            anonymous=anonymous,
            content={media: MEDIA[media]} if media else {},
        )

    def _contact(self, deed: Deed) -> None:
        """One's own card, or that of another; a card out of an address book has no user id."""
        whose = self._world.users.get(deed.body.get("whom", deed.user.id))
        phone = deed.body.get("phone") or (whose.phone if whose else "")
        if not phone:
            raise CannotDo("Say the phone of the card")
        card = {"phone_number": phone.removeprefix("+"), "first_name": whose.name if whose else "Somebody"}
        self._say(deed, content={"contact": card | ({"user_id": whose.id} if whose else {})})

    def _edit(self, deed: Deed) -> None:
        message, text = deed.message(), deed.body.get("text", "")
        if message.sender is not deed.user or not text or not message.text:
            raise CannotDo("Only a text of one's own can be edited, into another text")
        message.text, message.entities, message.edited_at = text, telegram_text.typed(text), clock.now()
        self._world.touch(deed.chat)
        if self._hears(message):
            deed.heard(self._world.updates.put("edited_message", message.dump()))

    def _press(self, deed: Deed) -> None:
        """Press what is shown by its text; `data` presses what another's old screen may still show."""
        at, message = deed.body.get("message", 0), deed.chat.messages.get(deed.body.get("message", 0))
        rows = (message.markup or {}).get("inline_keyboard", []) if message else []
        shown = next((key for row in rows for key in row if key["text"] == deed.body.get("button")), None)
        data = deed.body.get("data") or (shown or {}).get("callback_data")
        if not data:
            raise CannotDo("There is no such button, or it only opens an address")
        gone: Json = {"chat": deed.chat.dump(), "message_id": at, "date": 0}
        query = Query(str(secrets.randbelow(10**18)), deed.user.id, deed.chat, monotonic())
        self._presses.add(query)
        facts = {"id": query.id, "from": deed.user.dump(), "message": message.dump() if message else gone}
        deed.heard(self._world.updates.put("callback_query", facts | {"chat_instance": str(-deed.chat.id), "data": data}))
        deed.facts["query"] = query.id

    def _group(self, deed: Deed) -> None:
        bot = self._world.bot
        members: dict[int, Status] = {self._world.user(each).id: "member" for each in deed.body.get("users", []) if each != bot.id}
        deed.chat = self._world.group(deed.body.get("title") or "Group", members | {deed.user.id: "creator"})
        if bot.id in deed.body.get("users", []):
            self._enter(deed, bot)

    def _join(self, deed: Deed) -> None:
        whom = self._whom(deed)
        if not deed.chat.is_group or deed.chat.has(whom.id) or (whom is not deed.user and not deed.chat.has(deed.user.id)):
            raise CannotDo("Who joins is not in the group yet; who adds another is")
        self._enter(deed, whom)
        if deed.body.get("payload") and whom is self._world.bot:  # a link with ?startgroup=
            start = f"/start@{whom.username} {deed.body['payload']}"
            self._say(deed, text=start, entities=telegram_text.typed(start))

    def _enter(self, deed: Deed, whom: User) -> None:
        deed.heard(self._world.become(deed.chat, whom, "member", by=deed.user))
        deed.heard(self._world.serve(deed.chat, deed.user, new_chat_members=[whom.dump()]))

    def _leave(self, deed: Deed) -> None:
        whom = self._whom(deed)
        if not deed.chat.is_group or not deed.chat.has(whom.id):
            raise CannotDo("Who leaves is in the group")
        if whom is not self._world.bot:
            deed.heard(self._world.become(deed.chat, whom, "left" if whom is deed.user else "kicked", by=deed.user))
        deed.heard(self._world.serve(deed.chat, deed.user, left_chat_member=whom.dump()))
        if whom is self._world.bot:
            deed.heard(self._world.become(deed.chat, whom, "kicked", by=deed.user))

    def _rank(self, deed: Deed, status: Status) -> None:
        whom = self._whom(deed)
        if not deed.chat.is_group or not deed.chat.has(whom.id) or deed.chat.status(whom.id) == "creator":
            raise CannotDo("Only a member of a group can be made an administrator, or no more one")
        deed.heard(self._world.become(deed.chat, whom, status, by=deed.user))

    def _migrate(self, deed: Deed) -> None:
        if deed.chat.type != "group":
            raise CannotDo("Only a group becomes a supergroup")
        old, new = deed.chat, self._world.supergroup(deed.chat)
        deed.heard(self._world.serve(old, deed.user, migrate_to_chat_id=new.id))
        old.migrated_to = new.id
        deed.heard(self._world.serve(new, deed.user, migrate_from_chat_id=old.id))
        deed.chat = new

    def _block(self, deed: Deed) -> None:
        if deed.chat.is_group or not deed.chat.has(self._world.bot.id):
            raise CannotDo("Only a bot that one talked to can be blocked")
        deed.heard(self._world.become(deed.chat, self._world.bot, "kicked", by=deed.user))

    def _unblock(self, deed: Deed) -> None:
        if deed.chat.is_group or deed.chat.status(self._world.bot.id) != "kicked":
            raise CannotDo("The bot is not blocked")
        deed.heard(self._world.become(deed.chat, self._world.bot, "member", by=deed.user))

    def _repeat(self, deed: Deed) -> None:
        deed.heard(self._world.updates.repeat())

    def _privacy(self, deed: Deed) -> None:
        self._world.privacy = bool(deed.body.get("on", True))

    def _say(self, deed: Deed, **facts: object) -> None:
        bot = self._world.bot
        if not deed.chat.is_group:
            if deed.chat.status(bot.id) == "kicked":
                raise CannotDo("This user blocked the bot")
            deed.chat.members[bot.id] = "member"  # whoever writes first may be written to
        message = self._world.post(deed.chat, deed.user, **facts)
        deed.facts["message"] = message.id
        if self._hears(message):
            deed.heard(self._world.updates.put("message", message.dump()))

    def _hears(self, message: Message) -> bool:
        """Say whether the bot gets this message: with privacy mode a group's only if it is meant for the bot."""
        chat, bot = message.chat, self._world.bot
        if not chat.has(bot.id):
            return False
        if not chat.is_group or not self._world.privacy or chat.status(bot.id) in ADMINS:
            return True
        words = message.text.lower().split()
        for_bot = any(word.startswith("/") and word.partition("@")[2] in ("", bot.username) for word in words[:1])
        return for_bot or f"@{bot.username}" in words or (message.reply_to is not None and message.reply_to.sender is bot)

    def _whom(self, deed: Deed) -> User:
        return self._world.users.get(deed.body["whom"]) or self._world.user(deed.body["whom"]) if "whom" in deed.body else deed.user
