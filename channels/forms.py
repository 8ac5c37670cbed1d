"""The forms that gateways post: read strictly, so that what is kept is what was sent."""

from typing import Final
from urllib.parse import unquote_to_bytes

FIELDS_MAX: Final = 20


class BadRequest(Exception):
    """The form is not the gateway's."""


def read_form(body: bytes) -> dict[str, str]:
    """Read a form strictly: UTF-8, each field once.

    :raises BadRequest: if it is not such a form
    """
    try:
        pairs = [pair.partition("=") for pair in body.decode("ascii").split("&") if pair]
        form = {_unquoted(name): _unquoted(value) for name, _, value in pairs}
    except UnicodeError as error:
        raise BadRequest from error
    if len(form) != len(pairs) or len(pairs) > FIELDS_MAX:
        raise BadRequest
    return form


def _unquoted(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode() if "%" in text or "+" in text else text
