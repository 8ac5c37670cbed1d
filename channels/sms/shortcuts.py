"""Where an SMS command enters the menus, and what it presses there: a shortcut into the same screens, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from channels.sms.grammar import Said

# A screen, and what is pressed on it; where the menus lead elsewhere, nothing is pressed, and that screen is the answer.
Presses = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """The screen that a command begins on, and its presses."""

    start: str
    presses: Callable[[Said], Presses] = lambda _said: ()


def _amount(said: Said) -> str:
    assert said.amount is not None, f"{said.command} has an amount"
    return str(said.amount.major)


def _loan(said: Said) -> Presses:
    months = (("loan.months", str(said.months)), ("loan.confirm", "1")) if said.months is not None else ()
    return (("loan.amount", _amount(said)), *months)


_ANSWER: Final = {"yes": "1", "no": "2", "maybe": "3"}
_LANGUAGE: Final = {"en": "1", "sw": "2", "fr": "3"}

SHORTCUTS: Final[Mapping[str, Shortcut]] = {
    "save": Shortcut("save.amount", lambda said: (("save.amount", _amount(said)), ("save.confirm", "1"))),
    "loan": Shortcut("loan", _loan),
    "repay": Shortcut("repay.amount", lambda said: (("repay.amount", _amount(said)), ("repay.confirm", "1"))),
    "rsvp": Shortcut("meeting", lambda said: (("meeting", _ANSWER[said.answer or "maybe"]),)),
    "group": Shortcut("group"),
    "lang": Shortcut("more.language", lambda said: (("more.language", _LANGUAGE[said.language]),) if said.language else ()),
}
# What is private is read on the member's own handset only; what makes a secret is done where a PIN can be asked for.
READ: Final = frozenset({"balance", "statement"})
DIALLED: Final = frozenset({"link"})
