"""Any history of a book, against a model that is a dictionary."""

from contextlib import ExitStack

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine

from core.db import Work
from core.ledger import queries
from core.ledger.verify import verify
from tests.books import Books

FLOORS = ("cash", "savings:amina", "savings:baraka")
CODES = (*FLOORS, "equity", "expenses:tea")
CREDIT = ("savings:amina", "savings:baraka", "equity")
AMOUNTS = st.integers(1, 500)
Lines = list[tuple[str, int]]


class History(RuleBasedStateMachine):
    """Posts, repeats, reuses keys and reverses at random; after each step the book is what the model says."""

    keys = Bundle("keys")

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._work = ExitStack()
        self.books = Books(self._work.enter_context(Work(engine)).session, floors=FLOORS)
        self.balances = dict.fromkeys(CODES, 0)
        self.entries: dict[str, Lines] = {}
        self.reversed: set[str] = set()
        for code in CODES:
            self.books.account(code)

    def teardown(self) -> None:
        broken = list(verify(self.books.session))
        self._work.close()
        assert broken == []

    def _move(self, lines: Lines) -> bool:
        """Move the model; say no where a floor forbids it. Accounts move in the order of their numbers, line by line."""
        after = dict(self.balances)
        for code, minor in sorted(lines, key=lambda line: CODES.index(line[0])):
            after[code] += minor
            if code in FLOORS and (-after[code] if code in CREDIT else after[code]) < 0:
                return False
        self.balances = after
        return True

    def _take(self, key: str, lines: Lines) -> str:
        if not self._move(lines):
            return "ledger.overdrawn"
        self.entries[key] = lines
        return "posted"

    @rule(target=keys, parts=st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(CODES), AMOUNTS), min_size=1, max_size=3))
    def post(self, parts: list[tuple[str, str, int]]) -> str:
        lines = [line for debit, credit, minor in parts for line in ((debit, minor), (credit, -minor))]
        key = f"{len(self.entries)}.{self.books.id}.{sum(self.balances.values())}.{len(self.reversed)}"
        outcome = "stood" if self.entries.get(key) == lines else "ledger.key_reused" if key in self.entries else self._take(key, lines)
        assert self.books.post(lines, key=key) == outcome
        return key

    @rule(key=keys)
    def repeat(self, key: str) -> None:
        if key in self.entries:
            assert self.books.post(self.entries[key], key=key) == "stood"

    @rule(key=keys, minor=AMOUNTS)
    def reuse(self, key: str, minor: int) -> None:
        lines = [("cash", minor + 1_000_000), ("equity", -minor - 1_000_000)]
        if key in self.entries:
            assert self.books.post(lines, key=key) == "ledger.key_reused"

    @precondition(lambda self: self.entries)
    @rule(key=keys)
    def reverse(self, key: str) -> None:
        mirror = [(code, -minor) for code, minor in self.entries.get(key, [])]
        if not mirror:
            outcome = "ledger.no_such_entry"
        elif key in self.reversed:
            outcome = "stood"
        elif self._move(mirror):
            self.reversed.add(key)
            outcome = "posted"
        else:
            outcome = "ledger.overdrawn"
        assert self.books.reverse(key) == outcome

    @rule(key=consumes(keys))
    def reverse_again_under_another_key(self, key: str) -> None:
        if key in self.reversed:
            assert self.books.reverse(key, as_key=f"once more {key}") == "ledger.already_reversed"

    @rule(minor=AMOUNTS)
    def take_more_than_there_is(self, minor: int) -> None:
        assert self.books.post([("expenses:tea", self.balances["cash"] + minor), ("cash", -self.balances["cash"] - minor)]) == (
            "ledger.overdrawn"
        )

    @invariant()
    def holds_what_the_model_says(self) -> None:
        trial = queries.trial_balance(self.books.session, book_id=self.books.id)
        assert {line.code: line.minor for line in trial} == self.balances


def test_any_history(engine: Engine) -> None:
    class Here(History):
        def __init__(self) -> None:
            super().__init__(engine)

    run_state_machine_as_test(Here, settings=settings(max_examples=60, stateful_step_count=20, deadline=None))
