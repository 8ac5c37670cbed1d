"""Receipt codes: read back as they were, and not mistaken for another one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ledger.receipts import entry_of, receipt_code

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBERS = st.integers(min_value=0, max_value=2**63 - 1)


@given(NUMBERS)
def test_round_trip(entry_id: int) -> None:
    code = receipt_code(entry_id)
    assert entry_of(code) == entry_id
    assert len(code) >= 6
    assert set(code) <= set(ALPHABET)


@pytest.mark.parametrize(
    "typed", ["{code}", " {code} ", "{lower}", "{code[0]}{code[1]}{code[2]}-{code[3]}{code[4]}{code[5]}", "{forgiven}"]
)
def test_as_people_type(typed: str) -> None:
    code = receipt_code(33_554_431 - 31 * 32**3)
    forgiven = code.replace("1", "I").replace("0", "O")
    assert entry_of(typed.format(code=code, lower=code.lower(), forgiven=forgiven)) == entry_of(code)


@given(NUMBERS, st.data())
def test_every_single_wrong_character_is_found(entry_id: int, data: st.DataObject) -> None:
    code = receipt_code(entry_id)
    place = data.draw(st.integers(0, len(code) - 1))
    for wrong in set(ALPHABET) - {code[place]}:
        assert entry_of(code[:place] + wrong + code[place + 1 :]) is None


@given(NUMBERS)
def test_every_swap_of_neighbours_is_found_but_of_the_first_and_last_digit(entry_id: int) -> None:
    code = receipt_code(entry_id)
    for place in range(len(code) - 1):
        first, second = code[place], code[place + 1]
        # Luhn's blind spot: 09 for 90 in decimal, 0Z for Z0 here.
        if first != second and {first, second} != {"0", "Z"}:
            assert entry_of(code[:place] + second + first + code[place + 2 :]) is None


@pytest.mark.parametrize("text", ["", "0", "00000", "1U1111", "ABC!DE", "\u0661\u0661\u0661\u0661\u0661\u0661", "A" * 200])
def test_what_is_no_code(text: str) -> None:
    assert entry_of(text) is None
