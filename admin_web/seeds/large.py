"""Any number of members for benchmarks, streamed by COPY as the owner of the tables; every trigger and constraint stays on."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg
from argon2 import PasswordHasher
from psycopg import sql

from admin_web.seeds.large_rows import COLUMNS, PIN, Chunk, FirstIds, number_of, tables
from core.commands import Secret
from core.groups import pins
from core.ids import PersonId

ORGANISATION: Final = "Pamoja Large"
COUNTRY: Final = "KE"
CHUNK_MEMBERS: Final = 25_000
_SLICE: Final = 500
# Hashing as the house does it costs 15 ms a PIN, so only these treasurers have such a hash: a benchmark that includes
# the price of a PIN takes them. All others have the same PIN under a hash that costs next to nothing.
DEAR_GROUPS: Final = 200
_CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_PIN_COLUMNS: Final = "person_id, hash, set_at"
_ORGANISATION: Final = """
INSERT INTO organisation (name, country) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET country = excluded.country RETURNING id
"""
_FOUND: Final = """
SELECT count(*), coalesce(sum(members_ever), 0)::bigint, coalesce(max(members_ever), 0) FROM savings_group WHERE organisation_id = %s
"""
# Whoever inserts takes the table first, so nobody draws a number while these are held.
_HOLD: Final = "LOCK TABLE savings_group, book, person, member, account, entry IN SHARE ROW EXCLUSIVE MODE"


class SeededOtherwise(Exception):
    """The database holds a large seed that this one cannot go on from."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What stands in the database now, how much of it is new, and how long that took."""

    members: int
    groups: int
    added: int
    seconds: float

    @property
    def members_per_second(self) -> int:
        """How fast it went."""
        return round(self.added / self.seconds) if self.seconds else 0


def seed_large(
    database_url: str, *, members: int, groups_of: int, pepper: bytes, at: datetime, progress: Callable[[int], None] = lambda _: None
) -> Loaded:
    """Make sure that so many members are there; what was broken off goes on where it stopped.

    :raises SeededOtherwise: if what is there has groups of another size, or ended in the middle of a group
    """
    began = time.monotonic()
    with psycopg.connect(database_url, autocommit=True) as connection, ThreadPoolExecutor(os.cpu_count()) as pool:
        organisation_id, found = _begin(connection, members=members, groups_of=groups_of)
        for first in range(found + 1, members + 1, chunk_size(groups_of)):
            last = min(first + chunk_size(groups_of) - 1, members)
            chunk = Chunk(first=first, last=last, groups_of=groups_of, organisation_id=organisation_id, at=at)
            with connection.transaction():
                _load(connection, chunk, pool, pepper=pepper)
            progress(last)
        if found < members:
            # Not only what the planner must know: the first readers need not clean up either.
            connection.execute(f"VACUUM (ANALYZE) {', '.join(('pin', *COLUMNS))}")
        held = max(found, members)
        return Loaded(members=held, groups=-(-held // groups_of), added=max(0, members - found), seconds=time.monotonic() - began)


def chunk_size(groups_of: int) -> int:
    """Say how many members go into one transaction: as many whole groups as come near to the usual number."""
    return max(1, CHUNK_MEMBERS // groups_of) * groups_of


def _begin(connection: psycopg.Connection, *, members: int, groups_of: int) -> tuple[int, int]:
    """Find or open the organisation, and say how many members it has."""
    row = connection.execute(_ORGANISATION, (ORGANISATION, COUNTRY)).fetchone()
    assert row is not None
    counted = connection.execute(_FOUND, row).fetchone()
    assert counted is not None
    groups, found, largest = counted
    if found >= members or not found:
        return row[0], found
    if found % groups_of or largest != groups_of:
        raise SeededOtherwise(f"There are {found} members in {groups} groups of {largest} already: take an empty database")
    return row[0], found


def _load(connection: psycopg.Connection, chunk: Chunk, pool: ThreadPoolExecutor, *, pepper: bytes) -> None:
    connection.execute(_HOLD)
    ids = FirstIds(**{table: _reserve(connection, table, count) for table, count in chunk.counts().items()})
    # Hashing uses other cores than PostgreSQL, meanwhile.
    slices = (chunk.members[start : start + _SLICE] for start in range(0, len(chunk.members), _SLICE))
    hashes = pool.map(lambda members: _pins(members, chunk, ids, pepper), slices)
    for table, rows in tables(chunk, ids):
        _copy(connection, table, COLUMNS[table], iter((rows,)))
    _copy(connection, "pin", _PIN_COLUMNS, hashes)


def _reserve(connection: psycopg.Connection, table: str, count: int) -> int:
    """Take so many ids of a table in a row, and give the first."""
    row = connection.execute(
        "SELECT first, setval(numbers, first + %(count)s - 1)"
        " FROM (SELECT s AS numbers, nextval(s) AS first FROM (SELECT pg_get_serial_sequence(%(table)s, 'id')::regclass AS s) _) _",
        {"table": table, "count": count},
    ).fetchone()
    assert row is not None
    return int(row[0])


def _copy(connection: psycopg.Connection, table: str, columns: str, blocks: Iterator[str]) -> None:
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns.split(", "))
    with connection.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)) as copy:
        for block in blocks:
            copy.write(block)


def _pins(members: range, chunk: Chunk, ids: FirstIds, pepper: bytes) -> str:
    """Give the rows of some members' PINs."""
    moment, rows = chunk.at.isoformat(), []
    for n in members:
        person_id = PersonId(ids.person + n - chunk.first)
        rows.append(f"{person_id}\t{_hash(n, chunk, pins.seal(PIN, person_id=person_id, pepper=pepper))}\t{moment}\n")
    return "".join(rows)


def _hash(n: int, chunk: Chunk, sealed: Secret) -> str:
    dear = n <= DEAR_GROUPS * chunk.groups_of and number_of(n, groups_of=chunk.groups_of) == 1
    return pins.hashed(sealed) if dear else _CHEAP.hash(sealed.value)
