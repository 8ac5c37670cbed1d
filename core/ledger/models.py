"""The ledger's tables: books, accounts, entries and postings.

A group's book carries the group's own number, so `book_id` is the `group_id` of everything in it and the ledger
distributes with its group. Signs: a positive posting is a debit, a negative one a credit.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, Big, Currency, Instant


class Book(Base):
    """A closed set of accounts in one currency: a group's, the organisation's, or one that was imported."""

    __tablename__ = "book"

    id: Mapped[Big] = mapped_column(primary_key=True, autoincrement=False, comment="a group's book has the group's number")
    organisation_id: Mapped[Big | None] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(80), unique=True)
    currency: Mapped[Currency]


class Account(Base):
    """One account of a book. Only `post_entry` moves its balance."""

    __tablename__ = "account"
    __table_args__ = (
        PrimaryKeyConstraint("book_id", "id"),
        UniqueConstraint("book_id", "code", name="one_code_one_account"),
        CheckConstraint("floor_minor IS NULL OR side * balance_minor >= floor_minor", name="no_overdraft"),
        CheckConstraint("side IN (-1, 1)", name="debit_or_credit"),
        CheckConstraint("kind IN ('asset','liability','equity','income','expense')", name="known_kind"),
        Index(None, "book_id", "member_id", postgresql_where="member_id IS NOT NULL"),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    book_id: Mapped[Big] = mapped_column(ForeignKey("book.id"))
    id: Mapped[int] = mapped_column(BigInteger, Identity())
    code: Mapped[str] = mapped_column(String(80), comment="cash, savings:<member number>, loan:<loan number>, …")
    kind: Mapped[str] = mapped_column(String(10))
    side: Mapped[int] = mapped_column(SmallInteger, comment="1 where a debit adds, -1 where a credit adds")
    member_id: Mapped[Big | None] = mapped_column(comment="whose account it is, if a member's")
    floor_minor: Mapped[Big | None] = mapped_column(comment="the least balance, counted on the account's own side")
    balance_minor: Mapped[Big] = mapped_column(server_default="0", comment="sum of its postings, debit positive")
    version: Mapped[Big] = mapped_column(server_default="0", comment="number of its postings")


class Entry(Base):
    """A journal entry: one event, posted once."""

    __tablename__ = "entry"
    __table_args__ = (
        PrimaryKeyConstraint("book_id", "id"),
        UniqueConstraint("book_id", "idempotency_key", name="one_event_one_entry"),
        Index("one_reversal", "book_id", "reverses", unique=True, postgresql_where="reverses IS NOT NULL"),
        ForeignKeyConstraint(["book_id", "reverses"], ["entry.book_id", "entry.id"], name="reverses_an_entry"),
        # An entry must have a first posting, and postings are only accepted in balanced sets (trigger
        # entry_balances): so no entry can be committed empty or out of balance.
        ForeignKeyConstraint(
            ["book_id", "id", "first_line"],
            ["posting.book_id", "posting.entry_id", "posting.line"],
            name="entry_has_postings",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
    )

    book_id: Mapped[Big] = mapped_column(ForeignKey("book.id"))
    id: Mapped[int] = mapped_column(BigInteger, Identity())
    idempotency_key: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[Big | None] = mapped_column(ForeignKey("person.id"), comment="the person who brought it about")
    effective_on: Mapped[date]
    recorded_at: Mapped[Instant]
    reverses: Mapped[Big | None]
    memo: Mapped[str | None] = mapped_column(String(200))
    command_id: Mapped[UUID | None]
    first_line: Mapped[int] = mapped_column(SmallInteger, Computed("1", persisted=True))


class Posting(Base):
    """One line of an entry."""

    __tablename__ = "posting"
    __table_args__ = (
        PrimaryKeyConstraint("book_id", "entry_id", "line"),
        UniqueConstraint("book_id", "account_id", "account_version", name="gapless_account"),
        ForeignKeyConstraint(["book_id", "entry_id"], ["entry.book_id", "entry.id"], name="posting_of_an_entry"),
        ForeignKeyConstraint(["book_id", "account_id"], ["account.book_id", "account.id"], name="posting_to_an_account"),
        CheckConstraint("amount_minor <> 0", name="posting_moves_money"),
    )

    book_id: Mapped[Big]
    entry_id: Mapped[Big]
    line: Mapped[int] = mapped_column(SmallInteger)
    account_id: Mapped[Big]
    amount_minor: Mapped[Big] = mapped_column(comment="debit positive, credit negative")
    balance_after_minor: Mapped[Big]
    account_version: Mapped[Big]
