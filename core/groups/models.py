"""The installation, its organisations, groups, people, members, their handsets and PINs."""

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, Big, Currency, Instant, Language, Phone


class Installation(Base):
    """What is true of the whole house: one row, written at the first migration or the first start."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="one_installation"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    pepper_mark: Mapped[bytes] = mapped_column(LargeBinary, comment="an HMAC under the pepper that the PINs were made with")


class Organisation(Base):
    """An MFI, a federation, an NGO: it holds groups, and nothing leaks between two of them."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    country: Mapped[str] = mapped_column(String(2), comment="ISO 3166, the region of its phone numbers")


class Group(Base):
    """A savings group. Members join by its code."""

    __tablename__ = "savings_group"
    __table_args__ = (CheckConstraint("kind IN ('vsla','chama','sacco','asca')", name="known_group_kind"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    organisation_id: Mapped[Big] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(String(12), unique=True, comment="capitals; what a member types to join")
    name: Mapped[str] = mapped_column(String(30))
    kind: Mapped[str] = mapped_column(String(8))
    currency: Mapped[Currency]
    timezone: Mapped[str] = mapped_column(String(40))
    opened_on: Mapped[date]
    members_ever: Mapped[int] = mapped_column(Integer, server_default="0", comment="the last member number given")
    loans_ever: Mapped[int] = mapped_column(Integer, server_default="0", comment="the last loan number given")


class Constitution(Base):
    """A group's rules, by version; the newest one whose day has come is in force."""

    __tablename__ = "constitution"
    __table_args__ = (PrimaryKeyConstraint("group_id", "version"),)

    group_id: Mapped[Big] = mapped_column(ForeignKey("savings_group.id"))
    version: Mapped[int]
    effective_from: Mapped[date]
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Person(Base):
    """A human being, in as many groups as they like."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    language: Mapped[Language]
    last_group_id: Mapped[Big | None] = mapped_column(comment="the group the phone opens with")
    joined_at: Mapped[Instant]


class Member(Base):
    """A person in a group, with a number and offices. `asked` waits for a leader."""

    __tablename__ = "member"
    __table_args__ = (
        PrimaryKeyConstraint("group_id", "id"),
        UniqueConstraint("group_id", "person_id", name="one_person_one_member"),
        # What names a member and their person, such as a loan, names two that belong together.
        UniqueConstraint("group_id", "id", "person_id", name="one_member_one_person"),
        # The other way round than the key, so that a plan can never take it for the key.
        Index("one_number_one_member", "number", "group_id", unique=True),
        CheckConstraint("state IN ('asked','active','refused','left')", name="known_member_state"),
        CheckConstraint("roles <@ ARRAY['chair','secretary','treasurer','key_holder']::varchar[]", name="known_offices"),
        CheckConstraint("decided_by IS NULL OR decided_by <> person_id", name="member_maker_is_not_checker"),
        Index("member_asked_idx", "group_id", "id", postgresql_where="state = 'asked'"),
        Index("member_officer_idx", "group_id", postgresql_where="roles <> '{}'"),
    )

    group_id: Mapped[Big] = mapped_column(ForeignKey("savings_group.id"))
    id: Mapped[int] = mapped_column(BigInteger, Identity())
    person_id: Mapped[Big] = mapped_column(ForeignKey("person.id"))
    number: Mapped[int | None] = mapped_column(comment="within the group, from 1; given on approval")
    state: Mapped[str] = mapped_column(String(8))
    roles: Mapped[list[str]] = mapped_column(ARRAY(String(12)), server_default="{}", comment="offices held")
    asked_at: Mapped[Instant]
    decided_by: Mapped[Big | None] = mapped_column(ForeignKey("person.id"), comment="the person who approved or refused")
    decided_at: Mapped[Instant | None]


class Handset(Base):
    """The directory: whom a number reaches, and in which group. One row for each membership on the handset."""

    __tablename__ = "handset"
    __table_args__ = (
        PrimaryKeyConstraint("phone", "group_id", "member_id"),
        ForeignKeyConstraint(["group_id", "member_id"], ["member.group_id", "member.id"], name="handset_of_a_member"),
        Index(None, "person_id"),
        Index(None, "group_id", "member_id"),
    )

    phone: Mapped[Phone] = mapped_column(comment="E.164")
    group_id: Mapped[Big]
    member_id: Mapped[Big]
    person_id: Mapped[Big] = mapped_column(ForeignKey("person.id"))


class Pin(Base):
    """A person's PIN as Argon2id over a peppered HMAC, and the count of wrong tries since the last right one."""

    __tablename__ = "pin"
    __table_args__ = (CheckConstraint("failures BETWEEN 0 AND 3", name="three_tries"),)

    person_id: Mapped[Big] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(160))
    failures: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[Instant | None]
    set_at: Mapped[Instant]


class PinReset(Base):
    """An official asks that a member's forgotten PIN be cleared; another one agrees, or does not. It lapses after a day."""

    __tablename__ = "pin_reset"
    __table_args__ = (
        PrimaryKeyConstraint("group_id", "id"),
        ForeignKeyConstraint(
            ["group_id", "member_id", "person_id"], ["member.group_id", "member.id", "member.person_id"], name="reset_for_a_member"
        ),
        CheckConstraint("state IN ('asked','done','refused','lapsed')", name="known_reset_state"),
        CheckConstraint("(state IN ('done','refused')) = (decided_by IS NOT NULL)", name="reset_is_decided_by_somebody"),
        CheckConstraint("asked_by <> person_id AND (decided_by IS NULL OR decided_by <> person_id)", name="nobody_resets_their_own"),
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="reset_maker_is_not_checker"),
        Index("one_reset_waits", "member_id", "group_id", unique=True, postgresql_where="state = 'asked'"),
        Index(None, "person_id", postgresql_where="state = 'asked'"),
    )

    group_id: Mapped[Big]
    id: Mapped[int] = mapped_column(BigInteger, Identity())
    member_id: Mapped[Big]
    person_id: Mapped[Big] = mapped_column(comment="the member's person: whose PIN it is")
    asked_by: Mapped[Big] = mapped_column(ForeignKey("person.id"), comment="the official who asked: who must not decide on it")
    asked_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(8))
    decided_by: Mapped[Big | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[Instant | None]


class LinkCode(Base):
    """A one-time code that binds a Telegram account to a person; only its hash is kept."""

    __tablename__ = "link_code"
    __table_args__ = (Index(None, "person_id"),)

    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[Big] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[Instant]
    used_at: Mapped[Instant | None]


class TelegramAccount(Base):
    """The Telegram account that speaks for a person: at most one, bound by a code that only they could see."""

    __tablename__ = "telegram_account"
    __table_args__ = (UniqueConstraint("person_id", name="one_person_one_account"),)

    user_id: Mapped[Big] = mapped_column(
        primary_key=True, autoincrement=False, comment="Telegram's number of the account: the only thing that identifies it"
    )
    person_id: Mapped[Big] = mapped_column(ForeignKey("person.id"))
    chat_id: Mapped[Big] = mapped_column(comment="the private chat")
    name: Mapped[str] = mapped_column(String(33), comment="as the account called itself when it was bound; shown, never relied upon")
    bound_at: Mapped[Instant]
    session: Mapped[str | None] = mapped_column(String(80), comment="the conversation that the chat stands in")
    message_id: Mapped[Big | None] = mapped_column(comment="the message whose buttons are live")


class TelegramTry(Base):
    """How many link codes a Telegram account has guessed."""

    __tablename__ = "telegram_try"

    user_id: Mapped[Big] = mapped_column(primary_key=True, autoincrement=False)
    failures: Mapped[int] = mapped_column(comment="codes tried since the last right one, or since the last lock")
    at: Mapped[Instant] = mapped_column(comment="of the last one that was looked at")
