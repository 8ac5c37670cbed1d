"""Days and moments as phones show them: ASCII, day before month, the clock where the group lives."""

from datetime import UTC, date, datetime, tzinfo
from typing import Final

# From Monday on, as people abbreviate them by hand; CLDR has no short Swahili names.
_WEEKDAYS: Final = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "sw": ("Jtatu", "Jnne", "Jtano", "Alh", "Ijumaa", "Jmosi", "Jpili"),
    "fr": ("lun", "mar", "mer", "jeu", "ven", "sam", "dim"),
}


def phone_date(day: date) -> str:
    """Write a day: 23/11/26."""
    return f"{day.day:02d}/{day.month:02d}/{day.year % 100:02d}"


def phone_moment(at: datetime, language: str, zone: tzinfo | None = None) -> str:
    """Write a moment: Sat 28/11 14:00, in `zone` or in its own.

    A moment in UTC with no zone to show it in says so, rather than a time that is wrong where it is read.
    """
    assert at.tzinfo is not None, "a moment has a time zone"
    local = at.astimezone(zone) if zone is not None else at
    weekday = _WEEKDAYS.get(language, _WEEKDAYS["en"])[local.weekday()]
    shown = f"{weekday} {local.day:02d}/{local.month:02d} {local.hour:02d}:{local.minute:02d}"
    return f"{shown} UTC" if zone is None and (at.tzinfo is UTC or str(at.tzinfo) == "UTC") else shown
