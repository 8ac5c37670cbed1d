"""PINs that a thief tries first. Three tries are all a thief has, so what many people choose is what must go."""

from itertools import pairwise
from typing import Final

YEARS: Final = range(1940, 2031)

# Besides what the rules below see. Words are read off the keys of a phone.
_COMMON_BY_REASON: Final = {
    "along the columns, rows, corners, rings and crosses of the keypad": """
        2580 0852 8520 0258 1470 0741 7410 0147 3690 0963 9630 0369 1478 8741 3698 8963 1590 0951 3570 0753
        1236 3214 1475 7412 2147 7896 6987 9874 4789 9632 2369 3695 1254 1245 2145 4521 4563 5412 2541 4125 5896 8569 4578 5689
        1397 1379 1793 1739 1937 1973 7931 7913 9713 9731 3179 3197 3971 3917 7139 7193 9317 9371
        2486 2684 2648 8426 8624 6248 6842 4268 4862
        14789 98741 12369 96321 14725 36925 25814 78945 45612 15937 25800
        159753 159357 357159 357951 951753 753951 147258 258147 147852 741852 258369 369258 852963 963852 147369 369147
        258456 456258 456852 852456 147896 123698 789456 456123 789123 123789 321654 654123 123654 321456 789654 987456 123987
    """,
    "the first digits in another order, or a small step away from the most chosen": """
        1243 1324 1342 1423 1432 2134 2143 2314 2341 2413 3124 3142 3241 3412 3421 4123 4312 1230 1233 1235 1237 0124
        1110 1112 1113 1114 1115 1118 1119 1101 1011 1211 1123 1134 1213 1214 1215 1223 1224 1314 1415 1516 1718
        12354 12346 11223 12300 12340 142536 415263 101112 121314 131415 122333 123450 012340 123457 124578 135790 246810
    """,
    "round, lucky or famous": """
        1000 3000 4000 5000 6000 7000 8000 9000 0001 0002 0003 0005 0007 0008 0009 0010 0070 0100 0200 0500 0700
        1003 1004 1007 1020 1024 1030 1040 1050 1100 1200 1500 2500 0786 7860 1786 7866 0911 9110 9111 0420 4200 5150 1618 3141 2718
        10000 20000 50000 00001 00007 00786 07860 78600
        100000 200000 500000 000001 000007 078600 786000 786110 102030 203040 405060 010203 030201 112358 314159 271828 141421
    """,
    "a day that everybody keeps": "2512 1225 2412 1224 3112 1231 1402 0214 0106 0601 1210 2010 0112 0107 0704 1031 3110 0803 0308",
    "how numbers begin here": """
        2540 0254 2550 0255 2560 0256 2570 2510 0722 0733 0711 0712 0720 0721 0710 0723 0725
        25400 02540 254700 254722 254712
    """,
    "love help baby hope life mary pesa yesu jesus allah amani imani mungu upendo": """
        5683 4357 2229 4673 5433 6279 7372 9378 53787 25524 26264 46264 68648 873636
    """,
}
_COMMON: Final = frozenset(pin for pins in _COMMON_BY_REASON.values() for pin in pins.split())


def is_weak(pin: str, *, phone: str) -> bool:
    """Say whether a PIN is one that thieves try first, knowing the phone it is for."""
    assert pin.isascii(), "a PIN is made of digits"
    assert pin.isdigit(), "a PIN is made of digits"
    return (
        pin in _COMMON
        or _repeats(pin)
        or _runs(pin)
        or (pin == pin[::-1] or _is_doubled(pin) or _has_even_halves(pin))
        or (len(pin) == len("1985") and int(pin) in YEARS)
        or _is_in(pin, phone)
    )


def _repeats(pin: str) -> bool:
    """See one part said again and again: 7777, 1212, 123123, 12121."""
    return any(pin[:length] * (len(pin) // length) + pin[: len(pin) % length] == pin for length in range(1, len(pin) // 2 + 1))


def _runs(pin: str) -> bool:
    """See a run by ones, which may pass from 9 to 0, or by twos: 4567, 7890, 8642."""
    digits = [int(digit) for digit in pin]
    steps = {after - before for before, after in pairwise(digits)}
    return steps in ({2}, {-2}) or {step % 10 for step in steps} in ({1}, {9})


def _is_doubled(pin: str) -> bool:
    """See each digit said twice: 1122, 334455."""
    return len(pin) % 2 == 0 and pin[::2] == pin[1::2]


def _has_even_halves(pin: str) -> bool:
    """See two halves of one digit each: 1122, 111222."""
    middle = len(pin) // 2
    return len(pin) % 2 == 0 and len(set(pin[:middle])) == 1 and len(set(pin[middle:])) == 1


def _is_in(pin: str, phone: str) -> bool:
    """See digits of the phone's own number, either way round."""
    return pin in phone or pin[::-1] in phone
