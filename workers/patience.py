"""Wait for something that is down: longer each time, up to a limit, with one line in the log for the whole time it is away."""

import logging
from time import monotonic

log = logging.getLogger(__name__)


class Patience:
    """Remembers that something is away, and when to look again."""

    def __init__(self, name: str, *, first: float, longest: float) -> None:
        self._name = name
        self._first = first
        self._longest = longest
        self._misses = 0
        self._until = 0.0
        self._since = 0.0

    @property
    def wait(self) -> float:
        """The seconds until it is worth another look; 0 where all is well."""
        return max(0.0, self._until - monotonic())

    def missed(self, why: object) -> None:
        """Note that it was away."""
        now = monotonic()
        if self._misses == 0:
            self._since = now
            log.warning("%s is away", self._name, extra={"why": str(why)[:200]})
        self._until = now + min(self._first * 2**self._misses, self._longest)
        self._misses = min(self._misses + 1, 30)

    def found(self) -> None:
        """Note that it is there."""
        if self._misses:
            log.info("%s is back", self._name, extra={"away_seconds": round(monotonic() - self._since, 1)})
        self._misses, self._until = 0, 0.0
