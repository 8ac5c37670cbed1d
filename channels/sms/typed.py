"""How people type: a text without its typography, and the words and numbers in it. What they mean is decided elsewhere."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from channels.words.folding import fold

# What stands between words where people have learned USSD. Not a space, lest two numbers become one.
_BREAKS: Final = frozenset("*#:;|\r\ufe0f")
_PICTURES: Final = frozenset({"So", "Sk"})
# What may surround a word or a number. No sign that changes an amount is here: 500- and (500) are not 500.
_AROUND: Final = " \n,!?\"'[]{}<>_"


def plain_text(text: str) -> str:
    """Write the digits of any script as ours and typography plainly, and drop what surrounds it all."""
    plain = "".join(map(_sign, fold(text)))
    return from_word(re.sub(r"[^\S\n]", " ", plain)).rstrip(f"{_AROUND})")


def _sign(sign: str) -> str:
    category = unicodedata.category(sign)
    if sign in _BREAKS or category in _PICTURES:
        return "\n"
    return "" if category == "Cf" else str(unicodedata.decimal(sign, sign))


def from_word(text: str) -> str:
    return re.sub(r"^[\W_]+", "", text)


# A dash or a comma that stands alone is a pause. One that touches a number may belong to it: -500, ,50.
_BEFORE: Final = re.compile(r"(?:[\s!?\"'\[\]{}<>_=]|[!?\"'\[\]{}<>_=.,()~-]+\s)*")


def to_word(text: str) -> str:
    return re.sub(r"[\W_]+$", "", text)


def trim(text: str) -> str:
    return _BEFORE.sub("", text, count=1).rstrip(_AROUND)


def says_something(text: str) -> bool:
    return any(sign.isalnum() for sign in text)


def word(text: str) -> str:
    """Write a word as the tables have it: capitals, without accents or signs."""
    apart = unicodedata.normalize("NFD", text.upper())
    return "".join(sign for sign in apart if sign.isalnum())


def phrase(text: str) -> str:
    return " ".join(map(word, text.split()))


def phrases(table: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    return frozenset(phrase(words) for of_language in table.values() for words in of_language)


_NUMBER: Final = re.compile(r"(?:(?<![^\W_])[OolI]|[0-9])[0-9OolI]*(?:[.,][0-9OolI]+)*")
_SLIPS: Final = str.maketrans("OolI", "0011")


def digits(text: str) -> str:
    """Write the letters that stand for digits as digits, in numbers that have a digit already."""
    return _NUMBER.sub(lambda number: number[0].translate(_SLIPS) if re.search("[0-9]", number[0]) else number[0], text)


def money_signs(text: str) -> str:
    """Give the signs of a currency that touch a keyword: they belong to the amount, which may be in another currency."""
    return "".join(sign for sign in text if unicodedata.category(sign) == "Sc")
