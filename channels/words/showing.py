"""How a fact shows itself in a sentence."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from channels.words.dates import phone_date, phone_moment
from channels.words.folding import fold_to_ascii, fold_to_gsm7
from channels.words.money import phone_money
from core.money import Money

# The fact, named by core, that says where a group lives.
TIMEZONE: Final = "timezone"
# How far a text is folded: a dialog is ASCII, an SMS keeps the accents of its alphabet, anything else all.
_FOLDS: Final[Mapping[str, Callable[[str], str]]] = {"ussd": fold_to_ascii, "sms": fold_to_gsm7}

_Shower = Callable[[Any, str, str, Mapping[str, Any]], str]


def _text(fact: str, _language: str, channel: str, _facts: Mapping[str, Any]) -> str:
    return _FOLDS.get(channel, str)(fact)


def _whole(fact: int, _language: str, _channel: str, _facts: Mapping[str, Any]) -> str:
    return str(fact)


def _number(fact: Decimal, _language: str, _channel: str, _facts: Mapping[str, Any]) -> str:
    plain = f"{fact:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _money(fact: Money, _language: str, _channel: str, _facts: Mapping[str, Any]) -> str:
    return phone_money(fact)


def _day(fact: date, _language: str, _channel: str, _facts: Mapping[str, Any]) -> str:
    return phone_date(fact)


def _moment(fact: datetime, language: str, _channel: str, facts: Mapping[str, Any]) -> str:
    zone = facts.get(TIMEZONE)
    return phone_moment(fact, language, ZoneInfo(zone) if zone else None)


# The exact type decides: a truth value is no number, and a PIN, a list or nothing at all has no place in a sentence.
_SHOWERS: Final[Mapping[type, _Shower]] = {
    str: _text,
    int: _whole,
    Decimal: _number,
    Money: _money,
    date: _day,
    datetime: _moment,
}


def shown(fact: Any, language: str, channel: str, facts: Mapping[str, Any]) -> str:  # noqa: ANN401 a fact is one of many types
    """Show a fact in a language on a channel; on a phone a text is folded to what it can show. `facts` are its fellows."""
    shower = _SHOWERS.get(type(fact))
    assert shower is not None, f"a {type(fact).__name__} has no place in a sentence"
    return shower(fact, language, channel, facts)
