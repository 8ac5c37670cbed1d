"""Facts at rest: how the facts of a message, a command or a receipt are kept as JSON and come back as what they were."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import NoneType
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from core.money import Money

# A kept value that JSON does not know is an object with one member, whose name begins with the mark.
_MARK: Final = "$"


@dataclass(frozen=True, slots=True)
class Word:
    """A fact that every language has its own word for: the key of that word in the catalogues."""

    key: str


def dump(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Give facts as JSON: a Money becomes {"$money": [50000, "KES"]}, likewise $date, $at, $decimal, $id and $word."""
    return {_name(name): _dumped(fact) for name, fact in facts.items()}


def load(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Give facts back from what `dump` made. A list comes back as a list, whatever it was."""
    return {name: _loaded(value) for name, value in kept.items()}


@lru_cache(maxsize=1_024)  # names are our own words
def _name(name: str) -> str:
    assert not name.startswith(_MARK), f"{name} reads like a mark"
    return _text(name)


def _dumped(fact: Any) -> Any:  # noqa: ANN401 a fact is one of many types
    # The exact type decides: a PIN above all has no way to be kept.
    if dumper := _DUMPERS.get(type(fact)):
        return dumper(fact)
    if isinstance(fact, Enum):
        return _dumped(fact.value)
    raise TypeError(f"a {type(fact).__name__} is no fact to be kept")


def _text(text: str) -> str:
    """Write U+FFFD for what PostgreSQL's JSON cannot hold: NUL, and halves of characters."""
    if "\0" not in text and (text.isascii() or _is_whole(text)):
        return str(text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _moment(at: datetime) -> str:
    """Write a moment with its offset, and its zone where it has one (RFC 9557): 2026-11-28T14:00:00+03:00[Africa/Nairobi]."""
    assert at.tzinfo is not None, "a moment has a time zone"
    if isinstance(at.tzinfo, ZoneInfo) and at.tzinfo.key not in {None, "UTC"}:
        return f"{at.isoformat()}[{at.tzinfo.key}]"
    return at.astimezone(UTC).isoformat()


def _at(kept: str) -> datetime:
    stamp, _, zone = kept.rstrip("]").partition("[")
    at = datetime.fromisoformat(stamp)
    return at.astimezone(ZoneInfo(zone)) if zone else at


def _loaded(value: Any) -> Any:  # noqa: ANN401 a kept value is one of many types
    if isinstance(value, list):
        return [_loaded(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((mark, kept),) = value.items()
        if mark in _LOADERS:
            return _LOADERS[mark](kept)
    return load(value)


_DUMPERS: Final[Mapping[type, Callable[[Any], Any]]] = {
    NoneType: lambda _: None,
    bool: bool,
    int: int,
    str: _text,
    dict: dump,
    list: lambda fact: [_dumped(each) for each in fact],
    tuple: lambda fact: [_dumped(each) for each in fact],
    Money: lambda fact: {"$money": [fact.minor, fact.currency]},
    datetime: lambda fact: {"$at": _moment(fact)},
    date: lambda fact: {"$date": fact.isoformat()},
    Decimal: lambda fact: {"$decimal": str(fact)},
    UUID: lambda fact: {"$id": str(fact)},
    Word: lambda fact: {"$word": fact.key},
}
_LOADERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "$money": lambda kept: Money(*kept),
    "$at": _at,
    "$date": date.fromisoformat,
    "$decimal": Decimal,
    "$id": UUID,
    "$word": Word,
}
