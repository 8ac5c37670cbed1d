"""The whole house on bad days: the short form of `make chaos`, and a day without Redis."""

import os
import signal
import time

import pytest

from bench import chaos
from bench.audit import audit, waiting
from bench.chaos import House, house
from bench.phones import Phones

SAVE_SECONDS, SAVE_SECONDS_MAX = 2.0, 60.0
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(480)]


def test_each_part_killed_once_under_load(capfd: pytest.CaptureFixture[str]) -> None:
    fine = chaos.run(seconds=10, seed=7)
    assert fine, capfd.readouterr().out


def _save_a_while(made: House) -> Phones:
    """Let two groups save until each kind of command was asked for, and acknowledged; a busy machine may take its time."""
    phones = Phones(made.settings, groups=2, intents=made.settings.home / "intents.jsonl")
    phones.start()
    until = time.monotonic() + SAVE_SECONDS_MAX
    while len({intent.what for intent in list(phones.seen.intents) if intent.acked}) < 2 and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(SAVE_SECONDS)
    phones.stop()
    return phones


def test_without_redis_saving_works_and_the_sms_comes_when_it_is_back() -> None:
    with house() as made:
        assert made.running.redis is not None
        pid = made.running.redis.pid
        assert pid is not None
        # Nobody ticks the supervisor meanwhile, so it stays dead.
        os.kill(pid, signal.SIGKILL)
        seen = _save_a_while(made).seen
        assert set(seen.answers) == {"CON", "END"}
        assert {intent.what for intent in seen.intents} == {"save", "confirm"}
        assert all(intent.acked for intent in seen.intents)
        held = waiting(made.running.database_url)
        assert held is not None
        assert held > 0
        assert made.supervisor.until(lambda: waiting(made.running.database_url) == 0, seconds=120)
        found = audit(made.running.database_url, made.sandbox, seen.intents, crashes=0)
        assert found.faults == []
