"""Cash that a member says they handed over, until the treasurer says so too."""

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


class Declaration(Base):
    """A member's word that cash was handed over; money moves only when another person confirms it."""

    __tablename__ = "declaration"
    __table_args__ = (
        PrimaryKeyConstraint("group_id", "id"),
        UniqueConstraint("group_id", "entry_id", name="one_declaration_one_entry"),
        ForeignKeyConstraint(
            ["group_id", "member_id", "person_id"], ["member.group_id", "member.id", "member.person_id"], name="declared_by_a_member"
        ),
        ForeignKeyConstraint(["group_id", "loan_id"], ["loan.group_id", "loan.id"], name="repays_a_loan"),
        ForeignKeyConstraint(["group_id", "entry_id"], ["entry.book_id", "entry.id"], name="declaration_entry"),
        CheckConstraint("purpose IN ('saving','repayment')", name="known_purpose"),
        CheckConstraint("(purpose = 'repayment') = (loan_id IS NOT NULL)", name="a_repayment_names_its_loan"),
        CheckConstraint("amount_minor BETWEEN 1 AND 1000000000000", name="declared_amount"),
        CheckConstraint("state IN ('declared','confirmed','refused')", name="known_declaration_state"),
        CheckConstraint("(state = 'confirmed') = (entry_id IS NOT NULL)", name="confirmed_is_posted"),
        CheckConstraint("decided_by IS NULL OR decided_by <> person_id", name="cash_maker_is_not_checker"),
        Index("declaration_waiting_idx", "group_id", "id", postgresql_where="state = 'declared'"),
        Index(None, "group_id", "member_id", "declared_at"),
    )

    group_id: Mapped[Big]
    id: Mapped[int] = mapped_column(BigInteger, Identity())
    member_id: Mapped[Big]
    person_id: Mapped[Big] = mapped_column(comment="the member's person: who must not confirm it")
    purpose: Mapped[str] = mapped_column(String(10))
    loan_id: Mapped[Big | None]
    amount_minor: Mapped[Big]
    state: Mapped[str] = mapped_column(String(10))
    declared_at: Mapped[Instant]
    decided_by: Mapped[Big | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[Instant | None]
    entry_id: Mapped[Big | None]
