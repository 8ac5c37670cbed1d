"""Conversations as text, line by line.

ussd +254700000001          the handset that speaks now; with `sms` (or `sms MTN`, a sender with a name) its lines are text messages
> *384*77#                  dial; any other text is a reply
< Welcome | 1 Save          the screen, line by line
<. Saved.                   the same, and the session is over
~ You saved KES 500.        an SMS in this handset's inbox, awaited
~                           no SMS comes that was not read yet
x                           hang up
# a remark                  `{*}` stands for anything within one line of the screen; typed, for what it stood for last
"""

import re
from dataclasses import dataclass
from difflib import ndiff
from enum import StrEnum

from channels.sandbox.options import phone_of

JOINED = " | "
ANYTHING = "{*}"
_WITHIN_A_LINE = r"(?:(?! \| ).)+?"
_SENDER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,10}")
_DIALLED = re.compile(r"\*[\d*]*\d#")


class Kind(StrEnum):
    """What a line is."""

    NOTE = "note"
    USSD = "ussd"
    SMS = "sms"
    INPUT = "input"
    SCREEN = "screen"
    MESSAGE = "message"
    HANGUP = "hangup"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `text` is what its mark is followed by."""

    number: int
    kind: Kind
    raw: str
    text: str = ""

    @property
    def dials(self) -> bool:
        return self.kind is Kind.INPUT and _DIALLED.fullmatch(self.text) is not None


class BadTranscript(ValueError):
    """A line that no transcript has, or that has no sense where it stands."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where it went otherwise."""

    line: int
    expected: str
    actual: str

    def __str__(self) -> str:
        expected, actual = (side.split(JOINED) for side in (self.expected, self.actual))
        actual = actual if self.actual else ["(nothing came)"]
        parts = (part.rstrip() for part in ndiff(expected, actual) if not part.startswith("?"))
        return "\n".join((f"line {self.line}: expected -, came +", *parts))


def read(source: str) -> list[Line]:
    """Read a transcript.

    :raises BadTranscript: at the first line that is none
    """
    return [_line(number, raw.rstrip()) for number, raw in enumerate(source.splitlines(), 1)]


def join(text: str) -> str:
    """Write a screen on one line."""
    return JOINED.join(text.split("\n")).rstrip()


def stood_for(expected: str, actual: str) -> tuple[str, ...] | None:
    """Compare an expectation with a line: what each `{*}`, which may be anything, stands for; None if it does not fit."""
    pattern = f"({_WITHIN_A_LINE})".join(re.escape(part) for part in expected.split(ANYTHING))
    found = re.fullmatch(pattern, actual)
    return None if found is None else found.groups()


def _line(number: int, raw: str) -> Line:
    mark, _, text = raw.partition(" ")
    if not mark or mark.startswith("#"):
        return Line(number, Kind.NOTE, raw)
    if mark in (Kind.USSD, Kind.SMS):
        # What follows the number (a language) is for the reader.
        who = text.partition(" ")[0]
        phone = who if mark == Kind.SMS and _SENDER_NAME.fullmatch(who) else phone_of(who)
        if phone is None:
            raise BadTranscript(number, f"{mark} wants a number such as +254700000001")
        return Line(number, Kind(mark), raw, phone)
    kinds = {">": Kind.INPUT, "<": Kind.SCREEN, "<.": Kind.SCREEN, "~": Kind.MESSAGE, "x": Kind.HANGUP}
    if mark not in kinds:
        raise BadTranscript(number, f"{mark!r} is not a mark: use ussd, sms, >, <, <., ~, x or #")
    return Line(number, kinds[mark], raw, raw if kinds[mark] is Kind.SCREEN else text)
