"""What a dispute may be, how long after an entry it may come, and whose it is to decide."""

from datetime import date
from enum import StrEnum
from typing import Final

from core.groups.rules import LEADERS, Role


class DisputeState(StrEnum):
    """Where a dispute stands; from any but the first it moves no more."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


# Those of an office decide who neither recorded the entry nor dispute it; where none is left, those of the next.
DECIDERS: Final = (LEADERS, frozenset({Role.KEY_HOLDER}))


def is_too_late(recorded_on: date, *, today: date, days_max: int) -> bool:
    """Say whether an entry may be disputed no more: on the day `days_max` after the one it was recorded on it still may."""
    return (today - recorded_on).days > days_max
