"""Many at once: one event is one entry, no ring of waiting, and nobody takes what is not there."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from core.db import Work, make_engine, transaction
from core.db.engine import driver
from core.ids import AccountId, new_id
from core.ledger.operations import post_entry
from core.ledger.verify import verify
from core.refusal import Refused
from tests.books import AT, TODAY, Books

pytestmark = pytest.mark.usefixtures("clean")


class Shared:
    """A book that is committed, so that every thread sees it."""

    def __init__(self, engine: Engine, codes: Sequence[str]) -> None:
        self.engine = engine
        with transaction(engine) as session:
            books = Books(session, floors=("cash",))
            self.book_id = books.id
            self.accounts = {code: books.account(code) for code in codes}

    def post(self, key: str, lines: Sequence[tuple[str, int]]) -> str:
        """Post in a transaction of its own."""
        accounts: list[tuple[AccountId, int]] = [(self.accounts[code], minor) for code, minor in lines]
        with Work(self.engine) as work:
            try:
                posted = post_entry(work.session, book_id=self.book_id, key=key, kind="x", lines=accounts, effective_on=TODAY, at=AT)
            except Refused as refused:
                return refused.code
            work.commit()
        return "posted" if posted.fresh else "stood"

    def balance(self, code: str) -> int:
        """What an account holds, debit positive."""
        with transaction(self.engine) as session:
            assert list(verify(session)) == []
            row = driver(session).execute("SELECT balance_minor FROM account WHERE id = %s", (self.accounts[code],)).fetchone()
        assert row is not None
        return int(row[0])


def all_at_once(threads: int, work: Callable[[int], str], times: int = 1) -> Counter[str]:
    """Do it in so many threads that begin together, and count what came of it."""
    begin = threading.Barrier(threads)

    def one(n: int) -> list[str]:
        begin.wait()
        return [work(n * times + each) for each in range(times)]

    with ThreadPoolExecutor(threads) as pool:
        return Counter(outcome for outcomes in pool.map(one, range(threads)) for outcome in outcomes)


@pytest.fixture
def many(database_url: str) -> Engine:
    """Give an engine with a connection for each of fifty threads."""
    return make_engine(database_url, pool_size=50)


def test_fifty_with_the_same_key_are_one_entry(many: Engine) -> None:
    shared = Shared(many, ["cash", "equity"])
    assert all_at_once(50, lambda _: shared.post("same", [("cash", 500), ("equity", -500)])) == {"posted": 1, "stood": 49}
    assert shared.balance("cash") == 500
    many.dispose()


def test_opposite_orders_never_wait_in_a_ring(many: Engine) -> None:
    shared = Shared(many, [f"assets:{n}" for n in range(6)])
    codes = list(shared.accounts)

    def work(n: int) -> str:
        order = codes[::-1] if n % 2 else codes
        return shared.post(new_id().hex, [*((code, 1) for code in order[:5]), (order[5], -5)])

    assert all_at_once(16, work, times=12) == {"posted": 192}
    assert sum(shared.balance(code) for code in codes) == 0
    many.dispose()


def test_only_what_fits_is_taken(many: Engine) -> None:
    shared = Shared(many, ["cash", "equity", "expenses:tea"])
    shared.post("gift", [("cash", 1_000), ("equity", -1_000)])
    taken = all_at_once(25, lambda n: shared.post(f"take {n}", [("expenses:tea", 70), ("cash", -70)]))
    assert taken == {"posted": 14, "ledger.overdrawn": 11}
    assert shared.balance("cash") == 20
    many.dispose()
