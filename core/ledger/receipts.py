"""The short code of a receipt: the entry's number in Crockford's base 32 with a check character.

Luhn's algorithm modulo 32 finds every single wrong character and nearly every swap of two neighbours.
Source: D. Crockford, "Base 32"; H. P. Luhn, US patent 2,950,048, carried over to base 32.
"""

from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ: Final = {letter: n for n, letter in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_BASE: Final = 32
_LENGTH_MIN: Final = 5


def _check(digits: list[int], *, first_factor: int) -> int:
    total, factor = 0, first_factor
    for digit in reversed(digits):
        product = digit * factor
        total += product // _BASE + product % _BASE
        factor = 3 - factor
    return total % _BASE


def receipt_code(entry_id: int) -> str:
    """Give an entry's code, six characters or more."""
    digits: list[int] = []
    while entry_id:
        entry_id, digit = divmod(entry_id, _BASE)
        digits.append(digit)
    digits.extend([0] * (_LENGTH_MIN - len(digits)))
    digits.reverse()
    return "".join(_ALPHABET[digit] for digit in (*digits, -_check(digits, first_factor=2) % _BASE))


def entry_of(code: str) -> int | None:
    """Read a code as a person types it; None where it is not one."""
    digits = [_READ.get(letter, -1) for letter in code.upper().replace("-", "").replace(" ", "")]
    if len(digits) <= _LENGTH_MIN or -1 in digits or _check(digits, first_factor=1):
        return None
    number = 0
    for digit in digits[:-1]:
        number = number * _BASE + digit
    return number
