import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.groups.weak_pins import is_weak

PHONE = "+254712345678"


WEAK = """
    repeats  0000 1111 7777 1212 6969 00000 12121 111111 123123 121212 787878
    runs     1234 4321 0123 7890 9012 0987 2468 8642 1357 12345 98765 13579 123456 654321 567890
    mirrors  1221 2112 1001 12321 123321
    pairs    1122 9988 112233 445566 111222
    years    1940 1963 1985 2000 2030
    lists    2580 0852 1004 5683 1397 0007 0786 1225 0254 159753 789456 147258 26264 873636
"""


@pytest.mark.parametrize("pin", [word for word in WEAK.split() if word.isdigit()])
def test_weak(pin: str) -> None:
    assert is_weak(pin, phone=PHONE)


@pytest.mark.parametrize("pin", ["7123", "2345", "5678", "8765", "12345", "345678", "876543", "4712"])
def test_digits_of_the_own_phone(pin: str) -> None:
    assert is_weak(pin, phone=PHONE)


@pytest.mark.parametrize("pin", ["4712", "0712", "2471"])
def test_digits_of_another_phone_are_no_matter(pin: str) -> None:
    assert is_weak(pin, phone="+254700000001") is (pin == "0712")


@pytest.mark.parametrize("pin", ["4826", "3907", "1939", "2031", "6174", "58203", "902817", "483716"])
def test_strong_enough(pin: str) -> None:
    assert not is_weak(pin, phone="+254700000001")


def test_enough_pins_are_left() -> None:
    weak = sum(is_weak(f"{n:04d}", phone=PHONE) for n in range(10_000))
    assert 400 < weak < 800


@given(st.from_regex(r"[0-9]{4,6}", fullmatch=True), st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True))
def test_the_other_way_round_is_as_weak(pin: str, phone: str) -> None:
    if pin in phone:
        assert is_weak(pin, phone=phone)
        assert is_weak(pin[::-1], phone=phone)


@pytest.mark.parametrize("pin", ["", "12a4", "\u0661\u0662\u0663\u0664"])
def test_only_digits_come_here(pin: str) -> None:
    with pytest.raises(AssertionError):
        is_weak(pin, phone=PHONE)
