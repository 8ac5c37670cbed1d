"""The daily jobs of the clock: a batch at each tick, a round now and then, one fault and no more."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from core.outbox.daily import FIRST, Batch, Job, Key, Today, days_now
from tests.builders import Town
from tests.notices import Notice
from workers import daily
from workers.daily import Daily, remind

NOON = datetime(2026, 3, 2, 9, tzinfo=UTC)  # 12:00 in Nairobi


@pytest.fixture(autouse=True)
def _group(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a group that lives in Nairobi, at noon; nothing is committed."""
    Town(session)
    monkeypatch.setattr(session, "commit", session.flush)
    monkeypatch.setattr(daily, "database_time", lambda _session: NOON)


class Three:
    """A job with three batches of one message on each of its days."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, Key]] = []
        self.job = Job((-1, 0), self.find)

    def find(self, _session: Session, today: Today, days: int, after: Key) -> Batch:
        self.asked.append((days, after))
        n = after[0] + 1
        return Batch([Notice(f"three:{today.on}:{days}:{n}", group_id=n).message()], (n, 0, 0) if n < 3 else None)


def test_a_tick_is_a_batch_and_a_round_is_over_once(session: Session) -> None:
    three = Three()
    ticking = Daily([three.job])
    assert [ticking.tick(session) for _ in range(9)] == [1] * 6 + [0] * 3
    assert three.asked == [(days, (n, 0, 0)) for days in (-1, 0) for n in range(3)]
    assert three.asked[0] == (-1, FIRST)


def test_it_goes_round_again_after_a_while(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(daily, "monotonic", lambda: now)
    three = Three()
    ticking = Daily([three.job])
    for _ in range(8):
        ticking.tick(session)
    assert len(three.asked) == 6
    now += daily.ROUND_SECONDS
    ticking.tick(session)
    assert len(three.asked) == 7
    put = session.connection().exec_driver_sql("SELECT count(*) FROM outbox WHERE event_key LIKE 'three:%%'").scalar_one()
    assert put == 6, "what was told is not told again"


def test_a_fault_ends_the_round_and_not_the_clock(session: Session) -> None:
    def breaks(_session: Session, _today: Today, _days: int, _after: Key) -> Batch:
        raise ZeroDivisionError

    three = Three()
    ticking = Daily([Job((0,), breaks), three.job])
    with pytest.raises(ZeroDivisionError):
        ticking.tick(session)
    assert [ticking.tick(session) for _ in range(3)] == [0, 0, 0]


def test_at_night_nothing_is_asked(session: Session) -> None:
    three = Three()
    assert list(remind(session, at=NOON.replace(hour=20), jobs=[three.job])) == []
    assert three.asked == []


@pytest.mark.parametrize(
    ("hour", "days"),
    [
        (4, {"Asia/Dhaka": 2, "Pacific/Kiritimati": 2}),
        (5, {"Africa/Nairobi": 2, "Asia/Dhaka": 2, "Pacific/Kiritimati": 2}),
        (16, {"Africa/Nairobi": 2, "America/Bogota": 2}),
        (20, {"America/Bogota": 2, "Pacific/Kiritimati": 3}),
    ],
)
def test_it_is_another_day_elsewhere(hour: int, days: dict[str, int]) -> None:
    zones = {"Africa/Nairobi", "America/Bogota", "Asia/Dhaka", "Pacific/Kiritimati"}
    now = days_now(zones, at=NOON.replace(hour=hour))
    assert {today.zone: today.on.day for today in now} == days
