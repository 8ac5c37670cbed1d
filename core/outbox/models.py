"""What must be sent, and every try at sending it."""

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, Big, Currency, Instant, Language


class OutboxMessage(Base):
    """One message to one address, written in the transaction of its cause. The words are made when it is sent."""

    __tablename__ = "outbox"
    __table_args__ = (
        PrimaryKeyConstraint("group_id", "id"),
        UniqueConstraint("group_id", "event_key", "address", name="one_event_one_message"),
        CheckConstraint("channel IN ('sms')", name="known_channel"),
        CheckConstraint("state IN ('ready','sent','dead','capped')", name="known_outbox_state"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at_its_time"),
        CheckConstraint("state = 'ready' OR lease_until IS NULL", name="only_ready_is_leased"),
        # The relay's poll; a worker's claim by ids; who is first in a lane; the sweep; what needs a person; what was left out.
        Index("outbox_ready_idx", "next_at", "id", postgresql_where="state = 'ready'"),
        Index("outbox_ready_id_idx", "id", postgresql_where="state = 'ready'"),
        Index("outbox_lane_idx", "address", "due_at", "id", postgresql_where="state = 'ready'"),
        Index("outbox_leased_idx", "lease_until", postgresql_where="lease_until IS NOT NULL"),
        Index("outbox_dead_idx", "group_id", "id", postgresql_where="state = 'dead'"),
        Index("outbox_capped_idx", "group_id", "id", postgresql_where="state = 'capped'"),
    )

    group_id: Mapped[Big] = mapped_column(comment="0 where it concerns no group")
    id: Mapped[int] = mapped_column(BigInteger, Identity(), comment="the order in which one address reads them")
    person_id: Mapped[Big | None] = mapped_column(comment="null for a number that nobody is known by")
    channel: Mapped[str] = mapped_column(String(8), server_default="sms")
    address: Mapped[str] = mapped_column(String(64), comment="E.164 where the channel is sms")
    language: Mapped[Language]
    template: Mapped[str] = mapped_column(String(60), comment="key of the catalogue")
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="what the sentence needs, tagged by core.facts")
    event_key: Mapped[str] = mapped_column(String(160), comment="the event that caused it; told once to each address")
    state: Mapped[str] = mapped_column(
        String(6), server_default="ready", comment="capped: it could be left out, and the group had used up the SMS of its month"
    )
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0", comment="number of the last try that was begun")
    next_at: Mapped[Instant] = mapped_column(server_default=func.now(), comment="not before")
    due_at: Mapped[Instant] = mapped_column(
        server_default=func.now(), comment="when it was first due; with the id its place in the lane of its address"
    )
    queued_until: Mapped[Instant | None] = mapped_column(comment="a job that carries its id waits in the queue")
    lease_until: Mapped[Instant | None] = mapped_column(comment="a worker has it; also the token that says which one")
    created_at: Mapped[Instant] = mapped_column(server_default=func.now(), comment="by the database's clock, like every lease")
    sent_at: Mapped[Instant | None] = mapped_column(comment="when the gateway accepted it")


class Attempt(Base):
    """One try at sending a message, and what came of it."""

    __tablename__ = "attempt"
    __table_args__ = (
        PrimaryKeyConstraint("group_id", "outbox_id", "n"),
        ForeignKeyConstraint(["group_id", "outbox_id"], ["outbox.group_id", "outbox.id"], name="attempt_at_a_message", ondelete="CASCADE"),
        CheckConstraint("outcome IN ('sent','retry','down','rejected','unknown','lost')", name="known_outcome"),
        CheckConstraint("(billed IS NULL) = (currency IS NULL)", name="billed_in_a_currency"),
        # A delivery report names the gateway's id and nothing else of ours.
        Index("attempt_provider_id_idx", "provider_id", postgresql_where="provider_id IS NOT NULL"),
    )

    group_id: Mapped[Big]
    outbox_id: Mapped[Big]
    n: Mapped[int] = mapped_column(SmallInteger, comment="from 1, in the order they were begun")
    at: Mapped[Instant]
    outcome: Mapped[str] = mapped_column(String(8))
    provider_id: Mapped[str | None] = mapped_column(String(80))
    cost: Mapped[str | None] = mapped_column(String(24), comment="as the gateway wrote it, such as KES 0.8000")
    billed: Mapped[Big | None] = mapped_column(comment="the cost in ten-thousandths of the currency; null where the gateway did not say")
    currency: Mapped[Currency | None] = mapped_column(comment="ISO 4217")
    segments: Mapped[int | None] = mapped_column(SmallInteger)
    detail: Mapped[str | None] = mapped_column(String(120), comment="the gateway's code, or what went wrong")


class SmsSpent(Base):
    """What a group's messages came to in a month, counted in the transaction that records each sending."""

    __tablename__ = "sms_spent"
    __table_args__ = (PrimaryKeyConstraint("group_id", "month", "currency"), Index(None, "month"))

    group_id: Mapped[Big] = mapped_column(comment="0 where it concerns no group")
    month: Mapped[date] = mapped_column(comment="its first day, where the group lives")
    currency: Mapped[Currency] = mapped_column(comment="ISO 4217; XXX for what the gateway gave no cost of")
    messages: Mapped[int]
    segments: Mapped[int]
    again: Mapped[int] = mapped_column(comment="of the messages, those that the phone may have twice: an earlier try was in doubt")
    billed: Mapped[Big] = mapped_column(comment="ten-thousandths of the currency")


class DeliveryReport(Base):
    """The report of one message that counts."""

    __tablename__ = "delivery_report"
    __table_args__ = (PrimaryKeyConstraint("provider_id"), Index(None, "at"))

    provider_id: Mapped[str] = mapped_column(String(80), comment="the gateway's id of the message; it may be reported before we know it")
    status: Mapped[str] = mapped_column(String(20))
    rank: Mapped[int] = mapped_column(SmallInteger, comment="a report never takes the place of one that ranks higher")
    reason: Mapped[str | None] = mapped_column(String(60))
    at: Mapped[Instant] = mapped_column(comment="of the report that counts")


class Stopped(Base):
    """A number that said STOP. What may be stopped is not put into the outbox for it."""

    __tablename__ = "stopped"
    __table_args__ = (PrimaryKeyConstraint("address"),)

    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[Instant]
