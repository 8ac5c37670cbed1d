from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.words.catalogue import languages
from channels.words.dates import phone_date, phone_moment

NAIROBI = ZoneInfo("Africa/Nairobi")
SATURDAY = datetime(2026, 11, 28, 11, 0, tzinfo=UTC)


def test_phone_date() -> None:
    assert phone_date(date(2026, 11, 23)) == "23/11/26"
    assert phone_date(date(2005, 1, 2)) == "02/01/05"


@pytest.mark.parametrize(
    ("language", "zone", "shown"),
    [
        ("en", NAIROBI, "Sat 28/11 14:00"),
        ("sw", NAIROBI, "Jmosi 28/11 14:00"),
        ("fr", ZoneInfo("Africa/Abidjan"), "sam 28/11 11:00"),
        ("en", ZoneInfo("Pacific/Auckland"), "Sun 29/11 00:00"),
        # Nobody said where: then it says where itself.
        ("en", None, "Sat 28/11 11:00 UTC"),
        ("xx", NAIROBI, "Sat 28/11 14:00"),
    ],
)
def test_phone_moment(language: str, zone: ZoneInfo | None, shown: str) -> None:
    assert phone_moment(SATURDAY, language, zone) == shown


def test_a_moment_knows_its_own_zone() -> None:
    assert phone_moment(SATURDAY.astimezone(NAIROBI), "en") == "Sat 28/11 14:00"
    assert phone_moment(SATURDAY.replace(tzinfo=ZoneInfo("UTC")), "en") == "Sat 28/11 11:00 UTC"


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 2), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 bounds are naive
def test_moments_are_ascii(at: datetime) -> None:
    for language in languages():
        assert phone_moment(at, language, NAIROBI).isascii()
