"""Folding: writing a text so that every phone can show it."""

import unicodedata
from functools import lru_cache
from typing import Final

from channels.words.gsm7 import is_gsm7

# Typography that says nothing which plain signs do not say.
_TYPOGRAPHY: Final = (
    ("'", "\u2018\u2019\u201a\u201b\u2032\u2035\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u00b4\u0060\u275b\u275c"),
    ('"', "\u201c\u201d\u201e\u201f\u2033\u2036\u02ba\u02ee\u00ab\u00bb\u275d\u275e\u301d\u301e"),
    ("<", "\u2039\u2329\u27e8"),
    (">", "\u203a\u232a\u27e9"),
    ("-", "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u00b7\u2022\ufe58\ufe63"),
    ("/", "\u2044\u2215"),
    ("x", "\u00d7"),
    ("...", "\u2026"),
    ("..", "\u2025"),
    ("!!", "\u203c"),
    ("ff", "\ufb00"),
    ("fi", "\ufb01"),
    ("fl", "\ufb02"),
    ("ffi", "\ufb03"),
    ("ffl", "\ufb04"),
    (" ", "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"),
    ("\n", "\u0085\u2028\u2029\v"),
    ("", "\u00ad\u200b\u2060\ufeff"),  # without any width: soft hyphen, zero width space, word joiner, byte order mark
)
# Direction marks say nothing in a text that is all Latin; an Arabic one may need them.
_DIRECTIONS: Final = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_FULL_WIDTH: Final = {0xFF01 + n: chr(0x21 + n) for n in range(94)}
_FOLDS: Final = {ord(sign): plain for plain, signs in _TYPOGRAPHY for sign in signs} | _FULL_WIDTH

# Letters that Unicode does not take apart, as the people who own the names write them on a phone.
_LETTERS: Final = {
    "\N{LATIN SMALL LETTER ENG}": "ng'",
    "\N{LATIN CAPITAL LETTER ENG}": "Ng'",
    "\N{LATIN SMALL LETTER B WITH HOOK}": "b",
    "\N{LATIN CAPITAL LETTER B WITH HOOK}": "B",
    "\N{LATIN SMALL LETTER D WITH HOOK}": "d",
    "\N{LATIN CAPITAL LETTER D WITH HOOK}": "D",
    "\N{LATIN SMALL LETTER D WITH TAIL}": "d",
    "\N{LATIN CAPITAL LETTER AFRICAN D}": "D",
    "\N{LATIN SMALL LETTER K WITH HOOK}": "k",
    "\N{LATIN CAPITAL LETTER K WITH HOOK}": "K",
    "\N{LATIN SMALL LETTER Y WITH HOOK}": "y",
    "\N{LATIN CAPITAL LETTER Y WITH HOOK}": "Y",
    "\N{LATIN SMALL LETTER F WITH HOOK}": "f",
    "\N{LATIN CAPITAL LETTER F WITH HOOK}": "F",
    "\N{LATIN SMALL LETTER V WITH HOOK}": "v",
    "\N{LATIN CAPITAL LETTER V WITH HOOK}": "V",
    "\N{LATIN SMALL LETTER GAMMA}": "gh",
    "\N{LATIN CAPITAL LETTER GAMMA}": "Gh",
    "\N{LATIN SMALL LETTER OPEN E}": "e",
    "\N{LATIN CAPITAL LETTER OPEN E}": "E",
    "\N{LATIN SMALL LETTER OPEN O}": "o",
    "\N{LATIN CAPITAL LETTER OPEN O}": "O",
    "\N{LATIN SMALL LETTER SCHWA}": "e",
    "\N{LATIN CAPITAL LETTER SCHWA}": "E",
    "\N{LATIN SMALL LETTER EZH}": "zh",
    "\N{LATIN CAPITAL LETTER EZH}": "Zh",
    "\N{LATIN SMALL LIGATURE OE}": "oe",
    "\N{LATIN CAPITAL LIGATURE OE}": "Oe",
    "\N{LATIN SMALL LETTER L WITH STROKE}": "l",
    "\N{LATIN CAPITAL LETTER L WITH STROKE}": "L",
    "\N{LATIN SMALL LETTER D WITH STROKE}": "d",
    "\N{LATIN CAPITAL LETTER D WITH STROKE}": "D",
    "\N{LATIN SMALL LETTER I WITH STROKE}": "i",
    "\N{LATIN CAPITAL LETTER I WITH STROKE}": "I",
    "\N{LATIN SMALL LETTER U BAR}": "u",
    "\N{LATIN CAPITAL LETTER U BAR}": "U",
    "\N{LATIN SMALL LETTER ETH}": "d",
    "\N{LATIN CAPITAL LETTER ETH}": "D",
    "\N{LATIN SMALL LETTER THORN}": "th",
    "\N{LATIN CAPITAL LETTER THORN}": "Th",
    "\N{LATIN SMALL LETTER H WITH STROKE}": "h",
    "\N{LATIN CAPITAL LETTER H WITH STROKE}": "H",
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    "\N{LATIN CAPITAL LETTER SHARP S}": "SS",
    "\N{LATIN LETTER RETROFLEX CLICK}": "!",
    "\N{NAIRA SIGN}": "N",
    "\N{CEDI SIGN}": "GHS",
}
UNSHOWN: Final = "?"
# What GSM-7 has beyond ASCII, where it is more than a letter with an accent.
_PLAIN: Final = {
    "\N{LATIN CAPITAL LETTER AE}": "Ae",
    "\N{LATIN SMALL LETTER AE}": "ae",
    "\N{LATIN CAPITAL LETTER O WITH STROKE}": "O",
    "\N{LATIN SMALL LETTER O WITH STROKE}": "o",
    "\N{LATIN SMALL LETTER SHARP S}": "ss",
    "\N{EURO SIGN}": "EUR",
    "\N{POUND SIGN}": "GBP",
    "\N{YEN SIGN}": "JPY",
}


def fold(text: str) -> str:
    """Write plain signs for typography, where nothing is lost; letters stay what they are."""
    if is_gsm7(text):
        return text
    folded = unicodedata.normalize("NFC", text).translate(_FOLDS)
    latin = folded.translate(_DIRECTIONS)
    return latin if is_gsm7(latin) else folded


@lru_cache(maxsize=4096)
def _letter(character: str) -> str:
    """Write one character in GSM-7: its letter without the accent, or a question mark."""
    if is_gsm7(character):
        return character
    if character in _LETTERS:
        return _LETTERS[character]
    if unicodedata.category(character) in {"Cc", "Cf", "Mn", "Me"}:
        return ""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    apart = unicodedata.normalize("NFKD", character).translate(_FOLDS)
    return UNSHOWN if apart == character else "".join(map(_letter, apart))


def fold_to_gsm7(text: str) -> str:
    """Write a text so that every phone can show it: accents that GSM-7 lacks go, what has no letter is a question mark."""
    if is_gsm7(text):
        return text
    return "".join(map(_letter, fold(text)))


@lru_cache(maxsize=4096)
def _in_ascii(character: str) -> str:
    """Write one character of GSM-7 in ASCII."""
    if character.isascii():
        return character
    bare = unicodedata.normalize("NFD", character)[0]
    return _PLAIN.get(character, bare if bare.isascii() else UNSHOWN)


def fold_to_ascii(text: str) -> str:
    """Write a text as the plainest phone can show it in a dialog: without any accent."""
    return text if text.isascii() else "".join(map(_in_ascii, fold_to_gsm7(text)))
