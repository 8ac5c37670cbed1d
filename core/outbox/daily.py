"""What is told of a day: the shape of a job that reminds, and the days that it is now where groups live.

A reminder is true on the day it is read, so it is only put while it is day there (`rules.DAY_BEGINS` to `rules.DAY_ENDS`):
nothing waits for a morning on which it would be wrong, and a clock that was away for two days has nothing to catch up with.
Its event key names what is due and how many days that is away, so it is told once, however often the job runs.

One more job is one more file of data beside `core/loans/reminders.py`: a statement that finds some rows after a key, the
messages they make, the days it looks at. It is named in `workers/daily.py`; its messages are lines of the catalogue of
events with their words; its test is a table of days, as in `tests/core/loans/test_reminders.py`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.outbox.operations import Message
from core.outbox.rules import DAY_BEGINS, DAY_ENDS

ROWS_MAX: Final = 500  # found by one statement; the relay waits meanwhile
# Where a statement goes on: group, what is due, which part of it (or whose).
Key = tuple[int, int, int]
FIRST: Final[Key] = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Today:
    """The day that it is at `at` in a time zone, between morning and evening there."""

    on: date
    zone: str
    at: datetime

    def begins(self, on: date) -> datetime:
        """Say when a day begins there."""
        return datetime.combine(on, time(), ZoneInfo(self.zone))


@dataclass(frozen=True, slots=True)
class Batch:
    """Some messages, and the key after which the next ones are found; None where there are no more."""

    messages: list[Message]
    after: Key | None


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is reminded of on some `days`, counted from the day it is due: -3 is three days before, 1 the day after."""

    days: tuple[int, ...]
    find: Callable[[Session, Today, int, Key], Batch]


def days_now(zones: Iterable[str], *, at: datetime) -> list[Today]:
    """The days that it is now in those zones in which it is between morning and evening."""
    there = [(zone, at.astimezone(ZoneInfo(zone))) for zone in sorted(zones)]
    return [Today(local.date(), zone, at) for zone, local in there if DAY_BEGINS <= local.hour < DAY_ENDS]
