"""What `pamoja seed --size small` promises to whoever scripts the demo."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from admin_web.seeds.small import Seeded
from channels.sandbox.options import DEMO_PEOPLE, Person
from core.db.engine import transaction
from core.ledger.verify import verify
from core.verify import CHECKS
from tests.admin_web.demo import AT, IRENE, JEAN, KEVIN, ROOT, dial, rows, seed
from tests.channels.town import AMINA, BARAKA, CHAUSIKU, DAUDI, FATUMA, GHALIB, HALIMA, PIN, SHARED, STRANGER
from tests.conftest import Database

WHO = """
SELECT p.name, g.name, m.roles, p.language FROM handset h JOIN person p ON p.id = h.person_id
JOIN member m ON m.group_id = h.group_id AND m.id = h.member_id JOIN savings_group g ON g.id = h.group_id WHERE h.phone = %(phone)s
"""
OVERDUE = """
SELECT p.name FROM loan l JOIN person p ON p.id = l.person_id
JOIN account a ON a.book_id = l.group_id AND a.id = l.account_id
WHERE l.state = 'active' AND l.principal_minor + l.interest_minor - a.balance_minor < (
  SELECT sum(i.principal_minor + i.interest_minor) FROM instalment i
  WHERE i.group_id = l.group_id AND i.loan_id = l.id AND i.due_on < %(on)s)
"""


@pytest.fixture(scope="module")
def demo(database: Database, engine: Engine) -> Iterator[Seeded]:
    """Seed once for all of these tests; the database is made anew after them."""
    yield seed(engine)
    engine.dispose()
    database.clone()


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("person", [each for each in DEMO_PEOPLE if each.group != "Others"], ids=lambda person: person.name)
def test_everybody_is_who_the_sandbox_says(engine: Engine, person: Person) -> None:
    ((name, group, roles, language),) = rows(engine, WHO, phone=person.phone)
    assert (name, group, roles or ["member"], language) == (person.name, person.group, [person.role], person.language)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("phone", [AMINA, BARAKA, CHAUSIKU, DAUDI])
def test_umoja_sees_the_root_at_once(engine: Engine, phone: str) -> None:
    (shown,) = dial(engine, phone)
    assert shown.splitlines()[1:] == ROOT


@pytest.mark.usefixtures("demo")
def test_amina_may_save_and_borrow(engine: Engine) -> None:
    *_, most = dial(engine, AMINA, "2")
    assert most.startswith("Up to KES ")
    later = AT + timedelta(hours=1)
    dial(engine, AMINA, "1", "500", "1", at=later)
    asked, _, confirmed = dial(engine, BARAKA, "1", PIN, at=later)
    assert "Amina" in asked
    assert "KES 500" in asked
    assert "KES 500" in confirmed
    assert dial(engine, BARAKA, at=later)[0].splitlines()[1:] == ROOT


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("phone", [FATUMA, GHALIB, HALIMA])
def test_tumaini_is_asked_about_tomorrow(engine: Engine, phone: str) -> None:
    (shown,) = dial(engine, phone)
    assert shown.startswith("Tumaini: mkutano Jnne 03/03 15:00")
    assert shown.endswith("4 Menyu")


@pytest.mark.usefixtures("demo")
def test_espoir_speaks_french_and_has_loans(engine: Engine) -> None:
    root, loan = dial(engine, IRENE, "2")
    assert root.splitlines()[:2] == ["Espoir: Irene", "1 Epargner"]
    assert loan.startswith("Pret KES 15,000: reste KES ")
    for phone in (JEAN, KEVIN):
        assert dial(engine, phone)[0].startswith("Espoir: ")


@pytest.mark.usefixtures("demo")
def test_one_loan_of_espoir_is_overdue(engine: Engine) -> None:
    assert rows(engine, OVERDUE, on=AT.date()) == [("Kevin",)]


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(("number", "name"), [("5", "Esther"), ("6", "Faraji")])
def test_two_on_one_handset(engine: Engine, number: str, name: str) -> None:
    who, pin, root = dial(engine, SHARED, number, PIN)
    assert "member number" in who
    assert name in pin
    assert root.splitlines()[0] == f"Umoja: {name}"


@pytest.mark.usefixtures("demo")
def test_a_stranger_is_welcomed(engine: Engine) -> None:
    assert dial(engine, STRANGER)[0].startswith("Welcome")


@pytest.mark.usefixtures("demo")
def test_everybody_has_the_pin(engine: Engine) -> None:
    # Umoja, Tumaini (whose meeting comes first) and Espoir.
    for phone, replies in ((DAUDI, ("3",)), (GHALIB, ("4", "3")), (KEVIN, ("3",))):
        assert "KES" in dial(engine, phone, *replies, PIN)[-1]


def test_the_past_is_plausible(engine: Engine, demo: Seeded) -> None:
    assert (demo.groups, demo.members, demo.fresh) == (3, 12, True)
    assert rows(engine, "SELECT code, kind FROM savings_group ORDER BY id") == [
        ("UMOJA", "vsla"),
        ("TUMAINI", "chama"),
        ("ESPOIR", "sacco"),
    ]
    assert rows(engine, "SELECT count(*) FROM meeting WHERE state = 'held' GROUP BY group_id") == [(26,)] * 3
    assert rows(engine, "SELECT count(*) FROM meeting WHERE state = 'called'") == [(1,)]
    assert rows(engine, "SELECT count(DISTINCT state) FROM loan WHERE state IN ('active', 'settled')") == [(2,)]
    today = AT.replace(hour=0)
    assert rows(engine, "SELECT count(*) FROM declaration WHERE declared_at >= %(since)s AND declared_at < %(at)s", since=today, at=AT) == [
        (0,)
    ]


@pytest.mark.usefixtures("demo")
def test_nothing_of_the_past_is_sent(engine: Engine) -> None:
    assert rows(engine, "SELECT count(*) FROM outbox WHERE state <> 'sent' AND created_at <= %(at)s", at=AT) == [(0,)]


@pytest.mark.usefixtures("demo")
def test_every_invariant_holds(engine: Engine) -> None:
    with transaction(engine) as session:
        assert list(verify(session, CHECKS)) == []
