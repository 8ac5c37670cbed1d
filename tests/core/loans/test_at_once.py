"""Two at once: one loan is asked for, and no more is declared than is owed."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine

from core.commands import ApplyForLoan, Command, DeclareRepayment
from core.db import Work, transaction
from core.execute import execute
from core.ids import new_id
from core.money import Money
from core.refusal import Refused
from tests.builders import AT, Town

pytestmark = pytest.mark.usefixtures("clean")
THREADS = 6


def all_at_once(engine: Engine, command: Callable[[], Command]) -> Counter[str]:
    """Ask in as many transactions that begin together, and count what came of it."""
    begin = Barrier(THREADS)

    def one(_: int) -> str:
        with Work(engine) as work:
            asked = command()
            begin.wait()
            try:
                execute(work.session, asked)
            except Refused as refusal:
                return refusal.code
            finally:
                work.commit()
        return "done"

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(one, range(THREADS)))


def test_a_member_has_one_loan(engine: Engine) -> None:
    with transaction(engine) as session:
        town = Town(session)
        town.saves("amina", 1_000)

    def apply() -> Command:
        who = {"group_id": town.group_id, "actor_id": town.people["amina"]}
        return ApplyForLoan(id=new_id(), at=AT, channel="ussd", **who, amount=Money(300_00, "KES"), months=1)

    assert all_at_once(engine, apply) == {"done": 1, "loan.open": THREADS - 1}
    with transaction(engine) as session:
        numbers = session.connection().exec_driver_sql("SELECT loans_ever FROM savings_group").scalars().all()
    assert numbers == [1]


def test_no_more_is_declared_than_is_owed(engine: Engine) -> None:
    with transaction(engine) as session:
        town = Town(session)
        town.saves("amina", 1_000)
        loan_id = town.borrows("amina", 1_000, months=1)  # 1,050 with the interest

    def declare() -> Command:
        who = {"group_id": town.group_id, "actor_id": town.people["amina"]}
        return DeclareRepayment(id=new_id(), at=AT, channel="ussd", **who, loan_id=loan_id, amount=Money(500_00, "KES"))

    assert all_at_once(engine, declare) == {"done": 2, "loan.repayment_waits": THREADS - 2}
