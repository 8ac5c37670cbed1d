"""The clock. Only edges (a turn, a desk request, a job) read it; everything below takes `at`."""

from datetime import UTC, datetime


def now() -> datetime:
    """Say the time in UTC."""
    return datetime.now(UTC)
