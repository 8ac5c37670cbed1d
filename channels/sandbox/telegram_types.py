"""The nouns of the sandbox's Telegram, and how the Bot API writes them."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

ChatType = Literal["private", "group", "supergroup"]
Status = Literal["creator", "administrator", "member", "left", "kicked"]
ADMINS: tuple[Status, ...] = ("creator", "administrator")
PRESENT: tuple[Status, ...] = (*ADMINS, "member")
USER_ID_MAX = 2**40
MESSAGES_PER_CHAT_MAX = 500
ANSWERS_PER_CHAT_MAX = 50
ANONYMOUS_ADMIN = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
_RIGHTS = tuple(
    f"can_{each}"
    for each in (
        "manage_chat",
        "delete_messages",
        "manage_video_chats",
        "restrict_members",
        "promote_members",
        "change_info",
        "invite_users",
        "post_stories",
        "edit_stories",
        "delete_stories",
        "pin_messages",
    )
)

Json = dict[str, Any]


class ApiError(Exception):
    """What the Bot API refuses, in its own words."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.parameters = parameters

    def dump(self) -> Json:
        body: Json = {"ok": False, "error_code": self.code, "description": str(self)}
        return body | ({"parameters": self.parameters} if self.parameters else {})


@dataclass(slots=True, eq=False)
class User:
    """Somebody with an account. `phone` is what a shared contact carries."""

    id: int
    name: str
    language: str = "en"
    phone: str = ""
    is_bot: bool = False
    username: str = ""

    def dump(self) -> Json:
        facts: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.name}
        facts |= {"username": self.username} if self.username else {}
        return facts if self.is_bot else facts | {"language_code": self.language}


@dataclass(slots=True, eq=False)
class Message:
    """A message in a chat. `content` holds what else the API says of it: a photo, a contact, the fact of a service message."""

    id: int
    chat: "Chat"
    sender: User
    at: datetime
    text: str = ""
    entities: list[Json] = field(default_factory=list)
    markup: Json | None = None
    reply_to: "Message | None" = None
    edited_at: datetime | None = None
    anonymous: bool = False
    content: Json = field(default_factory=dict)

    def dump(self, *, nested: bool = False) -> Json:
        sender = ANONYMOUS_ADMIN if self.anonymous else self.sender.dump()
        facts: Json = {"message_id": self.id, "from": sender, "chat": self.chat.dump(), "date": int(self.at.timestamp())}
        if self.anonymous:
            facts["sender_chat"] = self.chat.dump()
        if self.reply_to is not None and not nested:
            facts["reply_to_message"] = self.reply_to.dump(nested=True)
        if self.edited_at is not None:
            facts["edit_date"] = int(self.edited_at.timestamp())
        if self.text:
            says, marks = ("caption", "caption_entities") if self.content else ("text", "entities")
            facts |= {says: self.text} | ({marks: self.entities} if self.entities else {})
        if self.markup is not None:
            facts["reply_markup"] = self.markup
        return facts | self.content


@dataclass(frozen=True, slots=True)
class Toast:
    """What a press was answered with: the one who pressed sees it, nobody else."""

    query: str
    user: int
    text: str
    alert: bool


@dataclass(slots=True, eq=False)
class Chat:
    """A private chat with the bot (its id is the user's) or a group. `version` rises with everything that changes what it shows."""

    id: int
    type: ChatType
    title: str
    members: dict[int, Status] = field(default_factory=dict)
    messages: OrderedDict[int, Message] = field(default_factory=OrderedDict)
    message_last: int = 0  # a supergroup numbers its own messages
    pinned: int = 0
    migrated_to: int = 0
    keyboard: list[list[Json]] = field(default_factory=list)
    answers: deque[Toast] = field(default_factory=lambda: deque(maxlen=ANSWERS_PER_CHAT_MAX))
    version: int = 0

    @property
    def is_group(self) -> bool:
        return self.type != "private"

    def status(self, user_id: int) -> Status:
        return self.members.get(user_id, "left")

    def has(self, user_id: int) -> bool:
        return self.status(user_id) in PRESENT

    def dump(self) -> Json:
        name = "title" if self.is_group else "first_name"
        return {"id": self.id, name: self.title, "type": self.type}


def member(user: User, status: Status) -> Json:
    """Say what somebody is in a chat, as a ChatMember."""
    facts: Json = {"status": status, "user": user.dump()}
    if status in ADMINS:
        facts["is_anonymous"] = False
    if status == "administrator":
        facts |= {"can_be_edited": False} | dict.fromkeys(_RIGHTS, True)
    return facts | ({"until_date": 0} if status == "kicked" else {})
