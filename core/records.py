"""What was asked, by whom, and what came of it: the record of every command is the audit trail."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, Big, Instant


class CommandRecord(Base):
    """One command and its outcome, written in the command's own transaction and never changed."""

    __tablename__ = "command_record"
    __table_args__ = (
        PrimaryKeyConstraint("group_id", "id", name="one_command_once"),
        # What was refused for its PIN, by its time: nobody else reads the records so.
        Index("command_record_pin_failed_idx", "at", postgresql_where="outcome IN ('pin.wrong','pin.locked')"),
    )

    group_id: Mapped[Big] = mapped_column(comment="0 where it concerns no group")
    id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(40))
    digest: Mapped[bytes] = mapped_column(LargeBinary, comment="SHA-256 of the content, without any PIN")
    actor_id: Mapped[Big | None] = mapped_column(comment="the person; null for an operator or a stranger")
    channel: Mapped[str] = mapped_column(String(8))
    at: Mapped[Instant]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="what was asked, without any PIN")
    outcome: Mapped[str] = mapped_column(String(60), comment="'done', or the code of the refusal")
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="what the receipt or the refusal says")
