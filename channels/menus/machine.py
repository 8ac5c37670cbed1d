"""The one machine that all menus share: which screen follows, given a reply. No I/O, no clock, no words."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from transitions import Machine

from channels.menus import replies
from channels.menus.book import NODES
from channels.menus.replies import NotUnderstood
from channels.menus.screens import Choice, Facts, Node, Route, Screen, holds
from core.commands import Secret

STRIKES_MAX: Final = 3
BACK, HOME, MORE = "0", "00", "98"
# The fact under which the renderer leaves how many pages the screen has.
PAGES: Final = "pages"


class Place(Protocol):
    """Where a conversation stands, as far as the machine is concerned."""

    screen: str
    answers: dict[str, Any]
    shown: dict[str, Any]
    page: int
    strikes: int


@dataclass(frozen=True, slots=True)
class Hint:
    """What stands in front of a screen: a key of the catalogue, and its facts.

    It is why the screen is shown again, or what was just done; the latter is `spare`, left out where there is no room.
    """

    key: str
    facts: Facts = field(default_factory=dict)
    spare: bool = False


def _moves() -> Iterator[dict[str, str]]:
    for node in NODES.values():
        for trigger, dest in exits(node):
            yield {"trigger": trigger, "source": node.name, "dest": dest}


def exits(node: Node) -> list[tuple[str, str]]:
    """Name every way out of a node: trigger and destination."""
    if isinstance(node, Route):
        return [*((f"if {fact}", dest) for fact, dest in node.to), ("otherwise", node.otherwise)]
    ways = [(choice.key, choice.goto) for choice in node.choices]
    if node.pick:
        ways.append(("picked", node.pick.goto))
    if node.goto:
        ways.append(("answered", node.goto))
    if node.after:
        ways.append(("done", node.after))
    if node.onward:
        ways.append(("onward", node.onward))
    ways.extend((f"refused {code}", dest) for code, dest in node.refused)
    if not node.ends or node.choices:
        ways.append(("home", node.home))
        if node.back:
            ways.append(("back", node.back))
    return ways


# It would say every move twice, at a level that is meant for what happened to somebody.
logging.getLogger("transitions").setLevel(logging.WARNING)

# One machine for everybody, which says whether the menus hang together; it has no callbacks, so a move is read off its
# table: to trigger it would be a tenth of a hop.
_MACHINE: Final = Machine(model=None, states=list(NODES), transitions=list(_moves()), initial="start", auto_transitions=False, queued=False)
_WAYS: Final[Mapping[tuple[str, str], str]] = {
    (source, event.name): str(way.dest) for event in _MACHINE.events.values() for source, (way,) in event.transitions.items()
}


def go(place: Place, trigger: str) -> None:
    """Move along a way that the screen has; its page is the first again."""
    place.screen, place.page = _WAYS[place.screen, trigger], 0
    if NODES[place.screen].begins:
        place.answers = {}


def has(place: Place, trigger: str) -> bool:
    """Say whether the screen has this way out."""
    return any(name == trigger for name, _ in exits(NODES[place.screen]))


def choices_of(screen: Screen, facts: Facts) -> list[Choice]:
    """The choices that are there, given the facts."""
    return [choice for choice in screen.choices if choice.when is None or holds(facts, choice.when)]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a reply did: moved on (with a PIN, where the screen asked for one), turned a page, or not understood (a hint)."""

    hint: Hint | None = None
    pin: Secret | None = None
    paged: bool = False
    gave_up: bool = False


def take(place: Place, reply: str, *, seal: Callable[[str], Secret]) -> Taken:
    """Read a reply and move. A reply that is not understood leaves everything as it was, but for the strikes.

    `seal` closes a PIN as soon as it is read.
    """
    screen = NODES[place.screen]
    assert isinstance(screen, Screen), "a conversation rests on a screen"
    said = reply.strip().rstrip("#").strip()
    pressed = replies.key(said)
    if _turned_page(place, pressed):
        place.strikes = 0
        return Taken(paged=True)
    try:
        pin = None if _pressed(place, screen, pressed) else _answer(place, screen, said, seal)
    except NotUnderstood as why:
        place.strikes += 1
        return Taken(hint=Hint(why.hint, why.facts), gave_up=place.strikes >= STRIKES_MAX)
    place.strikes = 0
    return Taken(pin=pin)


def _turned_page(place: Place, pressed: str) -> bool:
    if pressed == MORE and _more_pages(place):
        place.page += 1
    elif pressed == BACK and place.page:
        place.page -= 1
    else:
        return False
    return True


def _more_pages(place: Place) -> bool:
    return place.page + 1 < int(place.shown.get(PAGES, 1))


def _pressed(place: Place, screen: Screen, pressed: str) -> bool:
    """Move where a key leads, if it is one of this screen's."""
    chosen = next((choice for choice in choices_of(screen, place.shown) if choice.digit == pressed), None)
    if pressed == HOME:
        go(place, "home")
    elif pressed == BACK and screen.back:
        go(place, "back")
    elif chosen:
        go(place, chosen.key)
        if chosen.sets:
            place.answers[chosen.sets[0]] = chosen.sets[1]
    elif screen.pick and pressed in _rows(place, screen):
        place.answers[screen.pick.answer] = place.shown[screen.pick.rows][int(pressed) - 1]["id"]
        go(place, "picked")
    else:
        return False
    return True


def _rows(place: Place, screen: Screen) -> list[str]:
    """The numbers of the rows to choose from."""
    return [str(n) for n, _ in enumerate(place.shown[screen.pick.rows], start=1)] if screen.pick else []


def _answer(place: Place, screen: Screen, said: str, seal: Callable[[str], Secret]) -> Secret | None:
    """Keep what was answered and move on; a PIN is given back sealed."""
    if screen.ask is None:
        raise NotUnderstood("hint.choice", digits=", ".join(_keys(place, screen)))
    assert screen.accept is not None, f"{screen.name} asks, so it accepts"
    value = screen.accept(said, {**place.answers, **place.shown})
    if not screen.secret:
        place.answers[screen.ask] = value
        go(place, "answered")
        return None
    sealed = seal(value)
    if screen.ask == "pin":
        go(place, "answered")
        return sealed
    if screen.same_as and place.answers.get(screen.same_as) != sealed.value:
        raise NotUnderstood("hint.pins_differ")
    place.answers[screen.ask] = sealed.value
    go(place, "answered")
    return None


def _keys(place: Place, screen: Screen) -> list[str]:
    """Name the keys that lead somewhere from here."""
    rows = _rows(place, screen)
    listed = [f"1-{len(rows)}"] if len(rows) > 1 else rows
    more = [MORE] if _more_pages(place) else []
    back = [BACK] if screen.back or place.page else []
    return [*listed, *(choice.digit for choice in choices_of(screen, place.shown)), *more, *back]


def nodes() -> Mapping[str, Node]:
    """Every node of every menu, by name."""
    return NODES
