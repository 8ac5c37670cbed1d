"""Money: whole minor units of one currency."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import total_ordering
from typing import Final

# Digits after the point, where it is not two (ISO 4217). Babel has CLDR's, which are those that people still use:
# none for the Somali shilling or the Iraqi dinar, of which the standard has cents and fils.
_BY_DIGITS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS: Final = {currency: digits for digits, currencies in _BY_DIGITS.items() for currency in currencies.split()}
AMOUNT_MINOR_MAX: Final = 10**12


def exponent(currency: str) -> int:
    """Say how many digits the currency has after the point."""
    return _EXPONENTS.get(currency, 2)


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) of a currency (ISO 4217). Two currencies never meet."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        assert isinstance(self.minor, int), "money is a whole number of minor units"

    @classmethod
    def from_major(cls, amount: Decimal, currency: str) -> "Money":
        """Read an amount in major units; it must not be finer than the currency."""
        scaled = amount.scaleb(exponent(currency))
        minor = int(scaled)
        assert scaled == minor, f"{amount} is finer than {currency}"
        return cls(minor, currency)

    @property
    def major(self) -> Decimal:
        """The amount in major units, exactly."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def _same(self, other: "Money") -> int:
        assert self.currency == other.currency, f"{self.currency} met {other.currency}"
        return other.minor

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def split(self, ways: int) -> Iterator["Money"]:
        """Divide into equal shares; the first ones carry the odd minor units, so the sum is exact."""
        assert ways > 0, "money is split among somebody"
        share, odd = divmod(self.minor, ways)
        for n in range(ways):
            yield Money(share + (1 if n < odd else 0), self.currency)
