"""What becomes of a message after a try: pure decisions."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

DAY_BEGINS, DAY_ENDS = 8, 20  # hours, where the group lives: what may wait is not sent at night
BATCH_MAX = 100  # ids in one job, numbers in one call of the gateway
QUEUED_FOR = timedelta(seconds=15)  # a job not taken up by then is taken for lost with its queue
LEASE = timedelta(seconds=30)  # a worker that is silent so long is taken for dead
FAILURES_MAX = 12  # of the message itself, before a person must look
UNKNOWNS_MAX = 2  # tries that may have reached the phone
AGE_MAX = timedelta(hours=24)  # of trying while the gateway is down; a person looks then
PAUSE_MAX = timedelta(hours=1)
DOWN_PAUSE = timedelta(seconds=30)
UNKNOWN_PAUSE = timedelta(minutes=2)  # time for a delivery report to come and settle it


class Outcome(StrEnum):
    """What came of one try. Each has its line in the table of `verdict`."""

    SENT = "sent"  # the gateway has it
    RETRY = "retry"  # refused this one, and may take it later
    DOWN = "down"  # the gateway, or our account there, serves nobody now
    REJECTED = "rejected"  # refused for good, or there is no sentence for it
    UNKNOWN = "unknown"  # the line broke before the answer: it may have been sent
    LOST = "lost"  # the worker died meanwhile: it may have been sent


@dataclass(frozen=True, slots=True)
class History:
    """What the earlier tries of a message came to."""

    failures: int = 0  # RETRY and LOST
    unknowns: int = 0
    age: timedelta = timedelta(0)  # since the first of them


@dataclass(frozen=True, slots=True)
class Verdict:
    """Wait so long and try again, or, where `pause` is none, leave it to a person."""

    pause: timedelta | None

    @property
    def dead(self) -> bool:
        return self.pause is None


DEAD = Verdict(None)


def back_off(failures: int, *, dice: float) -> timedelta:
    """Double the pause with each failure, and spread it by `dice` (0 to 1) so that those who fell together do not rise together."""
    assert failures > 0
    assert 0 <= dice <= 1
    full = min(timedelta(seconds=2 ** min(failures, 12)), PAUSE_MAX)
    return full * (0.5 + dice / 2)


def verdict(outcome: Outcome, history: History, *, dice: float) -> Verdict:
    """Decide what becomes of a message whose try was not accepted."""
    failures = history.failures + 1
    match outcome:
        case Outcome.REJECTED:
            return DEAD
        case Outcome.DOWN:
            # The gateway's fault is not counted against the message.
            return DEAD if history.age >= AGE_MAX else Verdict(DOWN_PAUSE * (0.5 + dice / 2))
        case Outcome.UNKNOWN:
            # The gateway knows no idempotency key, so a second try may reach the phone twice: never a third.
            return DEAD if history.unknowns + 1 >= UNKNOWNS_MAX else Verdict(UNKNOWN_PAUSE)
        case Outcome.LOST if failures == 1:
            return Verdict(timedelta(0))
        case Outcome.LOST | Outcome.RETRY:
            return DEAD if failures >= FAILURES_MAX else Verdict(back_off(failures, dice=dice))
        case Outcome.SENT:
            raise AssertionError("what was sent needs no verdict")
