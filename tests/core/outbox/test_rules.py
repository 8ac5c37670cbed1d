"""What becomes of a message after a try, as a table."""

from datetime import timedelta

import pytest

from core.outbox.rules import (
    AGE_MAX,
    DOWN_PAUSE,
    FAILURES_MAX,
    PAUSE_MAX,
    UNKNOWN_PAUSE,
    UNKNOWNS_MAX,
    History,
    Outcome,
    back_off,
    verdict,
)

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("outcome", "history", "pause"),
    [
        (Outcome.REJECTED, History(), None),
        (Outcome.RETRY, History(), timedelta(seconds=2)),
        (Outcome.RETRY, History(failures=3), timedelta(seconds=16)),
        (Outcome.RETRY, History(failures=FAILURES_MAX - 2), timedelta(seconds=2048)),
        (Outcome.RETRY, History(failures=FAILURES_MAX - 1), None),
        (Outcome.RETRY, History(unknowns=1, age=2 * DAY), timedelta(seconds=2)),
        (Outcome.DOWN, History(), DOWN_PAUSE),
        (Outcome.DOWN, History(failures=FAILURES_MAX, unknowns=UNKNOWNS_MAX, age=AGE_MAX - timedelta(seconds=1)), DOWN_PAUSE),
        (Outcome.DOWN, History(age=AGE_MAX), None),
        (Outcome.UNKNOWN, History(), UNKNOWN_PAUSE),
        (Outcome.UNKNOWN, History(failures=3), UNKNOWN_PAUSE),
        (Outcome.UNKNOWN, History(unknowns=UNKNOWNS_MAX - 1), None),
        (Outcome.LOST, History(), timedelta(0)),
        (Outcome.LOST, History(failures=1), timedelta(seconds=4)),
        (Outcome.LOST, History(failures=FAILURES_MAX - 1), None),
    ],
)
def test_verdict(outcome: Outcome, history: History, pause: timedelta | None) -> None:
    decided = verdict(outcome, history, dice=1)
    assert decided.pause == pause
    assert decided.dead is (pause is None)


def test_the_pause_grows_to_a_limit_and_is_spread() -> None:
    least = [back_off(failures, dice=0) for failures in range(1, 20)]
    most = [back_off(failures, dice=1) for failures in range(1, 20)]
    assert most == sorted(most)
    assert most[-1] == PAUSE_MAX
    assert all(low * 2 == high for low, high in zip(least, most, strict=True))


def test_what_was_sent_needs_no_verdict() -> None:
    with pytest.raises(AssertionError):
        verdict(Outcome.SENT, History(), dice=0)
