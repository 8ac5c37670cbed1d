"""Whatever is done with disputes, in whatever order: no balance moves but by a decision that upholds one, and then by its mirror."""

from collections.abc import Callable

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from core.db import Work
from core.ids import DisputeId
from core.ledger.verify import verify
from core.verify import CHECKS

from .quarrels import Quarrels

_WHO = st.sampled_from(["amina", "baraka", "chausiku", "daudi"])
_WHAT = st.sampled_from(["first", "second", "treasurers"])
_STEPS = st.one_of(
    st.tuples(st.just("open"), _WHO, _WHAT),
    st.tuples(st.just("decide"), _WHO, st.integers(0, 3), st.booleans()),
    st.tuples(st.just("withdraw"), _WHO, st.integers(0, 3)),
)


def moved_by(town: Quarrels, dispute: DisputeId) -> dict[str, int]:
    """What the mirror of a disputed entry moves, by account."""
    statement = (
        "SELECT a.code, -p.amount_minor FROM dispute d JOIN posting p ON p.book_id = d.group_id AND p.entry_id = d.entry_id"
        " JOIN account a ON a.book_id = p.book_id AND a.id = p.account_id WHERE d.group_id = %s AND d.id = %s"
    )
    return dict(town.sql(statement, town.group_id, dispute))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=[("open", "amina", "first"), ("decide", "chausiku", 0, True), ("decide", "daudi", 0, True), ("withdraw", "amina", 0)])
@given(steps=st.lists(_STEPS, min_size=4, max_size=14))
def test_only_what_is_upheld_moves_a_balance(engine: Engine, steps: list[tuple[object, ...]]) -> None:
    with Work(engine) as work:
        town = Quarrels(work.session)
        known: list[DisputeId] = []
        for step in steps:
            before, expected = town.balances(), dict[str, int]()
            came = take(town, step, known)
            if came == "done" and step[0] == "decide" and step[3]:
                expected = moved_by(town, one_of(known, step[2]))
            assert town.balances() == {code: minor + expected.get(code, 0) for code, minor in before.items()}, step
        assert list(verify(town.session, CHECKS)) == []


def one_of(known: list[DisputeId], n: object) -> DisputeId:
    """One of the disputes that were opened, or one that was not."""
    assert isinstance(n, int)
    return known[n % len(known)] if known else DisputeId(0)


def take(town: Quarrels, step: tuple[object, ...], known: list[DisputeId]) -> str:
    """Take a step, and say what came of it; a dispute that it opens is known from then on."""
    deeds: dict[object, Callable[[], str]] = {
        "open": lambda: town.disputes(str(step[1]), getattr(town, str(step[2]))),
        "decide": lambda: town.decides(str(step[1]), one_of(known, step[2]), agree=bool(step[3])),
        "withdraw": lambda: town.withdraws(str(step[1]), one_of(known, step[2])),
    }
    came = deeds[step[0]]()
    if step[0] == "open" and came == "done":
        ((newest,),) = town.sql("SELECT max(id) FROM dispute WHERE group_id = %s", town.group_id)
        known.append(DisputeId(newest))
    return came
