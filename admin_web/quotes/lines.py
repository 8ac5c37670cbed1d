"""How every quote talks: one JSON object a line in, one out, an `error` where the line is refused."""

import codecs
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import click

from core.refusal import Refused

Answer = Callable[["Asked"], dict[str, Any]]


class NotJson(Refused):
    """The line is not one JSON object."""

    code = "quote.not_json"


class Missing(Refused):
    """Something that the quote needs is not in the line."""

    code = "quote.missing"


class WrongType(Refused):
    """Something in the line is of another type than it must be."""

    code = "quote.wrong_type"


class Asked:
    """What one line asks."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = members

    def text(self, name: str) -> str:
        """Give a text that must be there.

        :raises Missing: if it is not
        :raises WrongType: if it is no text
        """
        if name not in self._members:
            raise Missing(member=name)
        value = self._members[name]
        if not isinstance(value, str):
            raise WrongType(member=name, wanted="string")
        return value

    def flag(self, name: str) -> bool:
        """Give a truth value; false if it is not there.

        :raises WrongType: if it is no truth value
        """
        value = self._members.get(name, False)
        if not isinstance(value, bool):
            raise WrongType(member=name, wanted="true or false")
        return value


def line_command(name: str, *, answer: Answer, about: str, example: str) -> click.Command:
    """Make the command of one kind of quote. It ends with 0 once each line has its answer, refused ones too."""

    def run() -> None:
        for line in answers(sys.stdin.buffer, answer):
            click.echo(line)

    return click.Command(name, callback=run, help=about, epilog=f"\b\nExample:\n  {example}")


def answers(lines: Iterable[bytes], answer: Answer) -> Iterator[str]:
    """Answer line by line."""
    for line in lines:
        try:
            answered = answer(_asked(line))
        except Refused as refusal:
            answered = {"error": {"code": refusal.code, "message": _message(refusal)}}
        yield json.dumps(answered)


def _asked(line: bytes) -> Asked:
    try:
        members = json.loads(line.removeprefix(codecs.BOM_UTF8).decode())
    except (ValueError, RecursionError):
        # Neither the line nor the parser's complaint is repeated: who asks has the line.
        raise NotJson from None
    if not isinstance(members, dict):
        raise NotJson
    return Asked(members)


def _message(refusal: Refused) -> str:
    """Say a refusal to whoever scripts this: what its class says of itself, and its facts."""
    about = (refusal.__doc__ or refusal.code).partition("\n")[0].rstrip(".")
    facts = ", ".join(f"{name}: {fact}" for name, fact in refusal.facts.items())
    return f"{about} ({facts})" if facts else about
