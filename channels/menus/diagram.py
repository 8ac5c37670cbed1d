"""The menus drawn: every screen with its English words, and every way on. `python -m channels.menus.diagram` writes docs/menus.md."""

from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Final, cast

from channels.menus.book import NODES
from channels.menus.machine import exits
from channels.menus.screens import Node, Route, Screen, words_of
from channels.words.catalogue import FALLBACK, UnknownKeyError, text_of

PAGE: Final = Path(__file__).parents[2] / "docs" / "menus.md"
_HEAD: Final = """\
# The menus

Every screen of the phone and every way from one to another, drawn from `channels/menus/`. Written by
`python -m channels.menus.diagram`; a test fails when it is stale.

A box is a screen with its English words, a diamond a fork that nobody sees: the first fact that holds says where to go. A
way is named by the choice, by `answered` (a reply that is not a choice), `picked` (a row of a list), `done` (a command that
was carried out) or `refused` and the code of a refusal that leads on; any other refusal ends the session with its reason.
`00` goes to the root menu from every screen, and is drawn only where it leads elsewhere.
"""
_ENTRANCE: Final = {"start": "dial", "help": "three replies that nobody understood", "refused": "a refusal that leads nowhere else"}


def _slug(name: str) -> str:
    return name.replace(".", "_")


# Of a screen that has several words, those about this.
_FOR_EXAMPLE: Final = {"resume": "save.confirm", "code": "role.not_allowed", "agree": True, "kind": "loan", "of": "saved"}


def _words(screen: Screen) -> str:
    try:
        words = text_of(FALLBACK, words_of(screen, _FOR_EXAMPLE))
    except UnknownKeyError:
        return ""
    choices = (f"{choice.digit} {text_of(FALLBACK, f'choice.{choice.key}')}" for choice in screen.choices)
    return "<br>".join((*words.split("\n"), *choices))


def _label(text: str) -> str:
    """Write a text so that Mermaid takes it for words."""
    return text.replace('"', "'").replace("#", "#35;").replace(":", "#58;").replace(";#", "; #")


def _states() -> Iterator[str]:
    for node in NODES.values():
        if isinstance(node, Route):
            yield f"    state {_slug(node.name)} <<choice>>"
        else:
            words = _words(node)
            title = f"<b>{node.name}</b>" + (f"<br>{words}" if words else "")
            yield f'    state "{_label(title)}" as {_slug(node.name)}'


def _ways(node: Node) -> Iterator[str]:
    for trigger, dest in exits(node):
        if trigger == "home" and dest == "home":
            continue
        yield f"    {_slug(node.name)} --> {_slug(dest)}: {trigger}"
    if isinstance(node, Screen) and node.ends:
        yield f"    {_slug(node.name)} --> [*]"


def _chart() -> Iterator[str]:
    yield "stateDiagram-v2"
    yield "    direction LR"
    yield from _states()
    for name, why in _ENTRANCE.items():
        yield f"    [*] --> {_slug(name)}: {why}"
    for node in NODES.values():
        yield from _ways(node)


def _table() -> Iterator[str]:
    yield "| screen | words | asks the house | goes to |"
    yield "|---|---|---|---|"
    for node in NODES.values():
        words = f"`{_words(node)}`".replace("<br>", "` · `") if isinstance(node, Screen) and _words(node) else "(nobody sees it)"
        asked = f"`{cast('FunctionType', node.build).__name__}`" if isinstance(node, Screen) and node.build else ""
        ways = ", ".join(f"{trigger} → `{dest}`" for trigger, dest in exits(node) if (trigger, dest) != ("home", "home")) or "the end"
        yield f"| `{node.name}` | {words} | {asked} | {ways} |"


def page() -> str:
    """Write the whole page."""
    lines = (_HEAD, "```mermaid", *_chart(), "```", "", "## The same as a table", "", *_table())
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
