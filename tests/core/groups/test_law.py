"""What the database itself says of members, of requests and of who decided: whoever writes past the house is refused."""

import psycopg
import pytest
from sqlalchemy.orm import Session

from core.commands import ApplyForLoan, DeclareSaving
from core.db.engine import driver
from core.money import Money
from tests.builders import Town

KES_500 = Money(500_00, "KES")


@pytest.fixture
def town(session: Session) -> Town:
    """Give a group in which Amina asks for a loan, and declares cash."""
    town = Town(session)
    town.saves("amina", 1_000)
    town.asks(ApplyForLoan, "amina", amount=KES_500, months=1)
    town.asks(DeclareSaving, "amina", amount=KES_500)
    return town


@pytest.mark.parametrize(
    ("roles", "law"),
    [
        ("", None),
        ("chair", None),
        ("chair,secretary,treasurer,key_holder", None),
        ("king", "known_offices"),
        ("chair,operator", "known_offices"),
        ('""', "known_offices"),
    ],
)
def test_offices(town: Town, roles: str, law: str | None) -> None:
    assert breaks(town, "UPDATE member SET roles = %(roles)s WHERE group_id = %(group)s", roles=f"{{{roles}}}") == law


@pytest.mark.parametrize(
    ("table", "change", "law"),
    [
        # Who decided is somebody.
        ("member", "decided_by = -1", "member_decided_by_fkey"),
        ("loan", "decided_by = -1", "loan_decided_by_fkey"),
        ("loan", "disbursed_by = -1", "loan_disbursed_by_fkey"),
        ("declaration", "decided_by = -1", "declaration_decided_by_fkey"),
        # What names a member and a person names a member who is that person.
        ("loan", "person_id = {baraka[person_id]}", "loan_of_a_member"),
        ("loan", "member_id = {baraka[id]}", "loan_of_a_member"),
        ("loan", "member_id = {baraka[id]}, person_id = {baraka[person_id]}", None),
        ("declaration", "person_id = {baraka[person_id]}", "declared_by_a_member"),
        ("declaration", "member_id = {baraka[id]}", "declared_by_a_member"),
    ],
)
def test_rows(town: Town, table: str, change: str, law: str | None) -> None:
    baraka = {"id": town.members["baraka"], "person_id": town.people["baraka"]}
    waits = "" if table == "member" else " AND state IN ('applied', 'declared')"
    said = f"UPDATE {table} SET {change.format(baraka=baraka)} WHERE group_id = %(group)s{waits}"  # noqa: S608 our own words
    assert breaks(town, said) == law


def test_there_is_one_installation(town: Town) -> None:
    assert breaks(town, "INSERT INTO installation (id, pepper_mark) VALUES (2, '')") == "one_installation"


def test_an_entry_names_somebody(town: Town) -> None:
    post = """
    SELECT post_entry(%(group)s, 'k', 'test', -1, '2025-03-01', now(), array_agg(id), ARRAY[1, -1]::bigint[])
    FROM account WHERE book_id = %(group)s AND code IN ('cash', 'opening-balances')
    """
    assert breaks(town, post) == "entry_actor_id_fkey"


def breaks(town: Town, statement: str, **values: str) -> str | None:
    """Name the law that a statement breaks."""
    try:
        driver(town.session).execute(statement, {"group": town.group_id, **values})
    except psycopg.errors.IntegrityError as error:
        return error.diag.constraint_name
    return None
