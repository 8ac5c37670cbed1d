"""The parameters of one call to the Bot API, however they came: a form, a form with files, JSON, the query of a GET."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import WSGIEnvironment

from werkzeug.formparser import FormDataParser

from channels.sandbox.telegram_types import ApiError, Json

BODY_BYTES_MAX = 11_000_000  # a photo has ten megabytes at most
BUTTON_BYTES_MAX = 64


class Params:
    """Parameters by name. Each reader says what it refuses in the Bot API's words."""

    def __init__(self, values: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> None:
        self._values = values
        self.files = files or {}

    def text(self, name: str) -> str:
        value = self._values.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def whole(self, name: str, default: int = 0) -> int:
        try:
            return int(self._values.get(name, default))
        except (TypeError, ValueError):
            raise ApiError(400, f"Bad Request: invalid {name} specified") from None

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("true", "1", "yes")

    def parsed(self, name: str) -> Any:  # noqa: ANN401 whatever the JSON is
        """What a parameter that is JSON holds; None where there is none."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise ApiError(400, f"Bad Request: can't parse {name.replace('_', ' ')} JSON object") from None

    def listed(self, name: str) -> list[Any] | None:
        value = self.parsed(name)
        return value if isinstance(value, list) else None

    def chat_id(self) -> int:
        text = self.text("chat_id")
        if not text:
            raise ApiError(400, "Bad Request: chat_id is empty")
        try:
            return int(text)
        except ValueError:
            raise ApiError(400, "Bad Request: chat not found") from None

    def reply_to(self) -> int:
        facts = self.parsed("reply_parameters")
        return int(facts.get("message_id", 0)) if isinstance(facts, dict) else self.whole("reply_to_message_id")

    def inline_keyboard(self) -> Json | None:
        """The buttons under a message; None where there are none."""
        markup = self.parsed("reply_markup")
        rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
        kept = [row for row in rows or [] if row]
        for button in (button for row in kept for button in row):
            _check(button)
        return {"inline_keyboard": kept} if kept else None


def _check(button: object) -> None:
    if not isinstance(button, dict) or not button.get("text"):
        raise ApiError(400, 'Bad Request: can\'t parse inline keyboard button: Field "text" must be of type String')
    data = button.get("callback_data")
    if data is None and not button.get("url"):
        raise ApiError(400, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if data is not None and not 1 <= len(str(data).encode()) <= BUTTON_BYTES_MAX:
        raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")


def read(environ: WSGIEnvironment) -> Params:
    """Read them from a request.

    :raises ApiError: if it is too large, or what it says of itself is not so
    """
    query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"], keep_blank_values=True).items()}
    length, kind = int(environ.get("CONTENT_LENGTH") or 0), environ.get("CONTENT_TYPE", "").partition(";")[0]
    if length > BODY_BYTES_MAX:
        raise ApiError(413, "Request Entity Too Large")
    body = environ["wsgi.input"]
    if kind == "multipart/form-data":
        _, form, files = FormDataParser().parse_from_environ(environ)
        read = {name: file.read() for name, file in files.items()}
        for file in files.values():
            file.close()
        return Params(query | form.to_dict(), read)
    text = body.read(length).decode(errors="replace")
    if kind == "application/json":
        try:
            given = json.loads(text or "{}")
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise ApiError(400, "Bad Request: can't parse JSON object")
        return Params(query | given)
    return Params(query | {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()})
