"""What a hop and a message cost on this sandbox, in ten-thousandths of a shilling, as the gateway prints them."""

from threading import Lock

SCALE = 10_000
HOP_COST = 500
SEGMENT_COST = 8_000
BALANCE_AT_START = 1_000_000 * SCALE


def shillings(amount: int, *, digits: int = 4) -> str:
    """Print an amount the way the gateway does: KES 0.8000."""
    assert amount >= 0, amount
    whole, part = divmod(amount, SCALE)
    return f"KES {whole}." + f"{part:04d}"[:digits]


class Account:
    """What is left of the money that we paid to the gateway. It never runs out: that is a fault to ask for, not a surprise."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._spent = 0

    def spend(self, amount: int) -> None:
        with self._lock:
            self._spent = (self._spent + amount) % BALANCE_AT_START

    def balance(self) -> str:
        return shillings(BALANCE_AT_START - self._spent, digits=2)
