"""Many wrong PINs over the whole house call a person, once in ten minutes, with neither a phone nor a PIN."""

import logging
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy.orm import Session

from core.commands import ProvePin, Secret
from core.db.engine import driver
from core.groups import pins
from core.ids import PersonId, new_id
from core.outbox.queries import database_time
from tests.builders import AT, Town
from tests.core.outcomes import outcome
from workers import alarm
from workers.alarm import WITHIN, PinAlarm

pytestmark = pytest.mark.usefixtures("clean")
MOST: Final = 3
_RECORD: Final = """
INSERT INTO command_record (group_id, id, kind, digest, channel, at, content, outcome, facts)
VALUES (0, %s, 'pin.prove', '', 'ussd', %s, '{}', %s, '{}')
"""


def refused(session: Session, times: int, *, outcome: str = "pin.wrong", ago: timedelta = timedelta(minutes=1)) -> None:
    """Let so many commands have been refused."""
    for _ in range(times):
        driver(session).execute(_RECORD, (new_id(), database_time(session) - ago, outcome))


@pytest.mark.parametrize(
    ("refusals", "rings"),
    [
        ([(MOST, {})], False),
        ([(MOST + 1, {})], True),
        ([(MOST, {}), (1, {"outcome": "pin.locked"})], True),
        ([(MOST, {}), (1, {"ago": WITHIN + timedelta(seconds=1)})], False),
        ([(MOST, {}), (5, {"outcome": "loan.open"})], False),
    ],
)
def test_when_it_rings(
    session: Session, caplog: pytest.LogCaptureFixture, refusals: list[tuple[int, dict[str, Any]]], *, rings: bool
) -> None:
    for times, how in refusals:
        refused(session, times, **how)
    PinAlarm(most=MOST)(session)
    assert [record.getMessage() for record in caplog.records] == ["many wrong PINs"] * rings
    assert all(record.levelno == logging.ERROR for record in caplog.records)
    assert not rings or vars(caplog.records[0])["failures"] == MOST + 1


def test_it_rings_once_in_ten_minutes(session: Session, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    began, ring = database_time(session), PinAlarm(most=MOST)
    refused(session, MOST + 1)
    rung = []
    for minutes in (0, 1, 9, 10, 11):
        at = began + timedelta(minutes=minutes)
        monkeypatch.setattr(alarm, "database_time", lambda _session, at=at: at)
        refused(session, MOST + 1, ago=-timedelta(minutes=minutes))
        ring(session)
        rung.append(len(caplog.records))
    assert rung == [1, 1, 1, 2, 2]


def test_it_counts_what_the_door_refuses(session: Session) -> None:
    town = Town(session)
    pins.keep(session, person_id=PersonId(town.people["amina"]), pin=Secret("right"), at=AT)
    for pin in ("wrong", "right", "wrong", "wrong", "wrong", "right"):
        outcome(town, ProvePin, "amina", pin=Secret(pin), pin_given=False)
    assert pins.failures(session, since=AT - WITHIN) == 5


def test_it_reads_nothing_but_the_failures(session: Session) -> None:
    connection = driver(session)
    connection.execute("SET LOCAL enable_seqscan = off")
    plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {pins._FAILED}", (AT,)))  # noqa: SLF001 our own words
    assert "command_record_pin_failed_idx" in plan
