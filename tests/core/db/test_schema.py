"""The tables are what the models say, and everything of a group distributes by its group."""

import importlib
from collections.abc import Iterable

import psycopg
import pytest
from sqlalchemy import ForeignKeyConstraint, MetaData, Table, UniqueConstraint

from core.db.migrate import differences, models

GROUP_COLUMNS = frozenset({"group_id", "book_id"})
# Few and small, or asked for before the group is known: reference tables, where the schema is distributed.
WITHOUT_GROUP = {"installation", "organisation", "person", "pin", "link_code", "savings_group", "book", "telegram_account", "telegram_try"}
# What comes from a gateway is found by the gateway's own id, or by a number, before any group is known.
BY_SESSION = {"conversation", "sms_received", "delivery_report", "stopped", "telegram_update"}


def house() -> MetaData:
    """Every table of the house, with that of the channels."""
    importlib.import_module("channels.conversations")
    importlib.import_module("channels.sms.received")
    importlib.import_module("channels.telegram.received")
    return models()


GROUP_TABLES = [table for table in house().sorted_tables if table.name not in WITHOUT_GROUP | BY_SESSION]


def group_column(table: Table) -> str:
    """The column that says whose the row is."""
    (name,) = GROUP_COLUMNS & {column.name for column in table.columns}
    return name


def names(columns: Iterable[object]) -> list[str]:
    """The names of columns."""
    return [str(getattr(column, "name", column)) for column in columns]


def test_the_database_is_what_the_models_say(database_url: str) -> None:
    house()
    assert differences(database_url) == []


def test_every_constraint_of_the_models_is_in_the_database_and_no_other(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT t.relname, c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid"
            " WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('c', 'f', 'u', 'p') AND t.relname <> 'alembic_version'"
        ).fetchall()
    said = {(table.name, str(constraint.name)) for table in house().sorted_tables for constraint in table.constraints}
    assert set(found) == {(table, name) for table, name in said if name != "None"} | {
        (table.name, f"{table.name}_pkey") for table in house().sorted_tables if table.primary_key.name is None
    }


def test_every_table_is_a_groups_or_known_to_be_nobodys() -> None:
    for table in GROUP_TABLES:
        assert group_column(table), table.name
    assert {table.name for table in house().sorted_tables} >= WITHOUT_GROUP | BY_SESSION


@pytest.mark.parametrize("table", GROUP_TABLES, ids=str)
def test_the_group_is_in_every_key(table: Table) -> None:
    group = group_column(table)
    assert group in names(table.primary_key)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            assert group in names(constraint.columns), constraint.name
    for index in table.indexes:
        assert not index.unique or group in names(index.columns), index.name


@pytest.mark.parametrize("table", GROUP_TABLES, ids=str)
def test_no_foreign_key_leaves_the_group(table: Table) -> None:
    group = group_column(table)
    for constraint in table.constraints:
        if not isinstance(constraint, ForeignKeyConstraint) or constraint.referred_table.name in WITHOUT_GROUP - {"savings_group", "book"}:
            continue
        pairs = [(element.parent.name, element.column.name) for element in constraint.elements]
        assert any(ours == group and theirs in {"id", "group_id", "book_id"} for ours, theirs in pairs), constraint.name
