"""The audit of a bad day: it cries where something is lost or doubled, and only there."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from admin_web.seeds.large import seed_large
from bench.audit import Audit, commands
from bench.people import GROUP_SIZE
from bench.phones import Intent, Phones, Saving, Session
from channels.ussd import gateway
from channels.walk import House
from core import clock
from core.db import make_engine
from core.settings import Settings
from tests.channels.town import PEPPER, SERVICE_CODE

TWICE = """
INSERT INTO declaration (group_id, member_id, person_id, purpose, amount_minor, state, declared_at)
SELECT group_id, member_id, person_id, purpose, amount_minor, 'declared', declared_at FROM declaration
"""


class Handsets(Phones):
    """Phones whose requests stay in this process; on a bad day the house forgets a session after each move through the menus."""

    engine: Engine
    forgets = False

    def send(self, session: Session, text: str) -> str:
        """Answer in this process, with nothing in memory."""
        if self.forgets and text.count("*") == 1:
            with self.engine.begin() as connection:
                connection.exec_driver_sql("DELETE FROM conversation WHERE session = %(session)s", {"session": session.id})
        return gateway.answer(House(self.engine, PEPPER, SERVICE_CODE, ""), session.form(text).encode(), now=clock.now)


@pytest.fixture
def handsets(settings: Settings, database_url: str, tmp_path: Path, clean: None) -> Iterator[Handsets]:  # noqa: ARG001 what is committed must go
    """Give the phones of one group."""
    seed_large(database_url, members=GROUP_SIZE, groups_of=GROUP_SIZE, pepper=PEPPER, at=clock.now())
    made = Handsets(settings, groups=1, intents=tmp_path / "intents.jsonl")
    made.engine = make_engine(database_url, role=None, turns=True)
    yield made
    made.engine.dispose()
    made.stop()


def faults(handsets: Handsets, database_url: str, *more: Intent) -> list[str]:
    """Audit what the phones asked for, and more."""
    found = Audit()
    with psycopg.connect(database_url) as connection:
        commands(found, connection, [*handsets.seen.intents, *more])
    return found.faults


def test_moves_that_were_forgotten_are_no_loss(handsets: Handsets, database_url: str) -> None:
    handsets.forgets = True
    handsets.save(1, 0)
    handsets.forgets = False
    handsets.confirm(1, 0)
    save, confirm = handsets.seen.intents
    assert (save.acked, save.turns, confirm.acked) == (True, 4, True)
    with psycopg.connect(database_url) as connection:
        ((command_id,),) = connection.execute("SELECT id FROM command_record WHERE kind = 'saving.declare'").fetchall()
    assert command_id in save.command_ids[:-1], "the house counted fewer turns than the phone"
    assert faults(handsets, database_url) == []


def test_what_is_lost_or_doubled_is_found(handsets: Handsets, database_url: str) -> None:
    handsets.save(1, 0)
    assert faults(handsets, database_url) == ["no confirm was acknowledged"]
    handsets.confirm(1, 0)
    assert faults(handsets, database_url) == []
    never = Intent("save", "never", 4, acked=True, saving=Saving.nth(1, 1))
    assert [fault.partition(", such as")[0] for fault in faults(handsets, database_url, never)] == ["1 acknowledged saves are lost"]
    with psycopg.connect(database_url) as connection:
        connection.execute(TWICE)
    assert [fault.partition(", such as")[0] for fault in faults(handsets, database_url)] == ["1 saves were done twice"]


def test_no_two_sessions_declare_the_same() -> None:
    savings = [Saving.nth(group, n) for group in (1, 2) for n in range(5_000)]
    assert len(set(savings)) == len(savings)
    assert max(saving.minor for saving in savings) < 1_000_000
