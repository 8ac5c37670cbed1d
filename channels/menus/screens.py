"""The vocabulary of menus. A menu is a file of `Screen`s; code enters at `accept` and `build` only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from core.commands import Command, Secret
from core.ids import CommandId

Facts = Mapping[str, Any]
# Reads a reply, given the facts that the screen showed; raises NotUnderstood with a hint.
Accept = Callable[[str, Facts], Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, where and when: what every command of a turn carries."""

    id: CommandId
    at: datetime
    channel: str
    phone: str
    group_id: int
    person_id: int | None
    language: str
    pin: Secret | None
    pin_given: bool

    def envelope(self, *, pin: bool = False) -> dict[str, Any]:
        """The fields that every command has; the PIN only where it is needed."""
        base = {"id": self.id, "at": self.at, "channel": self.channel, "group_id": self.group_id, "actor_id": self.person_id}
        return base | ({"pin": self.pin, "pin_given": self.pin_given and self.pin is None} if pin else {})


class Build(Protocol):
    """Makes the command of a screen from the answers that led to it and the facts last shown."""

    def __call__(self, answers: Facts, asking: Asking, /) -> Command: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a menu: the digit, the key (its words, and its button elsewhere), where it leads.

    `sets` is kept among the answers; `when` names a fact that must hold (`not help`: must not) for the line to be there.
    """

    digit: str
    key: str
    goto: str
    sets: tuple[str, Any] | None = None
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    """A list to choose from: the fact that holds the rows, the answer that the chosen row's id becomes."""

    rows: str
    answer: str
    goto: str


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: its words are the catalogue's, under its name, or under `words`.

    `about` names a fact that tells several words apart: they are under that key and the fact (`inbox.join.done.yes`).
    """

    name: str
    words: str | None = None
    about: str | None = None
    # Its facts: the name of a look-up that is made on the way in. Without one, the facts of the screen before stay.
    shows: str | None = None
    # Lines that are there if their fact holds (fact, key), and a list (each row in the words `<name>.row`). Asides are
    # lines that go where the page has no room for them.
    lines: tuple[tuple[str, str], ...] = ()
    asides: tuple[tuple[str, str], ...] = ()
    rows: str | None = None
    # What may be replied: a choice, a row of a list, or an answer that is kept under the name of `ask`. A screen that
    # asks may have choices too, on keys that are no answer.
    choices: tuple[Choice, ...] = ()
    pick: Pick | None = None
    ask: str | None = None
    accept: Accept | None = None
    goto: str | None = None
    # A PIN is asked for: it is sealed at once. The answer `pin` lives for this turn only; any other (a new PIN) is kept
    # sealed, and must be `same_as` another one where that is named. `once` skips it where it was given in this session.
    secret: bool = False
    same_as: str | None = None
    once: bool = False
    # Where a dialled string stops and must be answered by hand (a secret screen stops it too).
    confirm: bool = False
    back: str | None = "home"
    home: str = "home"
    # On the way in: the command, where its refusals and the look-up's lead (by code; others end the session), where its
    # receipt leads.
    build: Build | None = None
    refused: tuple[tuple[str, str], ...] = ()
    after: str | None = None
    # A route to what comes next, if anything does: then that is shown, with the words of this screen in front.
    onward: str | None = None
    # The session ends here, unless a choice is there.
    ends: bool = False
    # Everything answered before is forgotten here.
    begins: bool = False
    # A session that broke off here is offered again (words: `resume.<name>`).
    resumes: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """A fork without words: the first fact of its look-up that holds says where to go."""

    name: str
    shows: str
    to: tuple[tuple[str, str], ...]
    otherwise: str
    begins: bool = False


Node = Screen | Route


def holds(facts: Facts, name: str) -> bool:
    """Say whether a fact holds; `not help` holds where `help` does not."""
    return not facts.get(name.removeprefix("not ")) if name.startswith("not ") else bool(facts.get(name))


def words_of(screen: Screen, facts: Facts) -> str:
    """Name the key of a screen's words, which may hang on what it is about."""
    key = screen.words or screen.name
    if screen.about is None:
        return key
    told = facts[screen.about]
    return f"{key}.{_TOLD.get(told, told)}"


_TOLD: Final[Mapping[Any, str]] = {True: "yes", False: "no"}
