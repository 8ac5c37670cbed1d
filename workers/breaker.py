"""A breaker before the gateway: while it serves nobody, one message at a time finds out, and the others wait untouched."""

from collections.abc import Callable
from random import random
from time import monotonic

PAUSE_SECONDS_FIRST = 2.0
PAUSE_SECONDS_MAX = 30.0


class Breaker:
    """Open after a call that failed for reasons of the gateway; the pause doubles until one gets through.

    It is spread, so that the workers, who fall together, do not ask together.
    """

    def __init__(self) -> None:
        self._pause = 0.0
        self._until = 0.0

    @property
    def wait(self) -> float:
        """The seconds until another try is worth it; 0 where the way is free."""
        return max(0.0, self._until - monotonic())

    def trip(self, *, dice: Callable[[], float] = random) -> None:
        """Note that the gateway serves nobody. `dice` gives 0 to 1."""
        self._pause = min(max(PAUSE_SECONDS_FIRST, self._pause * 2), PAUSE_SECONDS_MAX)
        self._until = monotonic() + self._pause * (0.5 + dice() / 2)

    def reset(self) -> None:
        """Note that it answered."""
        self._pause = self._until = 0.0
