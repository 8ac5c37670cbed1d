"""Waiting: longer each time, one line in the log."""

import logging

import pytest

from workers import breaker, patience
from workers.breaker import Breaker
from workers.patience import Patience


class Watch:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Put a watch in the place of the machine's clock."""
    watch = Watch()
    monkeypatch.setattr(patience, "monotonic", watch)
    monkeypatch.setattr(breaker, "monotonic", watch)
    return watch


def test_the_wait_doubles_to_a_limit(watch: Watch) -> None:
    waiting = Patience("redis", first=0.25, longest=5)
    waits = []
    for _ in range(8):
        waiting.missed("gone")
        waits.append(waiting.wait)
        watch.now += 60
    assert waits == [0.25, 0.5, 1, 2, 4, 5, 5, 5]
    assert waiting.wait == 0


def test_one_line_when_it_goes_and_one_when_it_comes(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    waiting = Patience("redis", first=0.25, longest=5)
    waiting.found()
    for _ in range(50):
        waiting.missed("gone")
        watch.now += 1
    waiting.found()
    waiting.found()
    assert [record.getMessage() for record in caplog.records] == ["redis is away", "redis is back"]
    assert waiting.wait == 0


def test_the_breaker_lets_one_try_after_each_pause(watch: Watch) -> None:
    gateway = Breaker()
    assert gateway.wait == 0
    pauses = []
    for _ in range(6):
        gateway.trip(dice=lambda: 1.0)
        pauses.append(gateway.wait)
        watch.now += gateway.wait
        assert gateway.wait == 0
    assert pauses == [2, 4, 8, 16, 30, 30]
    gateway.reset()
    gateway.trip(dice=lambda: 0.0)
    assert gateway.wait == 1, "the pause is spread"
