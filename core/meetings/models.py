"""Meetings and who says they will come."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index, PrimaryKeyConstraint, String, func
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, Big, Instant


class Meeting(Base):
    """A meeting of a group."""

    __tablename__ = "meeting"
    __table_args__ = (
        PrimaryKeyConstraint("group_id", "id"),
        Index(None, "group_id", "starts_at"),
        CheckConstraint("state IN ('called','held','cancelled')", name="known_meeting_state"),
        # Those of a day, of all groups at once.
        Index("meeting_called_idx", "starts_at", "group_id", "id", postgresql_where="state = 'called'"),
    )

    group_id: Mapped[Big] = mapped_column(ForeignKey("savings_group.id"))
    id: Mapped[int] = mapped_column(BigInteger, Identity())
    starts_at: Mapped[Instant]
    place: Mapped[str] = mapped_column(String(30))
    state: Mapped[str] = mapped_column(String(10))
    told_at: Mapped[Instant] = mapped_column(server_default=func.now(), comment="when members were last told of its time and place")


class Rsvp(Base):
    """A member's last word on coming to a meeting."""

    __tablename__ = "rsvp"
    __table_args__ = (
        PrimaryKeyConstraint("group_id", "meeting_id", "member_id"),
        ForeignKeyConstraint(["group_id", "meeting_id"], ["meeting.group_id", "meeting.id"], name="rsvp_to_a_meeting"),
        ForeignKeyConstraint(["group_id", "member_id"], ["member.group_id", "member.id"], name="rsvp_of_a_member"),
        CheckConstraint("answer IN ('yes','no','maybe')", name="known_answer"),
    )

    group_id: Mapped[Big]
    meeting_id: Mapped[Big]
    member_id: Mapped[Big]
    answer: Mapped[str] = mapped_column(String(5))
    answered_at: Mapped[Instant]
