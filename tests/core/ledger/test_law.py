"""The database states the law by itself: what the application may not do, and what nobody may."""

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.db import Work
from core.db.engine import driver
from tests.books import Books

TABLES = ("book", "account", "entry", "posting")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO {table} DEFAULT VALUES",
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "ALTER TABLE {table} ADD COLUMN x int",
        "DROP TABLE {table}",
    ],
)
def test_the_application_changes_the_ledger_by_its_functions_only(session: Session, table: str, statement: str) -> None:
    column = "id" if table in ("book", "account", "entry") else "line"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        driver(session).execute(statement.format(table=table, column=column))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE command_record SET outcome = 'done'",
        "DELETE FROM command_record",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
        "CREATE FUNCTION other() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE other (n int)",
    ],
)
def test_the_application_is_no_owner(session: Session, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        driver(session).execute(statement)


INSERT_ENTRY = "INSERT INTO entry (book_id, idempotency_key, kind, effective_on, recorded_at, reverses)"
TWO = "(VALUES (1), (2)) v (n)"


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("no_overdraft", "UPDATE account SET balance_minor = -1 WHERE book_id = %(book)s AND code = 'cash'"),
        ("debit_or_credit", "UPDATE account SET side = 0 WHERE book_id = %(book)s"),
        ("known_kind", "UPDATE account SET kind = 'gift' WHERE book_id = %(book)s"),
        ("one_code_one_account", "UPDATE account SET code = 'cash' WHERE book_id = %(book)s"),
        ("append_only", "DELETE FROM account WHERE book_id = %(book)s"),
        ("append_only", "TRUNCATE account CASCADE"),
        ("append_only", "UPDATE entry SET memo = 'x' WHERE book_id = %(book)s"),
        ("append_only", "DELETE FROM entry WHERE book_id = %(book)s"),
        ("append_only", "TRUNCATE entry CASCADE"),
        ("append_only", "UPDATE posting SET amount_minor = 1 WHERE book_id = %(book)s"),
        ("append_only", "DELETE FROM posting WHERE book_id = %(book)s"),
        ("append_only", "TRUNCATE posting CASCADE"),
        ("append_only", "UPDATE command_record SET outcome = 'x'"),
        ("append_only", "DELETE FROM command_record"),
        ("one_event_one_entry", f"{INSERT_ENTRY} VALUES (%(book)s, 'first', 'x', now(), now(), NULL)"),
        ("reverses_an_entry", f"{INSERT_ENTRY} VALUES (%(book)s, 'x', 'x', now(), now(), 0)"),
        ("entry_has_postings", f"{INSERT_ENTRY} VALUES (%(book)s, 'x', 'x', now(), now(), NULL)"),
        ("one_reversal", f"{INSERT_ENTRY} SELECT book_id, n::text, 'x', now(), now(), id FROM entry, {TWO}"),  # noqa: S608
        ("entry_balances", "INSERT INTO posting VALUES (%(book)s, %(entry)s, 3, %(cash)s, 5, 5, 9)"),
        (
            "entry_balances",
            "INSERT INTO posting VALUES (%(book)s, %(entry)s, 3, %(cash)s, 5, 5, 9), (%(book)s, %(entry)s, 4, %(cash)s, -5, 5, 10)",
        ),
        (
            "posting_pkey",
            "INSERT INTO posting VALUES (%(book)s, %(entry)s, 1, %(cash)s, 5, 5, 9), (%(book)s, %(entry)s, 3, %(cash)s, -5, 5, 10)",
        ),
        ("posting_moves_money", "INSERT INTO posting VALUES (%(book)s, %(entry)s, 3, %(cash)s, 0, 5, 9)"),
        ("gapless_account", "INSERT INTO posting VALUES (%(book)s, %(entry)s, 3, %(cash)s, 5, 5, 1)"),
        (
            "posting_of_an_entry",
            "INSERT INTO posting VALUES (%(book)s, 0, 1, %(cash)s, 5, 5, 9), (%(book)s, 0, 2, %(cash)s, -5, 5, 10)",
        ),
        (
            "posting_to_an_account",
            f"WITH e AS ({INSERT_ENTRY} VALUES (%(book)s, 'x', 'x', now(), now(), NULL) RETURNING id)"  # noqa: ISC004, S608 our own words
            f" INSERT INTO posting SELECT %(book)s, id, n, 0, 3 - 2 * n, 0, n FROM e, {TWO}",
        ),
    ],
)
def test_nobody_may(owner_engine: Engine, name: str, statement: str) -> None:
    with Work(owner_engine) as work:
        books, connection = Books(work.session), work.driver
        books.read("2025-03-01 saving.deposit  cash < savings:amina  500  #first")
        parameters = {"book": books.id, "entry": books.entry("first"), "cash": books.account("cash")}
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(psycopg.errors.DatabaseError) as refused:
            connection.execute(statement, parameters)
        assert refused.value.diag.constraint_name == name
        connection.undo()


def test_an_entry_without_postings_is_not_committed(owner_engine: Engine) -> None:
    with Work(owner_engine) as work:
        books = Books(work.session)
        work.driver.execute(f"{INSERT_ENTRY} VALUES (%s, 'x', 'x', now(), now(), NULL)", (books.id,))
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match="entry_has_postings"):
            work.commit()
