"""Which rules are in force, who holds an office, which phone reaches somebody."""

import json
from datetime import UTC, datetime

import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.db import Work
from core.db.engine import driver
from core.db.statement import Statement
from core.groups import queries
from core.groups.queries import RULES_IN_FORCE
from core.groups.rules import LEADERS, Role, Rules
from tests.builders import Town
from tests.core.outcomes import rows


@pytest.fixture
def town(session: Session) -> Town:
    """Give a group, opened on the first of March, that changes how much one may borrow in April, and again on its last day."""
    town = Town(session)
    for version, (day, multiple) in enumerate((("2025-04-01", 4), ("2025-04-30", 2)), start=2):
        statement = "INSERT INTO constitution (group_id, version, effective_from, rules) VALUES (%s, %s, %s, %s)"
        driver(session).execute(statement, (town.group_id, version, day, Jsonb(Rules(loan_multiple=multiple).as_facts())))
    return town


DAYS = [
    ("2025-03-01 09:00", 3),
    ("2025-03-31 20:59", 3),
    ("2025-03-31 21:00", 4),  # the first of April in Nairobi
    ("2025-04-29 20:59", 4),
    ("2025-04-29 21:00", 2),
    ("2030-01-01 00:00", 2),
]


@pytest.mark.parametrize(("at", "multiple"), DAYS)
def test_rules_are_in_force_from_their_day_on(town: Town, at: str, multiple: int) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert queries.group_card(town.session, group_id=town.group_id, at=moment).rules.loan_multiple == multiple
    # Any statement can say so, whatever it calls the group and the moment.
    text = f"SELECT {RULES_IN_FORCE.format(group='x', at='%(when)s')} AS rules FROM savings_group x WHERE x.id = %(group)s"  # noqa: S608
    found = Statement(text, lambda rules: rules).one(driver(town.session), {"when": moment, "group": town.group_id})
    assert found is not None
    assert found["loan_multiple"] == multiple


def test_a_group_lives_where_it_lives(town: Town) -> None:
    rows(town, "UPDATE savings_group SET timezone = 'America/New_York' WHERE id = %s RETURNING id", town.group_id)
    at = datetime(2025, 4, 1, 3, 59, tzinfo=UTC)
    assert queries.group_card(town.session, group_id=town.group_id, at=at).rules.loan_multiple == 3
    assert queries.group_card(town.session, group_id=town.group_id, at=at.replace(hour=4, minute=0)).rules.loan_multiple == 4


@pytest.mark.parametrize(
    ("roles", "but", "names"),
    [
        (LEADERS, None, ["Baraka", "Chausiku", "Daudi"]),
        (LEADERS, "baraka", ["Chausiku", "Daudi"]),
        ({Role.TREASURER}, None, ["Baraka"]),
        ({Role.KEY_HOLDER}, None, []),
        ({Role.MEMBER}, None, []),
    ],
)
def test_officers(town: Town, roles: frozenset[Role], but: str | None, names: list[str]) -> None:
    found = queries.officers(town.session, group_id=town.group_id, roles=frozenset(roles), but=town.people[but] if but else None)
    assert [each.name for each in found] == names


def test_of_two_phones_it_is_always_the_same_one(town: Town) -> None:
    for phone in ("+254700999999", "+254100000000"):
        rows(
            town,
            "INSERT INTO handset (phone, group_id, member_id, person_id) VALUES (%s, %s, %s, %s) RETURNING phone",
            *(phone, town.group_id, town.members["baraka"], town.people["baraka"]),
        )
    contact = queries.contact(town.session, group_id=town.group_id, member_id=town.members["baraka"])
    (officer,) = queries.officers(town.session, group_id=town.group_id, roles=frozenset({Role.TREASURER}))
    assert contact.phone == officer.phone == "+254100000000"


def test_officers_are_found_by_their_index(owner_engine: Engine) -> None:
    """A group has thousands of members and a few officers."""
    with Work(owner_engine) as work:
        town, connection = Town(work.session), driver(work.session)
        connection.execute("SET LOCAL enable_seqscan = off")
        connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        # The statement itself, as the house has it.
        text = queries._OFFICERS._text.decode()  # noqa: SLF001 what is looked at
        connection.execute(f"PREPARE officers (bigint, bigint, varchar[]) AS {text}".encode())
        values = f"{town.group_id}, NULL, ARRAY['chair']"
        (plan,) = connection.execute(f"EXPLAIN (FORMAT JSON) EXECUTE officers({values})".encode()).fetchone() or (None,)
        connection.execute("DEALLOCATE officers")
    assert "member_officer_idx" in json.dumps(plan)
