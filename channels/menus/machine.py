"""The one machine that all menus share: which screen follows, given a reply. No I/O, no clock, no words."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from transitions import Machine

from channels.menus.book import NODES
from channels.menus.replies import NotUnderstood
from channels.menus.screens import Choice, Facts, Node, Route, Screen
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
    """Why the screen is shown again: a key of the catalogue, and its facts."""

    key: str
    facts: Facts = field(default_factory=dict)


@dataclass(slots=True)
class _Token:
    """What `transitions` moves: it needs an object with a state, and nothing else."""

    state: str


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
    ways.extend((f"refused {code}", dest) for code, dest in node.refused)
    if not node.ends:
        ways.append(("home", node.home))
        if node.back:
            ways.append(("back", node.back))
    return ways


# It would say every move twice, at a level that is meant for what happened to somebody.
logging.getLogger("transitions").setLevel(logging.WARNING)

# One machine for everybody, never a model of its own: 6 us a move, and nothing to leak (auto_transitions and queued
# would cost both).
_MACHINE: Final = Machine(model=None, states=list(NODES), transitions=list(_moves()), initial="start", auto_transitions=False, queued=False)


def go(place: Place, trigger: str) -> None:
    """Move along a way that the screen has; its page is the first again."""
    token = _Token(place.screen)
    _MACHINE.events[trigger].trigger(token)
    place.screen, place.page = token.state, 0
    if NODES[place.screen].begins:
        place.answers = {}


def has(place: Place, trigger: str) -> bool:
    """Say whether the screen has this way out."""
    return any(name == trigger for name, _ in exits(NODES[place.screen]))


def choices_of(screen: Screen, facts: Facts) -> list[Choice]:
    """The choices that are there, given the facts."""
    return [choice for choice in screen.choices if choice.when is None or facts.get(choice.when)]


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
    if _turned_page(place, said):
        place.strikes = 0
        return Taken(paged=True)
    try:
        pin = _move(place, screen, said, seal)
    except NotUnderstood as why:
        place.strikes += 1
        return Taken(hint=Hint(why.hint, why.facts), gave_up=place.strikes >= STRIKES_MAX)
    place.strikes = 0
    return Taken(pin=pin)


def _turned_page(place: Place, said: str) -> bool:
    if said == MORE and place.page + 1 < place.shown.get(PAGES, 1):
        place.page += 1
    elif said == BACK and place.page:
        place.page -= 1
    else:
        return False
    return True


def _move(place: Place, screen: Screen, said: str, seal: Callable[[str], Secret]) -> Secret | None:
    if said == HOME:
        go(place, "home")
    elif said == BACK and screen.back:
        go(place, "back")
    elif screen.ask:
        return _answer(place, screen, said, seal)
    elif screen.pick and said.isdecimal() and 1 <= int(said) <= len(place.shown[screen.pick.rows]):
        place.answers[screen.pick.answer] = place.shown[screen.pick.rows][int(said) - 1]["id"]
        go(place, "picked")
    else:
        _choose(place, screen, said)
    return None


def _answer(place: Place, screen: Screen, said: str, seal: Callable[[str], Secret]) -> Secret | None:
    assert screen.accept is not None, f"{screen.name} asks, so it accepts"
    assert screen.ask is not None
    value = screen.accept(said, {**place.shown, **place.answers})
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


def _choose(place: Place, screen: Screen, said: str) -> None:
    there = choices_of(screen, place.shown)
    for choice in there:
        if choice.digit == said:
            go(place, choice.key)
            if choice.sets:
                name, value = choice.sets
                place.answers[name] = value
            return
    rows = len(place.shown[screen.pick.rows]) if screen.pick else 0
    listed = [f"1-{rows}" if rows > 1 else "1"] if rows else []
    raise NotUnderstood("hint.choice", digits=", ".join([*listed, *(choice.digit for choice in there)]) or BACK)


def nodes() -> Mapping[str, Node]:
    """Every node of every menu, by name."""
    return NODES
