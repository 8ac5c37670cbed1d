"""Readers of what somebody typed: each gives a value or says what to do instead. Nothing is guessed where money is at stake."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from channels.words.folding import UNSHOWN, fold, fold_to_ascii
from channels.words.gsm7 import septets
from core.money import AMOUNT_MINOR_MAX, Money, exponent

REPLY_CHARACTERS_MAX: Final = 80
NAME_SEPTETS: Final = (2, 30)
_WHOLE_DIGITS_MAX: Final = 9
_KEY_CHARACTERS_MAX: Final = 8


class NotUnderstood(Exception):
    """A reply that is not what the screen asks for. `hint` is the key of the words that say what to do, `facts` are for them."""

    def __init__(self, hint: str, **facts: Any) -> None:  # noqa: ANN401 facts are whatever the hint needs
        super().__init__(hint, facts)
        self.hint = hint
        self.facts = facts


class Pin(str):
    """The digits of a PIN as typed, which never show in a log by accident. It is sealed at once and kept nowhere."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Pin(****)"

    @property
    def value(self) -> str:
        """The digits, as plain text."""
        return str.__str__(self)


# An Arabic keyboard has its own point, comma and thousands sign.
_SIGNS: Final = str.maketrans({"\u066b": ".", "\u066c": ",", "\u060c": ","})


def _plain(text: str, hint: str, **facts: Any) -> str:  # noqa: ANN401 facts are whatever the hint needs
    """Write the digits of any script as ours, typography plainly, and drop what surrounds an answer."""
    if len(text) > REPLY_CHARACTERS_MAX:
        raise NotUnderstood(hint, **facts)
    signs = (sign for sign in fold(text).translate(_SIGNS) if unicodedata.category(sign) != "Cf")
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in signs).strip(" \n\r#")


# How people write each currency, without its code; a full stop may follow.
_SPOKEN: Final = {
    "KES": ("ksh", "kshs", "sh", "shs", "shillings"),
    "TZS": ("tsh", "tshs", "sh", "shs", "shilingi"),
    "UGX": ("ush", "ushs", "sh", "shs", "shillings"),
    "RWF": ("frw", "rf"),
    "BIF": ("fbu", "f"),
    "XOF": ("fcfa", "f cfa", "cfa", "f"),
    "XAF": ("fcfa", "f cfa", "cfa", "f"),
    "CDF": ("fc",),
    "GHS": ("ghc",),
    "ETB": ("birr", "br"),
    "USD": ("$", "dollars"),
}
_TAIL: Final = re.compile(r"\s*(?:/=|/-|=/|=|\.)+$")
_GROUPED: Final = re.compile(r"(?P<whole>[1-9][0-9]{0,2}(?:(?P<mark>[, ])[0-9]{3})(?:(?P=mark)[0-9]{3})*)(?:\.(?P<part>[0-9]+))?")
_SIMPLE: Final = re.compile(r"(?P<whole>0|[1-9][0-9]*)(?:\.(?P<part>[0-9]+))?")
_THOUSANDS: Final = re.compile(r"(?P<whole>0|[1-9][0-9]*)(?:\.(?P<part>[0-9]{1,2}))? ?k")
# Points and commas in other places than ours: 1.000, 1,00, .50 each mean different things to different people.
_UNCLEAR: Final = re.compile(r"[0-9]*[.,][0-9.,]*")


def amount(text: str, currency: str) -> Money:
    """Read an amount of money: 1000, 1,000, 1 000, 1000.00, 1000/=, Ksh 1,000, 1k.

    :raises NotUnderstood: if it is none, is not above zero, is too large, too fine, or can be read in two ways
    """
    said = _without_currency(_plain(text, "hint.amount").lower(), currency)
    if times := _THOUSANDS.fullmatch(said):
        return _money(times, currency, scale=1_000)
    found = _SIMPLE.fullmatch(said)
    part = found and found["part"]
    if part and len(part) == 3:  # noqa: PLR2004 1.000 may be a thousand or one
        raise NotUnderstood("hint.amount_unclear")
    found = found or _GROUPED.fullmatch(said)
    if found is None:
        raise NotUnderstood("hint.amount_unclear" if _UNCLEAR.fullmatch(said) else "hint.amount")
    return _money(found, currency)


def _without_currency(said: str, currency: str) -> str:
    """Take away the currency's name on either side, and the signs that follow a round amount."""
    names = "|".join(map(re.escape, sorted((currency.lower(), *_SPOKEN.get(currency, ())), key=len, reverse=True)))
    said = re.sub(rf"^(?:{names})\.? *(?=[0-9])", "", said)
    said = re.sub(rf"(?<=[0-9k=/.-]) *(?:{names})\.?$", "", said)
    return _TAIL.sub("", said)


def _money(found: re.Match[str], currency: str, *, scale: int = 1) -> Money:
    whole, part = re.sub("[, ]", "", found["whole"]), found["part"] or ""
    major = Decimal(f"{whole}.{part or 0}") * scale
    if scale == 1 and len(part) > exponent(currency):
        raise NotUnderstood("hint.amount_too_fine")
    if major.scaleb(exponent(currency)) >= AMOUNT_MINOR_MAX:
        raise NotUnderstood("hint.amount_too_large")
    if not major:
        raise NotUnderstood("hint.amount")
    return Money.from_major(major, currency)


def whole(text: str, low: int, high: int) -> int:
    """Read a whole number between two others.

    :raises NotUnderstood: if it is none, or outside
    """
    said = _plain(text, "hint.number", low=low, high=high).rstrip(". ")
    if not re.fullmatch(rf"[0-9]{{1,{_WHOLE_DIGITS_MAX}}}", said) or not low <= int(said) <= high:
        raise NotUnderstood("hint.number", low=low, high=high)
    return int(said)


def pin(text: str, _facts: Mapping[str, Any] | None = None) -> Pin:
    """Read a PIN: four to six digits.

    :raises NotUnderstood: if it is none
    """
    said = text.strip(" \t\r\n#")
    if not re.fullmatch(r"[0-9]{4,6}", said):
        raise NotUnderstood("hint.pin")
    return Pin(said)


def name(text: str, _facts: Mapping[str, Any] | None = None) -> str:
    """Read the name of a person, as they spell it. Phones show it folded, so the folded name must be short and readable.

    :raises NotUnderstood: if it has no letter that a phone can show, or is too short or too long
    """
    if len(text) > REPLY_CHARACTERS_MAX:
        raise NotUnderstood("hint.name")
    # Line breaks become spaces; other controls, direction marks and halves of characters could disguise one name as another.
    spaced = "".join(" " if character.isspace() else character for character in fold(text))
    clean = "".join(character for character in spaced if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    said = unicodedata.normalize("NFC", " ".join(clean.split()).strip("# "))
    folded = fold_to_ascii(said)
    low, high = NAME_SEPTETS
    if not low <= septets(folded) <= high or len(said) > high:
        raise NotUnderstood("hint.name")
    if folded.count(UNSHOWN) > said.count(UNSHOWN) or not any(character.isalpha() for character in folded):
        raise NotUnderstood("hint.name")
    return said


def code(text: str, _facts: Mapping[str, Any] | None = None) -> str:
    """Read the code of a group, in capitals.

    :raises NotUnderstood: if no group can have it
    """
    said = _plain(text, "hint.code").strip(" .")
    # Before the capitals: some letters that are not ours have capitals that are.
    if not re.fullmatch(r"[A-Za-z0-9]{3,12}", said):
        raise NotUnderstood("hint.code")
    return said.upper()


def key(text: str) -> str:
    """Read which key is meant, in the digits of any script, with or without a point or bracket behind it."""
    return _plain(text, "").rstrip(".): ") if len(text) <= _KEY_CHARACTERS_MAX else text
