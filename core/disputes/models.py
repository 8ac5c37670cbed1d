"""Disputes: a member's word that an entry on their account is wrong."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index, PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, Big, Instant


class Dispute(Base):
    """A member's word that an entry is wrong, until others decide on it or the member takes it back."""

    __tablename__ = "dispute"
    __table_args__ = (
        PrimaryKeyConstraint("group_id", "id"),
        ForeignKeyConstraint(
            ["group_id", "member_id", "person_id"], ["member.group_id", "member.id", "member.person_id"], name="disputed_by_a_member"
        ),
        ForeignKeyConstraint(["group_id", "entry_id"], ["entry.book_id", "entry.id"], name="disputes_an_entry"),
        ForeignKeyConstraint(["group_id", "reversal_id"], ["entry.book_id", "entry.id"], name="upheld_by_an_entry"),
        CheckConstraint("state IN ('open','upheld','rejected','withdrawn')", name="known_dispute_state"),
        CheckConstraint("(state = 'upheld') = (reversal_id IS NOT NULL)", name="upheld_is_reversed"),
        CheckConstraint("(state IN ('upheld','rejected')) = (decided_by IS NOT NULL)", name="decided_by_somebody"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="closed_at_its_time"),
        CheckConstraint(
            "decided_by IS NULL OR decided_by <> person_id AND decided_by IS DISTINCT FROM recorded_by",
            name="dispute_maker_is_not_checker",
        ),
        # It does not begin as the primary key does, and serves the question whether an entry is disputed.
        Index("one_open_dispute", "entry_id", "member_id", "group_id", unique=True, postgresql_where="state = 'open'"),
        Index("dispute_waiting_idx", "group_id", "id", postgresql_where="state = 'open'"),
    )

    group_id: Mapped[Big]
    id: Mapped[int] = mapped_column(BigInteger, Identity())
    entry_id: Mapped[Big]
    recorded_by: Mapped[Big | None] = mapped_column(
        ForeignKey("person.id"), comment="who recorded the entry, who must not decide; null for an operator"
    )
    member_id: Mapped[Big]
    person_id: Mapped[Big] = mapped_column(comment="the member's person, who must not decide")
    opened_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[Big | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[Instant | None] = mapped_column(comment="when it was decided, or taken back")
    reversal_id: Mapped[Big | None] = mapped_column(comment="the entry that undid what was disputed")
