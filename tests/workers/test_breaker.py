"""The breaker's pauses, as a table."""

import pytest

from workers import breaker as module
from workers.breaker import PAUSE_SECONDS_FIRST, PAUSE_SECONDS_MAX, Breaker


@pytest.mark.parametrize(
    ("trips", "least", "most"),
    [(1, PAUSE_SECONDS_FIRST / 2, PAUSE_SECONDS_FIRST), (2, 2.0, 4.0), (3, 4.0, 8.0), (9, PAUSE_SECONDS_MAX / 2, PAUSE_SECONDS_MAX)],
)
def test_the_pause_doubles_to_a_limit_and_is_spread(trips: int, least: float, most: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "monotonic", lambda: 0.0)
    for dice, pause in ((0.0, least), (1.0, most)):
        breaker = Breaker()
        for _ in range(trips):
            breaker.trip(dice=lambda dice=dice: dice)  # type: ignore[misc]  # the loop's own dice
        assert breaker.wait == pause
        breaker.reset()
        assert breaker.wait == 0.0
