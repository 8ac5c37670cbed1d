"""The people of a benchmark: those of `pamoja seed --size large`, groups of 25, each with its treasurer, everybody's PIN 4826."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import psycopg

from admin_web.seeds.large import seed_large

GROUP_SIZE: Final = 25
PIN: Final = "4826"
_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
# The members of a group declare in turn; never its treasurer, who has number 1.
_DECLARE: Final = """
INSERT INTO declaration (group_id, member_id, person_id, purpose, amount_minor, state, declared_at)
SELECT m.group_id, m.id, m.person_id, 'saving', 50000, 'declared', now() - interval '1 hour'
FROM savings_group g, generate_series(1, %(each)s) n, member m
WHERE g.code = ANY(%(codes)s) AND m.group_id = g.id AND m.number = 2 + n %% (%(size)s - 1)
"""


def phone(n: int) -> str:
    """The phone of member n, from 1."""
    return f"+2547{10_000_000 + n}"


def member(group: int, number: int) -> int:
    """The member who has a number in a group, from 1."""
    return (group - 1) * GROUP_SIZE + number


def fill(url: str, *, members: int, pepper: bytes) -> None:
    """Fill a migrated database."""
    seed_large(url, members=members, groups_of=GROUP_SIZE, pepper=pepper, at=_AT)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def declare(url: str, *, groups: Iterable[int], each: int) -> None:
    """Let cash wait for some treasurers: so many declarations in each group."""
    with psycopg.connect(url) as connection:
        connection.execute(_DECLARE, {"codes": [f"L{group:07d}" for group in groups], "each": each, "size": GROUP_SIZE})
