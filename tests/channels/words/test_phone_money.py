from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.words.money import phone_money
from core.money import Money


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (50_000, "KES", "KES 500"),
        (1_250_000, "KES", "KES 12,500"),
        (1_250_050, "KES", "KES 12,500.50"),
        (1_250_005, "KES", "KES 12,500.05"),
        (5, "KES", "KES 0.05"),
        (0, "KES", "KES 0"),
        (-50_000, "KES", "-KES 500"),
        (-5, "KES", "-KES 0.05"),
        (10**12, "TZS", "TZS 10,000,000,000"),
        (1_234_567, "UGX", "UGX 1,234,567"),
        (-500, "XOF", "-XOF 500"),
    ],
)
def test_phone_money(minor: int, currency: str, shown: str) -> None:
    assert phone_money(Money(minor, currency)) == shown


@given(st.integers(-(10**12), 10**12), st.sampled_from(["KES", "UGX", "XOF", "TZS"]))
def test_phone_money_says_the_whole_amount(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    shown = phone_money(money)
    assert shown.isascii()
    assert Decimal(shown.replace(f"{currency} ", "").replace(",", "")) == money.major
