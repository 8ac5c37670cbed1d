"""Texts as the Bot API reads them: HTML in, plain text and its entities out, counted in UTF-16 as Telegram counts."""

import html
import re

from channels.sandbox.telegram_types import ApiError, Json

TEXT_MAX = 4_096
CAPTION_MAX = 1_024
_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_PIECE = re.compile(r"<(?P<end>/?)(?P<name>[^\s>/]*)(?P<facts>[^>]*)>|(?P<open><)|(?P<text>[^<]+)")
_HREF = re.compile(r"""href\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))""")
_NAMED = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
_TYPED = re.compile(r"(?:^|(?<=\s))(?:(?P<command>/\w{1,64}(?:@\w{3,32})?)|(?P<mention>@\w{3,32}))")


def units(text: str) -> int:
    """Count as Telegram does: a character outside the basic plane is two."""
    return len(text.encode("utf-16-le")) // 2


def read(text: str, *, parse_mode: str, entities: list[Json], characters_max: int = TEXT_MAX) -> tuple[str, list[Json]]:
    """Read what a bot wants to say.

    :raises ApiError: if it is too long, or its HTML is not well formed
    """
    match parse_mode.lower():
        case "":
            plain, found = text.rstrip(), entities
        case "html":
            plain, found = _read_html(text)
        case _:  # we write HTML alone; the older marks are not played here
            raise ApiError(400, "Bad Request: unsupported parse_mode")
    if len(plain) > characters_max:
        what = "message" if characters_max == TEXT_MAX else "message caption"
        raise ApiError(400, f"Bad Request: {what} is too long")
    return plain, found


def typed(text: str) -> list[Json]:
    """Find the commands and mentions in what a person typed."""
    return [
        {"type": "bot_command" if hit["command"] else "mention", "offset": units(text[: hit.start()]), "length": units(hit[0])}
        for hit in _TYPED.finditer(text)
    ]


def _read_html(text: str) -> tuple[str, list[Json]]:
    plain, open_tags, found = "", list[tuple[str, int, Json]](), list[Json]()
    for piece in _PIECE.finditer(text):
        at = len(text[: piece.start()].encode())
        if piece["text"] is not None:
            plain += _NAMED.sub(lambda hit: html.unescape(hit[0]), piece["text"])
            continue
        if piece["open"] is not None:
            raise _unparsable(f"Unclosed start tag at byte offset {at}")
        name = piece["name"].lower()
        if not piece["end"]:
            open_tags.append((name, units(plain), _entity(name, piece["facts"], at)))
            continue
        if not open_tags:
            raise _unparsable(f"Unexpected end tag at byte offset {at}")
        expected, offset, entity = open_tags.pop()
        if name not in ("", expected):
            raise _unparsable(f'Unmatched end tag at byte offset {at}, expected "</{expected}>", found "</{name}>"')
        if (length := units(plain) - offset) > 0:
            found.append({"type": entity["type"], "offset": offset, "length": length} | entity)
    if open_tags:
        name, offset, _ = open_tags[-1]
        raise _unparsable(f'Can\'t find end tag corresponding to start tag "{name}"')
    return plain.rstrip(), sorted(found, key=lambda each: (each["offset"], -each["length"]))


def _entity(name: str, facts: str, at: int) -> Json:
    if name not in _TAGS or (name == "span" and "tg-spoiler" not in facts):
        raise _unparsable(f'Unsupported start tag "{name}" at byte offset {at}')
    href = _HREF.search(facts) if name == "a" else None
    return {"type": _TAGS[name]} | ({"url": html.unescape(next(filter(None, href.groups()), ""))} if href else {})


def _unparsable(why: str) -> ApiError:
    return ApiError(400, f"Bad Request: can't parse entities: {why}")
