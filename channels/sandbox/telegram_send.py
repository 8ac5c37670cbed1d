"""What the bot says: send, edit, delete, pin, and the answer to a press."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from time import monotonic

from channels.sandbox import telegram_text
from channels.sandbox.faults import Faults
from channels.sandbox.telegram_limits import Limits
from channels.sandbox.telegram_params import Params
from channels.sandbox.telegram_types import ADMINS, ApiError, Chat, Json, Message, Toast
from channels.sandbox.telegram_world import World
from core import clock

ANSWER_MAX = 200
PHOTO_BYTES_MAX = 10_000_000
PHOTOS_MAX = 100
QUERIES_MAX = 20_000
_SAME = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Query:
    """A press that waits for its answer."""

    id: str
    user: int
    chat: Chat
    at: float


@dataclass(slots=True)
class Presses:
    """The presses of late, each answered once."""

    _waiting: OrderedDict[str, Query] = field(default_factory=OrderedDict)

    def add(self, query: Query) -> None:
        self._waiting[query.id] = query
        if len(self._waiting) > QUERIES_MAX:
            self._waiting.popitem(last=False)

    def take(self, query_id: str, *, seconds_max: int) -> Query:
        query = self._waiting.pop(query_id, None)
        if query is None or monotonic() - query.at > seconds_max:
            raise ApiError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        return query


class Sender:
    """The methods that change what a chat shows. The world's lock is held."""

    def __init__(self, world: World, *, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._limits = Limits(faults)
        self.presses = Presses()
        self.photos: OrderedDict[str, bytes] = OrderedDict()

    def send_message(self, params: Params) -> Json:
        chat = self._world.reachable(params.chat_id())
        text, entities = _read(params, "text")
        if not text:
            raise ApiError(400, "Bad Request: message text is empty")
        return self._say(chat, params, text=text, entities=entities)

    def send_photo(self, params: Params) -> Json:
        chat = self._world.reachable(params.chat_id())
        text, entities = _read(params, "caption")
        file_id, width, height = self._photo(params)
        size = {"file_id": file_id, "file_unique_id": file_id[:16], "width": width, "height": height}
        return self._say(chat, params, text=text, entities=entities, content={"photo": [size]})

    def edit_text(self, params: Params) -> Json:
        message = self._own(params)
        text, entities = _read(params, "text")
        if not text:
            raise ApiError(400, "Bad Request: message text is empty")
        if message.content:
            raise ApiError(400, "Bad Request: there is no text in the message to edit")
        return self._edit(message, text, entities, params.inline_keyboard())

    def edit_markup(self, params: Params) -> Json:
        message = self._own(params)
        return self._edit(message, message.text, message.entities, params.inline_keyboard())

    def delete(self, params: Params) -> bool:
        chat = self._world.reachable(params.chat_id())
        message = chat.messages.get(params.whole("message_id"))
        if message is None:
            raise ApiError(400, "Bad Request: message to delete not found")
        bot = self._world.bot
        if chat.is_group and message.sender is not bot and chat.status(bot.id) not in ADMINS:
            raise ApiError(400, "Bad Request: message can't be deleted")
        del chat.messages[message.id]
        chat.pinned = 0 if chat.pinned == message.id else chat.pinned
        self._world.touch(chat)
        return True

    def pin(self, params: Params) -> bool:
        chat = self._pinnable(params)
        message = chat.messages.get(params.whole("message_id"))
        if message is None:
            raise ApiError(400, "Bad Request: message to pin not found")
        if chat.pinned != message.id:
            chat.pinned = message.id
            self._world.serve(chat, self._world.bot, pinned_message=message.dump(nested=True))
        return True

    def unpin(self, params: Params) -> bool:
        chat = self._pinnable(params)
        if not chat.pinned:
            raise ApiError(400, "Bad Request: message to unpin not found")
        chat.pinned = 0
        self._world.touch(chat)
        return True

    def answer(self, params: Params) -> bool:
        text = params.text("text")
        if len(text) > ANSWER_MAX:
            raise ApiError(400, "Bad Request: MESSAGE_TOO_LONG")
        query = self.presses.take(params.text("callback_query_id"), seconds_max=self._faults.telegram.query_seconds)
        query.chat.answers.append(Toast(query.id, query.user, text, params.flag("show_alert")))
        self._world.touch(query.chat)
        return True

    def _say(self, chat: Chat, params: Params, **facts: object) -> Json:
        markup, reply_to = params.inline_keyboard(), params.reply_to()
        keys = _keyboard(params, chat)
        answered = chat.messages.get(reply_to)
        if reply_to and answered is None and not (params.parsed("reply_parameters") or {}).get("allow_sending_without_reply"):
            raise ApiError(400, "Bad Request: message to be replied not found")
        self._limits.take(chat)
        if keys is not None:
            chat.keyboard = keys
        return self._world.post(chat, self._world.bot, markup=markup, reply_to=answered, **facts).dump()

    def _edit(self, message: Message, text: str, entities: list[Json], markup: Json | None) -> Json:
        if (text, entities, markup) == (message.text, message.entities, message.markup):
            raise ApiError(400, _SAME)
        self._limits.take(message.chat)
        message.text, message.entities, message.markup, message.edited_at = text, entities, markup, clock.now()
        self._world.touch(message.chat)
        return message.dump()

    def _own(self, params: Params) -> Message:
        chat = self._world.reachable(params.chat_id())
        message = chat.messages.get(params.whole("message_id"))
        if message is None:
            raise ApiError(400, "Bad Request: message to edit not found")
        if message.sender is not self._world.bot:
            raise ApiError(400, "Bad Request: message can't be edited")
        return message

    def _pinnable(self, params: Params) -> Chat:
        chat = self._world.reachable(params.chat_id())
        if chat.is_group and chat.status(self._world.bot.id) not in ADMINS:
            raise ApiError(400, "Bad Request: not enough rights to manage pinned messages in the chat")
        return chat

    def _photo(self, params: Params) -> tuple[str, int, int]:
        named = params.text("photo").removeprefix("attach://")
        data = params.files.get("photo") or params.files.get(named)
        if data is None and named in self.photos:
            data = self.photos[named]
        if not data:
            raise ApiError(400, "Bad Request: there is no photo in the request")
        if len(data) > PHOTO_BYTES_MAX or not data.startswith((_PNG, b"\xff\xd8")):
            raise ApiError(400, "Bad Request: IMAGE_PROCESS_FAILED")
        file_id = hashlib.sha256(data).hexdigest()
        self.photos[file_id] = data
        if len(self.photos) > PHOTOS_MAX:
            self.photos.popitem(last=False)
        png = data.startswith(_PNG)
        return file_id, int.from_bytes(data[16:20]) if png else 0, int.from_bytes(data[20:24]) if png else 0


def _read(params: Params, name: str) -> tuple[str, list[Json]]:
    longest = telegram_text.TEXT_MAX if name == "text" else telegram_text.CAPTION_MAX
    given = params.listed("entities" if name == "text" else "caption_entities") or []
    return telegram_text.read(params.text(name), parse_mode=params.text("parse_mode"), entities=given, characters_max=longest)


def _keyboard(params: Params, chat: Chat) -> list[list[Json]] | None:
    """The keys below the field to type in; [] takes them away, None leaves them."""
    markup = params.parsed("reply_markup")
    if not isinstance(markup, dict) or not {"keyboard", "remove_keyboard"} & set(markup):
        return None
    rows = [[key if isinstance(key, dict) else {"text": str(key)} for key in row] for row in markup.get("keyboard", [])]
    if chat.is_group and any(key.get("request_contact") for row in rows for key in row):
        raise ApiError(400, "Bad Request: phone number can be requested in private chats only")
    return rows
