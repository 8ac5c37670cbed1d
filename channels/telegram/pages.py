"""A screen as Telegram shows it: its words as HTML, its choices as buttons under them, a long list page by page.

A button carries `<version>:<conversation>:<turn>:<key>`: what it would type, and to which screen.
"""

import html
import json
from dataclasses import dataclass
from typing import Any, Final

from channels.conversations import Conversation
from channels.menus.machine import BACK, HOME, MORE, Hint, choices_of
from channels.menus.render import Page
from channels.menus.screens import Screen, holds, words_of
from channels.words.catalogue import say

CHANNEL: Final = "telegram"
VERSION: Final = "1"
DATA_BYTES_MAX: Final = 64
TEXT_MAX: Final = 4_096
ROWS_A_PAGE: Final = 10
_SHORT: Final = 14  # two labels of so many characters stand side by side on the smallest phones
# On a phone that is one person's there is nobody else to speak as.
HIDDEN: Final = frozenset({"another_person"})
Buttons = list[list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a button stands for."""

    session: str
    turn: int
    key: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A message: HTML, and rows of buttons, each a label and its data."""

    text: str
    buttons: Buttons

    def kept(self) -> str:
        """Write it as a conversation keeps it."""
        return json.dumps([self.text, self.buttons], ensure_ascii=False)


def shown_from(kept: str) -> Shown:
    """Read what `Shown.kept` wrote."""
    text, buttons = json.loads(kept)
    return Shown(text, [[(label, data) for label, data in row] for row in buttons])


def plain(language: str, key: str, **facts: Any) -> Shown:  # noqa: ANN401 facts are whatever the sentence needs
    """Say something without any button."""
    return Shown(html.escape(say(language, key, channel=CHANNEL, **facts), quote=False), [])


def read_data(data: str) -> Pressed | None:
    """Read a button's data; None for one of another version, or of nobody's."""
    parts = data.split(":")
    if len(parts) != 4 or parts[0] != VERSION or not parts[2].isascii() or not parts[2].isdigit() or len(parts[2]) > 9:  # noqa: PLR2004 see the module
        return None
    return Pressed(parts[1], int(parts[2]), parts[3])


def data_of(conversation: Conversation, key: str) -> str:
    """Write the data of a button on the screen that the turn in hand leads to."""
    data = f"{VERSION}:{conversation.session}:{conversation.turn + 1}:{key}"
    assert len(data.encode()) <= DATA_BYTES_MAX, data
    return data


def render(screen: Screen, conversation: Conversation, *, hint: Hint | None, service_code: str) -> Page:
    """Compose a screen. One that asks for a PIN says where it is given: not here."""
    language, facts = conversation.language, {**conversation.answers, **conversation.shown}

    def speak(key: str, **more: Any) -> str:  # noqa: ANN401 as `say` has it
        return html.escape(say(language, key, channel=CHANNEL, **{**facts, **more}), quote=False)

    head = [] if hint is None else [f"<b>{speak(hint.key, **hint.facts)}</b>"]
    if screen.secret:
        body = [speak("pin.dial", dial=service_code)]
    else:
        body = [speak(words_of(screen, facts)), *(speak(key) for fact, key in (*screen.lines, *screen.asides) if holds(facts, fact))]
    listed = screen.pick.rows if screen.pick else screen.rows
    rows = facts[listed] if listed else []
    pages = max(1, -(-len(rows) // ROWS_A_PAGE))
    page = min(conversation.page, pages - 1)
    here = list(enumerate(rows, start=1))[page * ROWS_A_PAGE : (page + 1) * ROWS_A_PAGE]
    if not screen.pick:
        body += [speak(f"{screen.name}.row", **row) for _, row in here]
    buttons: Buttons = []
    if screen.pick:
        buttons += [[(say(language, f"{screen.name}.row", channel=CHANNEL, **row), data_of(conversation, str(n)))] for n, row in here]
    buttons += _paired(
        [(say(language, f"choice.{c.key}", channel=CHANNEL, **facts), data_of(conversation, c.digit)) for c in _choices(screen, facts)]
    )
    ways = _ways(screen, conversation, more=page + 1 < pages, paged=page > 0)
    buttons.append([(say(language, f"choice.{word}", channel=CHANNEL), data_of(conversation, key)) for word, key in ways])
    return Page(Shown("\n".join([*head, *body])[:TEXT_MAX], [row for row in buttons if row]).kept(), pages)


def _choices(screen: Screen, facts: dict[str, Any]) -> list[Any]:
    return [choice for choice in choices_of(screen, facts) if choice.key not in HIDDEN]


def _ways(screen: Screen, conversation: Conversation, *, more: bool, paged: bool) -> list[tuple[str, str]]:
    """Name the ways out that every screen has: back, the next page, the root menu."""
    if conversation.ended:
        return [("menu", HOME)]
    back = [("back", BACK)] if screen.back or paged else []
    return [*back, *([("more", MORE)] if more else []), *([] if screen.name == "home" else [("menu", HOME)])]


def _paired(buttons: list[tuple[str, str]]) -> Buttons:
    """Put short labels side by side, two in a row."""
    rows: Buttons = []
    for label, data in buttons:
        if rows and len(rows[-1]) == 1 and max(len(label), len(rows[-1][0][0])) <= _SHORT:
            rows[-1].append((label, data))
        else:
            rows.append([(label, data)])
    return rows
