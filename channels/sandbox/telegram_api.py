"""The sandbox's Telegram for scripts and for the page: what a chat shows, and what people do there."""

from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest, NotFound

from channels.sandbox import guard
from channels.sandbox.sandbox import Sandbox
from channels.sandbox.telegram_actions import Actions, CannotDo, Deed
from channels.sandbox.telegram_types import USER_ID_MAX, Chat, Json, Message, User
from channels.sandbox.telegram_world import World

SHOWN_MAX = 100  # messages of one chat, for whoever asks about all
_PERSON = {"id": int, "name": str, "language": str, "phone": str}
_FIELDS: dict[str, type] = {
    "do": str,
    "chat": int,
    "text": str,
    "media": str,
    "reply_to": int,
    "anonymous": bool,
    "message": int,
    "button": str,
    "data": str,
    "whom": int,
    "phone": str,
    "payload": str,
    "title": str,
    "users": list,
    "on": bool,
}


def blueprint(sandbox: Sandbox) -> Blueprint:
    """Make the routes under /api/telegram."""
    routes = Blueprint("telegram", __name__, url_prefix="/api/telegram")
    guard.put_on(routes)
    world = sandbox.telegram.world
    actions = Actions(world, sandbox.telegram.sender.presses)

    @routes.get("/chats")
    def chats() -> Response:
        after = request.args.get("after", default=0, type=int)
        with world.lock:
            changed = [_chat(world, each, most=SHOWN_MAX) for each in world.chats.values() if each.version > after]
            version = max((each.version for each in world.chats.values()), default=0)
            users = [_user(world, each) for each in world.users.values() if not each.is_bot]
        bot = {"id": world.bot.id, "name": world.bot.name, "username": world.bot.username, "privacy": world.privacy}
        return jsonify(boot=sandbox.boot, version=version, bot=bot, users=users if changed else [], chats=changed)

    @routes.get("/chats/<int(signed=True):chat_id>")
    def chat(chat_id: int) -> Response:
        with world.lock:
            found = world.chats.get(chat_id)
            if found is None:
                raise NotFound("There is no such chat")
            return jsonify(_chat(world, found))

    @routes.post("/updates")
    def act() -> tuple[Response, int]:
        body = _body(request.get_json(force=True))
        with world.lock:
            try:
                deed = _deed(world, body)
                if body["do"] not in actions.deeds:
                    raise CannotDo(f"What is done is one of {', '.join(actions.deeds)}")
                actions.do(deed, body["do"])
            except ValueError as cannot:
                raise BadRequest(str(cannot)) from cannot
        return jsonify({"updates": deed.updates, "chat": deed.chat.id} | deed.facts), 201

    @routes.get("/photos/<photo>")
    def picture(photo: str) -> Response:
        with world.lock:
            data = sandbox.telegram.sender.photos.get(photo)
        if data is None:
            raise NotFound("There is no such photo")
        return Response(data, mimetype="image/png" if data.startswith(b"\x89PNG") else "image/jpeg")

    return routes


def _body(given: object) -> Json:
    fields = _FIELDS | {"user": int | dict}
    if not isinstance(given, dict) or not {"do", "user"} <= set(given) <= set(fields):
        raise BadRequest(f"The body is a JSON object with do and user, and of {', '.join(fields)} what is needed")
    for name, value in given.items():
        if not isinstance(value, fields[name]) or (isinstance(value, bool) and fields[name] is not bool):
            raise BadRequest(f"{name} cannot be {value!r}")
    if not all(isinstance(each, int) for each in given.get("users", [])):
        raise BadRequest("users are ids")
    return given


def _deed(world: World, body: Json) -> Deed:
    user = _person(world, body["user"])
    chat = world.chats.get(body.get("chat", user.id))
    if chat is None:
        raise CannotDo("There is no such chat")
    return Deed(user, chat, body)


def _person(world: World, given: int | Json) -> User:
    facts: Json = {"id": given} if isinstance(given, int) else given
    if not set(facts) <= set(_PERSON) or not all(isinstance(value, _PERSON[name]) for name, value in facts.items()):
        raise CannotDo(f"A user is an id, or an object of {', '.join(_PERSON)}")
    if facts.get("id", 0) == world.bot.id:
        raise CannotDo("The bot does what its program does")
    if not 0 < facts.get("id", 0) < USER_ID_MAX:
        raise CannotDo("A user's id is positive and below 2^40")
    more = {name: value for name, value in facts.items() if name != "id"}
    return world.user(facts["id"], **more)


def _user(world: World, user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "language": user.language,
        "phone": user.phone,
        "bot": world.chats[user.id].status(world.bot.id),
    }


def _chat(world: World, chat: Chat, *, most: int = 0) -> Json:
    messages = list(chat.messages.values())[-most:]
    return {
        "id": chat.id,
        "type": chat.type,
        "title": chat.title,
        "bot": chat.status(world.bot.id),
        "members": [{"id": each, "name": world.users[each].name, "status": status} for each, status in chat.members.items()],
        "pinned": chat.pinned,
        "migrated_to": chat.migrated_to,
        "keyboard": chat.keyboard,
        "messages": [_message(each) for each in messages],
        "answers": [{"query": each.query, "user": each.user, "text": each.text, "alert": each.alert} for each in chat.answers],
        "version": chat.version,
    }


def _message(message: Message) -> Json:
    sender: dict[str, Any] = {"id": message.sender.id, "name": message.sender.name, "bot": message.sender.is_bot}
    return {
        "id": message.id,
        "from": sender | ({"anonymous": True} if message.anonymous else {}),
        "at": message.at.isoformat(),
        "text": message.text,
        "entities": message.entities,
        "edited": message.edited_at is not None,
        "reply_to": message.reply_to.id if message.reply_to else 0,
        "buttons": [[_button(each) for each in row] for row in (message.markup or {}).get("inline_keyboard", [])],
        **message.content,
    }


def _button(button: Json) -> Json:
    return {"text": button["text"], "data": button.get("callback_data", ""), "url": button.get("url", "")}
