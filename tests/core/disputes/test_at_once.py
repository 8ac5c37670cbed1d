"""Many at once: one decision is taken, and an entry is never both disputed and undone."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine

from core.commands import Command, DecideDispute, OpenDispute, ReverseEntry, WithdrawDispute
from core.db import Work, make_engine, transaction
from core.execute import execute
from core.ids import DisputeId, new_id
from core.ledger.verify import verify
from core.refusal import Refused
from core.verify import CHECKS
from tests.builders import AT

from .quarrels import Quarrels

pytestmark = pytest.mark.usefixtures("clean")
THREADS = 50


def all_at_once(database_url: str, ask: Callable[[int], Command]) -> Counter[str]:
    """Ask in as many transactions that begin together, each on a connection of its own, and count what came of it."""
    begin, engine = Barrier(THREADS), make_engine(database_url, pool_size=THREADS)

    def one(n: int) -> str:
        with Work(engine) as work:
            asked = ask(n)
            begin.wait()
            try:
                execute(work.session, asked)
            except Refused as refusal:
                return refusal.code
            finally:
                work.commit()
        return "done"

    try:
        with ThreadPoolExecutor(THREADS) as pool:
            return Counter(pool.map(one, range(THREADS)))
    finally:
        engine.dispose()


@pytest.fixture
def town(engine: Engine) -> Quarrels:
    """Give the group, for every thread to see."""
    with transaction(engine) as session:
        return Quarrels(session)


@pytest.fixture
def dispute(engine: Engine, town: Quarrels) -> DisputeId:
    """Give an open dispute of Amina's first saving."""
    with transaction(engine) as session:
        town.session = session
        return town.opens()


def asked_by(town: Quarrels, who: str | None, kind: Callable[..., Command], **said: object) -> Command:
    """Write a command that comes from a phone, or from the console."""
    actor = None if who is None else town.people[who]
    channel = "cli" if who is None else "ussd"
    return kind(id=new_id(), at=AT, channel=channel, group_id=town.group_id, actor_id=actor, pin_given=True, **said)


def found(engine: Engine, town: Quarrels) -> tuple[list[str], int]:
    """Where the disputes stand, and how often the first saving was undone; nothing else may be wrong."""
    with transaction(engine) as session:
        town.session = session
        assert list(verify(session, CHECKS)) == []
        ((undone,),) = town.sql("SELECT count(*) FROM entry WHERE book_id = %s AND reverses = %s", town.group_id, town.entry(town.first))
        return town.states(), undone


def test_of_many_who_decide_one_wins(engine: Engine, database_url: str, town: Quarrels, dispute: DisputeId) -> None:
    def decide(n: int) -> Command:
        return asked_by(town, ("chausiku", "daudi")[n % 2], DecideDispute, dispute_id=dispute, agree=n % 4 < 2)

    assert all_at_once(database_url, decide) == {"done": 1, "role.already_decided": THREADS - 1}
    (state,), undone = found(engine, town)
    assert undone == (state == "upheld")


def test_it_is_taken_back_or_decided(engine: Engine, database_url: str, town: Quarrels, dispute: DisputeId) -> None:
    def close(n: int) -> Command:
        if n % 2:
            return asked_by(town, "amina", WithdrawDispute, dispute_id=dispute)
        return asked_by(town, "chausiku", DecideDispute, dispute_id=dispute, agree=True)

    assert all_at_once(database_url, close) == {"done": 1, "role.already_decided": THREADS - 1}
    (state,), undone = found(engine, town)
    assert undone == (state == "upheld")


def test_an_entry_is_disputed_once(engine: Engine, database_url: str, town: Quarrels) -> None:
    came = all_at_once(database_url, lambda _: asked_by(town, "amina", OpenDispute, code=town.first))
    assert came == {"done": 1, "dispute.open": THREADS - 1}
    assert found(engine, town) == (["open"], 0)


def test_an_entry_is_disputed_or_corrected_but_not_both(engine: Engine, database_url: str, town: Quarrels) -> None:
    correct = {"entry_id": town.entry(town.first), "reason": "counted twice", "effective_on": AT.date()}

    def ask(n: int) -> Command:
        return asked_by(town, "amina", OpenDispute, code=town.first) if n % 2 else asked_by(town, None, ReverseEntry, **correct)

    came = all_at_once(database_url, ask)
    assert came["done"] == 1
    states, undone = found(engine, town)
    assert (states, undone) in (([], 1), (["open"], 0))
