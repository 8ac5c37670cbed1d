"""What must not stay in a chat, and what may be a link code."""

import re
import unicodedata
from typing import Final

# What people call it, in the languages of the house.
_NAMED: Final = re.compile(r"\b(pin|siri|nip|code secret|nambari ya siri)\b", re.IGNORECASE)
_DIGITS: Final = re.compile(r"(?<!\d)\d(?:[ .\-]?\d){3,5}(?!\d)")
_BARE: Final = re.compile(r"\W*\d(?:\W?\d){3,5}\W*")
_CODE: Final = re.compile(r"[A-HJ-NP-Z2-9]{8}")
TYPED_MAX: Final = 40


def looks_like_pin(text: str, *, number_asked: bool) -> bool:
    """Say whether a message may hold a PIN: it is named, or stands alone where no number was asked for."""
    plain = "".join(str(unicodedata.decimal(sign, sign)) for sign in text)
    if _DIGITS.search(plain) and _NAMED.search(plain):
        return True
    return not number_asked and _BARE.fullmatch(plain) is not None


def link_code(text: str) -> str | None:
    """Read what may be a link code, however it was spaced; None for anything else."""
    typed = re.sub(r"[\s\-]", "", text[:TYPED_MAX]).upper()
    return typed if _CODE.fullmatch(typed) else None
