"""Money as phones show it: ASCII, a comma between thousands, no cents where there are none."""

from core.money import Money, exponent


def phone_money(money: Money) -> str:
    """Write an amount: KES 12,500 or KES 12,500.50 or -KES 500."""
    digits = exponent(money.currency)
    whole, part = divmod(abs(money.minor), 10**digits)
    sign = "-" if money.minor < 0 else ""
    return f"{sign}{money.currency} {whole:,}.{part:0{digits}d}" if part else f"{sign}{money.currency} {whole:,}"
