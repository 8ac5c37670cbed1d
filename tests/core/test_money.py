"""Money: whole minor units, split without loss, with the digits that ISO 4217 gives each currency."""

from decimal import Decimal

import pytest
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st

from core.money import Money, exponent

# Where people have stopped using the small coins that the standard still has.
STANDARD_HAS_MORE = {"AFN", "ALL", "IQD", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER"}
GONE = {"ADP", "BYR", "ESP", "ITL", "LUF", "MGF", "MRO", "SLL", "STD", "TMM", "TRL", "ZMK", "ZWD"}


@pytest.mark.parametrize(
    ("digits", "currencies"),
    [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (2, "CDF ETB EUR GHS KES MWK MZN NGN SOS TZS USD XCD ZAR ZMW"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    ],
)
def test_digits_after_the_point(digits: int, currencies: str) -> None:
    assert {currency: exponent(currency) for currency in currencies.split()} == dict.fromkeys(currencies.split(), digits)


def test_no_currency_that_is_used_was_forgotten() -> None:
    others = {currency: digits[0] for currency, digits in get_global("currency_fractions").items() if len(currency) == 3}
    differ = {currency for currency, digits in others.items() if currency != "DEFAULT" and digits != exponent(currency)}
    assert differ == STANDARD_HAS_MORE | GONE


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12.50", "KES", 1_250), ("12", "UGX", 12), ("1.234", "TND", 1_234), ("-0.01", "KES", -1), ("1000000", "XOF", 1_000_000)],
)
def test_major_and_minor(amount: str, currency: str, minor: int) -> None:
    money = Money.from_major(Decimal(amount), currency)
    assert (money.minor, money.major) == (minor, Decimal(amount))


@pytest.mark.parametrize(("amount", "currency"), [("0.5", "UGX"), ("0.001", "KES"), ("0.0001", "KWD")])
def test_nothing_is_finer_than_its_currency(amount: str, currency: str) -> None:
    with pytest.raises(AssertionError):
        Money.from_major(Decimal(amount), currency)


def test_two_currencies_never_meet() -> None:
    with pytest.raises(AssertionError):
        Money(1, "KES") + Money(1, "UGX")
    with pytest.raises(AssertionError):
        _ = Money(1, "KES") < Money(1, "UGX")


@given(st.integers(0, 10**12), st.integers(1, 60))
def test_a_split_loses_nothing(minor: int, ways: int) -> None:
    shares = [share.minor for share in Money(minor, "KES").split(ways)]
    assert (sum(shares), len(shares)) == (minor, ways)
    assert max(shares) - min(shares) <= 1
    assert shares == sorted(shares, reverse=True)
