from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine

from admin_web.seeds import large
from admin_web.seeds.large import Loaded, SeededOtherwise, seed_large
from admin_web.seeds.large_rows import code_of, number_of, phone_of, savings_of, treasurer_of
from core.db.engine import transaction
from core.ledger.verify import verify
from core.verify import CHECKS
from tests.admin_web.demo import AT, dial, everything, rows, seed
from tests.channels.town import PEPPER, PIN
from tests.conftest import Database

MEMBER = """
SELECT g.code, m.number, m.roles, -a.balance_minor AS savings FROM handset h
JOIN member m ON m.group_id = h.group_id AND m.id = h.member_id JOIN savings_group g ON g.id = m.group_id
JOIN account a ON a.book_id = g.id AND a.member_id = m.id WHERE h.phone = %(phone)s
"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """A database to fill, in transactions of some members."""

    engine: Engine
    url: str

    def seed(self, members: int, groups_of: int = 25) -> Loaded:
        return seed_large(self.url, members=members, groups_of=groups_of, pepper=PEPPER, at=AT)

    def rows(self, statement: str, **parameters: Any) -> list[Any]:  # noqa: ANN401 whatever the statement wants
        return rows(self.engine, statement, **parameters)


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch, clean: None, engine: Engine, database_url: str) -> Iterator[Crowd]:  # noqa: ARG001
    """Give an empty database, that takes 500 members in a transaction and few dear PINs."""
    monkeypatch.setattr(large, "CHUNK_MEMBERS", 500)
    monkeypatch.setattr(large, "DEAR_GROUPS", 2)
    yield Crowd(engine, database_url)
    engine.dispose()


def test_two_thousand_members_hold_every_invariant(crowd: Crowd) -> None:
    loaded = crowd.seed(2_000)
    assert (loaded.members, loaded.groups, loaded.added) == (2_000, 80, 2_000)
    with transaction(crowd.engine) as session:
        assert list(verify(session, CHECKS)) == []
    assert crowd.rows("SELECT count(*), sum(members_ever) FROM savings_group") == [(80, 2_000)]


@pytest.mark.parametrize("n", [1, 2, 25, 26, 501, 2_010])
def test_a_member_can_be_worked_out(crowd: Crowd, n: int) -> None:
    crowd.seed(2_010)
    number = number_of(n, groups_of=25)
    roles = {1: ["treasurer"], 2: ["chair"]}.get(number, [])
    assert crowd.rows(MEMBER, phone=phone_of(n)) == [(code_of((n - 1) // 25 + 1), number, roles, savings_of(n))]


def test_members_dial_save_and_are_confirmed(crowd: Crowd) -> None:
    crowd.seed(60)
    n = 42
    assert n % 3 == 0, "this one speaks English"
    assert "Group 2" in dial(crowd.engine, phone_of(n), "1", "500", "1")[0]
    assert "KES" in dial(crowd.engine, phone_of(n), "3", PIN)[-1]
    asked, *_, confirmed = dial(crowd.engine, phone_of(treasurer_of(n, groups_of=25)), "1", PIN)
    assert "500" in asked
    assert "500" in confirmed
    with transaction(crowd.engine) as session:
        assert list(verify(session, CHECKS)) == []


def test_it_goes_on_where_it_stopped(crowd: Crowd) -> None:
    crowd.seed(100)
    assert crowd.seed(100).added == 0
    assert crowd.seed(50).members == 100
    assert crowd.seed(130).added == 30
    assert crowd.rows("SELECT count(*) FROM handset") == [(130,)]
    for members, groups_of in ((200, 25), (200, 10)):
        with pytest.raises(SeededOtherwise):
            crowd.seed(members, groups_of)


def test_it_is_the_same_everywhere(crowd: Crowd, database: Database) -> None:
    crowd.engine.dispose()
    database.clone()  # tests before this one may have drawn numbers
    crowd.seed(60)
    first = everything(crowd.engine)
    crowd.engine.dispose()
    database.clone()
    crowd.seed(60)
    assert everything(crowd.engine) == first


def test_the_demo_lives_beside_it(crowd: Crowd) -> None:
    crowd.seed(25)
    assert seed(crowd.engine).fresh
    assert crowd.seed(60).added == 35
    with transaction(crowd.engine) as session:
        assert list(verify(session, CHECKS)) == []
