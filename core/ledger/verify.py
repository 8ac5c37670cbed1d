"""Recompute the ledger from its postings and name the first row that is not as it must be.

Every check is one statement over whole tables, so that a ledger of many million postings is verified in minutes; none
trusts a constraint or a trigger, for whoever can change rows past the functions can also switch those off.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from psycopg.rows import dict_row
from sqlalchemy.orm import Session

from core.db.engine import driver


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold: its name, the rows that break it, and what to say of such a row.

    `bad_rows` selects `book_id` first (null where it concerns no book), then what names the row, then what `says` tells.
    """

    name: str
    says: str
    bad_rows: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A check that failed: its first bad row, by the numbers that find it."""

    check: str
    book: str | None
    row: Mapping[str, Any]
    sentence: str


CHECKS: Final = (
    Check(
        "entry-has-postings",
        "entry {entry} needs two postings or more, numbered from 1; it has {lines}, and the last is number {last}",
        """
        SELECT e.book_id, e.id AS entry, count(p.line) AS lines, coalesce(max(p.line), 0) AS last
        FROM entry e LEFT JOIN posting p ON p.book_id = e.book_id AND p.entry_id = e.id
        GROUP BY e.book_id, e.id HAVING count(p.line) < 2 OR max(p.line) <> count(p.line) OR min(p.line) <> 1
        """,
    ),
    Check(
        "entry-balances",
        "the postings of entry {entry} sum to {sum} instead of 0",
        """
        SELECT book_id, entry_id AS entry, sum(amount_minor) AS sum
        FROM posting GROUP BY book_id, entry_id HAVING sum(amount_minor) <> 0
        """,
    ),
    Check(
        "posting-has-entry",
        "posting {line} of entry {entry} stands in a book that has no such entry",
        """
        SELECT p.book_id, p.entry_id AS entry, p.line FROM posting p
        WHERE NOT EXISTS (SELECT FROM entry e WHERE e.book_id = p.book_id AND e.id = p.entry_id)
        """,
    ),
    Check(
        "posting-has-account",
        "posting {line} of entry {entry} goes to account {account}, which is not of its book",
        """
        SELECT p.book_id, p.entry_id AS entry, p.line, p.account_id AS account FROM posting p
        WHERE NOT EXISTS (SELECT FROM account a WHERE a.book_id = p.book_id AND a.id = p.account_id)
        """,
    ),
    Check(
        "account-balance",
        "account {code} (number {account}) says {balance}, its postings sum to {sum}",
        """
        SELECT a.book_id, a.id AS account, a.code, a.balance_minor AS balance, coalesce(p.sum, 0) AS sum
        FROM account a
        LEFT JOIN (SELECT book_id, account_id, sum(amount_minor) AS sum FROM posting GROUP BY book_id, account_id) p
          ON p.book_id = a.book_id AND p.account_id = a.id
        WHERE a.balance_minor <> coalesce(p.sum, 0)
        """,
    ),
    Check(
        "account-version",
        "account {code} (number {account}) is at version {version}, it has {postings} postings",
        """
        SELECT a.book_id, a.id AS account, a.code, a.version, coalesce(p.postings, 0) AS postings
        FROM account a
        LEFT JOIN (SELECT book_id, account_id, count(*) AS postings FROM posting GROUP BY book_id, account_id) p
          ON p.book_id = a.book_id AND p.account_id = a.id
        WHERE a.version <> coalesce(p.postings, 0)
        """,
    ),
    Check(
        "versions-gapless",
        "the postings of account {account} are numbered {first} to {last}, but there are {postings}",
        """
        SELECT book_id, account_id AS account, min(account_version) AS first, max(account_version) AS last, count(*) AS postings
        FROM posting GROUP BY book_id, account_id HAVING min(account_version) <> 1 OR max(account_version) <> count(*)
        """,
    ),
    Check(
        "balance-after",
        "posting {line} of entry {entry} leaves account {account} at {balance_after}; before it stood {before}, and {amount} came",
        """
        SELECT book_id, account_id AS account, account_version AS version, entry_id AS entry, line,
               before, amount_minor AS amount, balance_after_minor AS balance_after
        FROM (SELECT *, coalesce(lag(balance_after_minor) OVER one_account, 0) AS before FROM posting
              WINDOW one_account AS (PARTITION BY book_id, account_id ORDER BY account_version)) posting
        WHERE balance_after_minor <> before + amount_minor
        """,
    ),
    Check(
        "posting-moves-money",
        "posting {line} of entry {entry} is of nothing",
        "SELECT book_id, entry_id AS entry, line FROM posting WHERE amount_minor = 0",
    ),
    Check(
        "no-overdraft",
        "account {code} (number {account}) stands at {balance}, below its floor {floor}",
        """
        SELECT book_id, id AS account, code, side * balance_minor AS balance, floor_minor AS floor
        FROM account WHERE side * balance_minor < floor_minor
        """,
    ),
    Check(
        "account-side",
        "account {code} (number {account}) is of kind {kind}, but a debit counts {side}",
        """
        SELECT book_id, id AS account, code, kind, side FROM account
        WHERE side <> CASE WHEN kind IN ('asset', 'expense') THEN 1 ELSE -1 END
        """,
    ),
    Check(
        "reversal-mirrors",
        "entry {entry} reverses entry {reverses}, but line {line} is not its mirror",
        """
        SELECT r.book_id, r.id AS entry, r.reverses, coalesce(pair.line, 0) AS line
        FROM entry r
        LEFT JOIN LATERAL (
          SELECT coalesce(was.line, mirror.line) AS line,
                 (was.account_id, -was.amount_minor) IS DISTINCT FROM (mirror.account_id, mirror.amount_minor) AS differs
          FROM (SELECT * FROM posting p WHERE p.book_id = r.book_id AND p.entry_id = r.reverses) was
          FULL JOIN (SELECT * FROM posting p WHERE p.book_id = r.book_id AND p.entry_id = r.id) mirror ON mirror.line = was.line
        ) pair ON true
        WHERE r.reverses IS NOT NULL AND (coalesce(pair.differs, true) OR r.reverses >= r.id)
        """,
    ),
    Check(
        "book-balances",
        "the accounts of the book sum to {sum} instead of 0",
        "SELECT book_id, sum(balance_minor) AS sum FROM account GROUP BY book_id HAVING sum(balance_minor) <> 0",
    ),
)


def first_broken(session: Session, check: Check) -> Broken | None:
    """The first row that breaks a check; None where it holds. It takes the time it takes: no statement timeout."""
    connection = driver(session)
    connection.execute("SELECT set_config('statement_timeout', '0', true), set_config('work_mem', '64MB', true)")
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            f"SELECT b.name AS book_name, bad.* FROM ({check.bad_rows}) bad"  # noqa: S608 the checks are ours
            " LEFT JOIN book b ON b.id = bad.book_id ORDER BY bad LIMIT 1"
        ).fetchone()
    if row is None:
        return None
    book = row.pop("book_name")
    where = "" if row["book_id"] is None else f"book {row['book_id'] if book is None else book}: "
    return Broken(check.name, book, row, where + check.says.format(**row))


def verify(session: Session, checks: Iterable[Check] = CHECKS) -> Iterator[Broken]:
    """Give each check that does not hold, with its first bad row."""
    return (broken for check in checks if (broken := first_broken(session, check)) is not None)
