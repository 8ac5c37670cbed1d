"""Make a screen's text fit the phone: 160 septets with the gateway's prefix, paged between lines, never cut within one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from channels.menus.machine import Hint, Place, choices_of
from channels.menus.screens import Screen, holds, words_of
from channels.words.catalogue import say
from channels.words.gsm7 import septets

USSD_SEPTETS_MAX: Final = 160
_PREFIX: Final = septets("CON ")
_HINT_ROOM: Final = septets("Choose 1-99, 98, 0.\n")


@dataclass(frozen=True, slots=True)
class Page:
    """What the phone shows, and of how many pages it is one."""

    text: str
    pages: int


def render(screen: Screen, place: Place, *, language: str, hint: Hint | None, ended: bool) -> Page:
    """Compose a screen in a language: hint, text, list, choices; the asides and the way back where there is room for them."""
    facts = {**place.answers, **place.shown}
    head = [] if hint is None else say(language, hint.key, **{**facts, **hint.facts}).split("\n")
    body = say(language, words_of(screen, facts), **facts).split("\n") + _lines(screen.lines, facts, language)
    rest = [*_rows(screen, facts, language), *_choices(screen, facts, language)]
    asides = _lines(screen.asides, facts, language)
    while asides and _size([*head, *body, *asides, *rest]) > USSD_SEPTETS_MAX:
        asides.pop()
    if hint and hint.spare and _size([*head, *body, *rest]) > USSD_SEPTETS_MAX:
        head = []
    back = [] if ended or not screen.back else [f"0 {say(language, 'choice.back')}"]
    return _fit(head, [*body, *asides, *rest], back, page=place.page, more=f"98 {say(language, 'choice.more')}")


def _lines(lines: tuple[tuple[str, str], ...], facts: Mapping[str, Any], language: str) -> list[str]:
    return [say(language, key, **facts) for fact, key in lines if holds(facts, fact)]


def _rows(screen: Screen, facts: Mapping[str, Any], language: str) -> list[str]:
    key = f"{screen.name}.row"
    if screen.pick:
        return [f"{n} {say(language, key, **row)}" for n, row in enumerate(facts[screen.pick.rows], start=1)]
    return [say(language, key, **row) for row in facts[screen.rows]] if screen.rows else []


def _choices(screen: Screen, facts: Mapping[str, Any], language: str) -> list[str]:
    return [f"{choice.digit} {say(language, f'choice.{choice.key}', **facts)}" for choice in choices_of(screen, facts)]


def _size(lines: list[str]) -> int:
    return _PREFIX + septets("\n".join(lines))


def _fit(head: list[str], lines: list[str], back: list[str], *, page: int, more: str) -> Page:
    """Put the lines on one page, or on as many as it takes; the way back goes last, and goes first if there is no room.

    Pages keep room for a hint, so that a row stands on the same page with one in front as without.
    """
    for whole in ([*head, *lines, *back], [*head, *lines]):
        if _size(whole) <= USSD_SEPTETS_MAX:
            return Page("\n".join(whole), 1)
    room = USSD_SEPTETS_MAX - max(_HINT_ROOM, _size(head) - _PREFIX + 1)
    pages: list[list[str]] = [[]]
    for line in _wrapped(lines, room=room - _size([more]) - 1):
        if pages[-1] and _size([*pages[-1], line, more]) > room:
            pages.append([])
        pages[-1].append(line)
    if _size([*pages[-1], *back]) <= room:
        pages[-1].extend(back)
    shown = min(page, len(pages) - 1)
    last = shown == len(pages) - 1
    return Page("\n".join([*head, *pages[shown], *([] if last else [more])]), len(pages))


def _wrapped(lines: list[str], *, room: int) -> list[str]:
    """Break a line that is longer than a page between its words."""
    short: list[str] = []
    for line in lines:
        held = ""
        for word in line.split(" "):
            longer = f"{held} {word}" if held else word
            if septets(longer) > room:
                short.append(held)
                longer = word
            held = longer
        short.append(held)
    return short
