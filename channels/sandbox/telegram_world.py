"""Who and what is on the sandbox's Telegram: the bot, the people, their chats."""

from collections.abc import Iterable
from itertools import count
from threading import RLock

from channels.sandbox.options import Person
from channels.sandbox.telegram_types import (
    MESSAGES_PER_CHAT_MAX,
    USER_ID_MAX,
    ApiError,
    Chat,
    Json,
    Message,
    Status,
    User,
    member,
)
from channels.sandbox.telegram_updates import Updates
from core import clock

BOT_NAME = "Pamoja"
BOT_USERNAME = "pamoja_demo_bot"
# Beyond 32 bits, as those of new accounts and groups really are; the same in every run, so that a house may keep them.
FIRST_PERSON = 5_384_770_001
FIRST_GROUP = -4_384_770_001
SUPERGROUP = -1_000_000_000_000
EPOCH = 1_760_000_000
OTHERS = "Others"


class World:
    """All of it, behind one lock. What is unknown to the bot answers as Telegram does."""

    def __init__(self, *, token: str, people: Iterable[Person], updates: Updates) -> None:
        self.lock = RLock()
        self.updates = updates
        self.privacy = True  # in groups the bot hears only what is meant for it
        self.bot = User(int(token.partition(":")[0]), BOT_NAME, is_bot=True, username=BOT_USERNAME)
        self.users: dict[int, User] = {self.bot.id: self.bot}
        self.chats: dict[int, Chat] = {}
        # Numbers go on from one run to the next: a house that remembers a message must not meet another under its number.
        started = int(clock.now().timestamp()) - EPOCH
        self._message_ids, self._supergroups, self._versions = count(started), count(started), count(1)
        self._groups = count(started)
        self._seed(people)

    def user(self, user_id: int, *, name: str = "", language: str = "en", phone: str = "") -> User:
        """The account of this id, made when it is first named, with its private chat; the bot is no stranger's to be.

        :raises ValueError: if no account can have this id
        """
        if not 0 < user_id < USER_ID_MAX:
            raise ValueError("A user's id is positive and below 2^40")
        if user_id not in self.users:
            self.users[user_id] = User(user_id, name or f"User {user_id}", language, phone)
            self._add(Chat(user_id, "private", self.users[user_id].name, {user_id: "member"}))
        return self.users[user_id]

    def group(self, title: str, members: dict[int, Status], *, chat_id: int = 0) -> Chat:
        return self._add(Chat(chat_id or FIRST_GROUP - 1_000 - next(self._groups), "group", title, members))

    def supergroup(self, of: Chat) -> Chat:
        """Open the supergroup that a group becomes."""
        return self._add(Chat(SUPERGROUP - 1_000_000_000 - next(self._supergroups), "supergroup", of.title, dict(of.members)))

    def reachable(self, chat_id: int) -> Chat:
        """The chat where the bot may speak.

        :raises ApiError: if there is none, it moved, or the bot is not welcome
        """
        chat = self.chats.get(chat_id)
        if chat is None or (self.bot.id not in chat.members and not self._met(chat)):
            raise ApiError(400, "Bad Request: chat not found")
        if chat.migrated_to:
            raise ApiError(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
        status = chat.status(self.bot.id)
        if status == "kicked":
            raise ApiError(
                403, f"Forbidden: bot was kicked from the {chat.type} chat" if chat.is_group else "Forbidden: bot was blocked by the user"
            )
        if status == "left":
            never = "Forbidden: bot can't initiate conversation with a user"
            raise ApiError(403, f"Forbidden: bot is not a member of the {chat.type} chat" if chat.is_group else never)
        return chat

    def post(self, chat: Chat, sender: User, **facts: object) -> Message:
        """Put a message into a chat; the oldest is forgotten beyond the limit."""
        if chat.type == "supergroup":
            chat.message_last += 1
        else:
            chat.message_last = next(self._message_ids)
        message = Message(chat.message_last, chat, sender, clock.now(), **facts)  # type: ignore[arg-type]  # the fields of a message
        chat.messages[message.id] = message
        while len(chat.messages) > MESSAGES_PER_CHAT_MAX:
            chat.messages.popitem(last=False)
        self.touch(chat)
        return message

    def serve(self, chat: Chat, sender: User, **content: object) -> int | None:
        """Post a service message; the bot hears every one of a chat it is in."""
        message = self.post(chat, sender, content=content)
        return self.updates.put("message", message.dump()) if chat.has(self.bot.id) else None

    def become(self, chat: Chat, user: User, status: Status, *, by: User) -> int | None:
        """Change what somebody is in a chat, and tell the bot what it may know of it."""
        before = chat.status(user.id)
        chat.members[user.id] = status
        self.touch(chat)
        change: Json = {
            "chat": chat.dump(),
            "from": by.dump(),
            "date": int(clock.now().timestamp()),
            "old_chat_member": member(user, before),
            "new_chat_member": member(user, status),
        }
        if user is self.bot:
            return self.updates.put("my_chat_member", change)
        return self.updates.put("chat_member", change) if chat.status(self.bot.id) == "administrator" else None

    def touch(self, chat: Chat) -> None:
        chat.version = next(self._versions)

    def _met(self, chat: Chat) -> bool:
        return not chat.is_group and any(each.is_group and each.has(self.bot.id) and each.has(chat.id) for each in self.chats.values())

    def _add(self, chat: Chat) -> Chat:
        self.chats[chat.id] = chat
        self.touch(chat)
        return chat

    def _seed(self, people: Iterable[Person]) -> None:
        groups: dict[str, dict[int, Status]] = {}
        for number, person in enumerate(people):
            user = self.user(FIRST_PERSON + number, name=person.name, language=person.language, phone=person.phone)
            if person.group != OTHERS:
                groups.setdefault(person.group, {})[user.id] = "creator" if person.role == "chair" else "member"
        for number, (title, members) in enumerate(groups.items()):
            self.group(title, members, chat_id=FIRST_GROUP - number)
