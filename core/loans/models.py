"""Loans and their instalments."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, Big, Instant


class Loan(Base):
    """A loan of a member, from the asking to the last instalment. What is owed is the balance of its account."""

    __tablename__ = "loan"
    __table_args__ = (
        PrimaryKeyConstraint("group_id", "id"),
        UniqueConstraint("group_id", "number", name="one_number_one_loan"),
        ForeignKeyConstraint(
            ["group_id", "member_id", "person_id"], ["member.group_id", "member.id", "member.person_id"], name="loan_of_a_member"
        ),
        ForeignKeyConstraint(["group_id", "account_id"], ["account.book_id", "account.id"], name="loan_account"),
        CheckConstraint("state IN ('applied','approved','active','settled','rejected','cancelled')", name="known_loan_state"),
        CheckConstraint("principal_minor BETWEEN 1 AND 1000000000000 AND interest_minor >= 0", name="loan_amounts"),
        CheckConstraint("months BETWEEN 1 AND 60", name="loan_months"),
        CheckConstraint("decided_by IS NULL OR state = 'cancelled' OR decided_by <> person_id", name="loan_maker_is_not_checker"),
        CheckConstraint("disbursed_by IS NULL OR disbursed_by <> person_id", name="borrower_does_not_disburse"),
        CheckConstraint("(state IN ('active','settled')) = (account_id IS NOT NULL)", name="disbursed_has_account"),
        Index("one_open_loan", "group_id", "member_id", unique=True, postgresql_where="state IN ('applied','approved','active')"),
        Index("loan_waiting_idx", "group_id", "id", postgresql_where="state IN ('applied','approved')"),
    )

    group_id: Mapped[Big]
    id: Mapped[int] = mapped_column(BigInteger, Identity())
    number: Mapped[int] = mapped_column(comment="within the group, from 1")
    member_id: Mapped[Big]
    person_id: Mapped[Big] = mapped_column(comment="the member's person: who must not decide on it")
    state: Mapped[str] = mapped_column(String(10))
    principal_minor: Mapped[Big]
    interest_minor: Mapped[Big] = mapped_column(comment="flat: principal x monthly rate x months, fixed at the asking")
    months: Mapped[int]
    rate_bps_monthly: Mapped[int] = mapped_column(comment="flat, in hundredths of a per cent a month")
    applied_at: Mapped[Instant]
    decided_by: Mapped[Big | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[Instant | None]
    disbursed_by: Mapped[Big | None] = mapped_column(ForeignKey("person.id"))
    disbursed_at: Mapped[Instant | None]
    account_id: Mapped[Big | None]
    settled_at: Mapped[Instant | None]


class Instalment(Base):
    """One part of a loan, with the day it is due. What is paid of it follows from the loan's account."""

    __tablename__ = "instalment"
    __table_args__ = (
        PrimaryKeyConstraint("group_id", "loan_id", "n"),
        ForeignKeyConstraint(["group_id", "loan_id"], ["loan.group_id", "loan.id"], name="instalment_of_a_loan"),
        CheckConstraint("principal_minor >= 0 AND interest_minor >= 0", name="instalment_amounts"),
        # What is due on a day, of all groups at once.
        Index("instalment_due_idx", "due_on", "group_id", "loan_id", "n"),
    )

    group_id: Mapped[Big]
    loan_id: Mapped[Big]
    n: Mapped[int]
    due_on: Mapped[date]
    principal_minor: Mapped[Big]
    interest_minor: Mapped[Big]
