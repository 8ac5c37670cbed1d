"""What nobody will ask for is forgotten, in batches."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from channels.sms import received
from core.db import Work
from core.outbox import reports
from workers import sweeper

_OLD_AND_NEW = """
INSERT INTO sms_received (id, address, at, said, page)
SELECT 'r' || n, '+254700000001', now() - n * interval '1 day', '{}', 0 FROM generate_series(25, 40) n;
INSERT INTO delivery_report (provider_id, status, rank, at)
SELECT 'd' || n, 'Success', 9, now() - n * interval '1 day' FROM generate_series(85, 100) n
"""


@pytest.fixture
def kept(engine: Engine, owner_engine: Engine) -> Iterator[Session]:
    """Give a session that the sweeper may commit."""
    with owner_engine.begin() as connection:
        connection.execute(text(_OLD_AND_NEW))
    with Work(engine) as work:
        yield work.session
    with owner_engine.begin() as connection:
        connection.execute(text("TRUNCATE sms_received, delivery_report"))


def test_what_came_in_is_kept_a_month_and_a_report_a_quarter(kept: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(received, "FORGOTTEN_AT_ONCE", 3)
    monkeypatch.setattr(reports, "FORGOTTEN_AT_ONCE", 4)
    assert sweeper.prune(kept) == 11 + 11
    assert kept.execute(text("SELECT count(*) FROM sms_received")).scalar_one() == 5
    assert kept.execute(text("SELECT count(*) FROM delivery_report")).scalar_one() == 5


def test_it_is_not_done_for_ever(kept: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(received, "FORGOTTEN_AT_ONCE", 1)
    monkeypatch.setattr(reports, "FORGOTTEN_AT_ONCE", 1)
    monkeypatch.setattr(sweeper, "BATCHES_MAX", 2)
    assert sweeper.prune(kept) == 4
