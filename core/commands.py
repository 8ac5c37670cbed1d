"""Everything that can be asked of the house, one frozen record each. `core.execute` is the door they go through."""

import hashlib
from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from core.ids import (
    CommandId,
    DeclarationId,
    DisputeId,
    EntryId,
    GroupId,
    LoanId,
    MeetingId,
    MemberId,
    OrganisationId,
    PersonId,
    PinResetId,
)
from core.money import Money

NO_GROUP: Final = GroupId(0)


@dataclass(frozen=True, slots=True)
class Secret:
    """A PIN on its way to be checked: it never shows in a log, a record or a digest."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return "****"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is asked: by whom (`actor_id`; None for an operator at the console or a stranger), where, when.

    `id` makes a retry safe: the same id is done once. `pin` goes with what needs one; `pin_given` says that the
    channel saw the right PIN earlier in this very session.
    """

    kind: ClassVar[str]
    id: CommandId
    at: datetime
    channel: str
    group_id: GroupId = NO_GROUP
    actor_id: PersonId | None = None
    pin: Secret | None = None
    pin_given: bool = False

    def on(self, timezone: str) -> date:
        """Say the day it is asked on, where the group lives."""
        return self.at.astimezone(ZoneInfo(timezone)).date()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of a command that was done. `fresh` is false for a repeat."""

    kind: str
    facts: dict[str, Any]
    fresh: bool = True


# Organisations, groups and people


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrganisation(Command):
    """Open an organisation that holds groups, or find the one of this name."""

    kind: ClassVar[str] = "organisation.open"
    name: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGroup(Command):
    """Open a group with a book and the template of rules of its kind."""

    kind: ClassVar[str] = "group.open"
    organisation_id: OrganisationId
    code: str
    name: str
    group_kind: str
    currency: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMember(Command):
    """Take in a person whom staff vouches for: active at once."""

    kind: ClassVar[str] = "member.add"
    name: str
    phone: str
    language: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskToJoin(Command):
    """A stranger asks to join a group."""

    kind: ClassVar[str] = "member.ask"
    name: str
    phone: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideJoin(Command):
    """A leader lets somebody in, or not."""

    kind: ClassVar[str] = "member.decide"
    member_id: MemberId
    agree: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvePin(Command):
    """Show that one knows the PIN, before something private is shown."""

    kind: ClassVar[str] = "pin.prove"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPin(Command):
    """Set the first PIN, or change it (`pin` is then the old one)."""

    kind: ClassVar[str] = "pin.set"
    new_pin: Secret
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPinReset(Command):
    """An official asks that the forgotten PIN of the member of this number be cleared."""

    kind: ClassVar[str] = "pin.ask_reset"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidePinReset(Command):
    """Another official clears the PIN, or does not."""

    kind: ClassVar[str] = "pin.reset"
    reset_id: PinResetId
    agree: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeNumber(Command):
    """Reach the member of this number at another phone (E.164); `old` says which of several it takes the place of."""

    kind: ClassVar[str] = "number.change"
    number: int
    phone: str
    old: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRole(Command):
    """Give the member of this number an office, or take it away."""

    kind: ClassVar[str] = "role.change"
    number: int
    office: str
    give: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseLanguage(Command):
    """Speak this language from now on."""

    kind: ClassVar[str] = "language.choose"
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseGroup(Command):
    """Open the phone with this group (`group_id`) from now on."""

    kind: ClassVar[str] = "group.choose"


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeLinkCode(Command):
    """Make the one-time code that binds a Telegram account."""

    kind: ClassVar[str] = "link.make"


@dataclass(frozen=True, slots=True, kw_only=True)
class UseLinkCode(Command):
    """A Telegram account shows a one-time code, to speak for the person that the code was made for.

    `code_hash` is `hashed_link_code` in hex; `account` is what the account calls itself.
    """

    kind: ClassVar[str] = "link.use"
    code_hash: str
    user_id: int
    chat_id: int
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkTelegram(Command):
    """Let no Telegram account speak for the person any more."""

    kind: ClassVar[str] = "link.drop"


# Cash


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareSaving(Command):
    """Say that cash was handed over to be saved."""

    kind: ClassVar[str] = "saving.declare"
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareRepayment(Command):
    """Say that cash was handed over to repay a loan."""

    kind: ClassVar[str] = "repayment.declare"
    loan_id: LoanId
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCash(Command):
    """Say whether declared cash was received; if so it is posted."""

    kind: ClassVar[str] = "cash.decide"
    declaration_id: DeclarationId
    agree: bool


# Loans


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyForLoan(Command):
    """Ask for a loan: the group's flat product, over a number of months."""

    kind: ClassVar[str] = "loan.apply"
    amount: Money
    months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelLoan(Command):
    """Take back one's own request, as long as nothing was paid out."""

    kind: ClassVar[str] = "loan.cancel"
    loan_id: LoanId


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideLoan(Command):
    """Approve or reject a request, or take an approval back.

    `seen` is where the leader saw the loan stand: then nobody decides over what another has decided meanwhile.
    """

    kind: ClassVar[str] = "loan.decide"
    loan_id: LoanId
    agree: bool
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisburseLoan(Command):
    """Pay an approved loan out of the box."""

    kind: ClassVar[str] = "loan.disburse"
    loan_id: LoanId


# Meetings


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMeeting(Command):
    """Call a meeting."""

    kind: ClassVar[str] = "meeting.call"
    starts_at: datetime
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMeeting(Command):
    """Move a meeting to another time or place; what is not given stays."""

    kind: ClassVar[str] = "meeting.change"
    meeting_id: MeetingId
    starts_at: datetime | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelMeeting(Command):
    """Call off a meeting, with a reason if there is one to give."""

    kind: ClassVar[str] = "meeting.cancel"
    meeting_id: MeetingId
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseMeeting(Command):
    """Say that a meeting is over: everybody is told what came of it."""

    kind: ClassVar[str] = "meeting.close"
    meeting_id: MeetingId


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMeeting(Command):
    """Say yes, no or maybe to a meeting."""

    kind: ClassVar[str] = "meeting.answer"
    meeting_id: MeetingId
    answer: str


# Disputes


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDispute(Command):
    """Say that an entry on one's own account is wrong; `code` is that of its receipt."""

    kind: ClassVar[str] = "dispute.open"
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideDispute(Command):
    """Agree that a disputed entry is wrong, which undoes it, or say that it stands."""

    kind: ClassVar[str] = "dispute.decide"
    dispute_id: DisputeId
    agree: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawDispute(Command):
    """Take back one's own dispute, as long as nobody has decided on it."""

    kind: ClassVar[str] = "dispute.withdraw"
    dispute_id: DisputeId


# Books


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseEntry(Command):
    """Correct an entry by its mirror, with a reason."""

    kind: ClassVar[str] = "entry.reverse"
    entry_id: EntryId
    reason: str
    effective_on: date


class _WithLines(Command):
    """Room for the lines of a file. They are no field: the record of a command keeps their digest, not them."""

    __slots__ = ("lines",)
    lines: Sequence[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportEntries(_WithLines):
    """Take entries that were written elsewhere, as JSON lines, into a book: all of them, or none.

    What goes into a group's own book is asked in its name (`group_id`), what goes into any other in nobody's. `may_open`
    opens accounts on first use, `currency` a new book. The digest (SHA-256) stands for the lines in the record.
    """

    kind: ClassVar[str] = "entries.import"
    book: str
    currency: str | None
    may_open: bool
    digest: str = field(init=False)
    rows: int = field(init=False)
    lines: InitVar[Sequence[bytes]]

    def __post_init__(self, lines: Sequence[bytes]) -> None:
        """Keep the lines beside the fields, and say in the fields what they are."""
        object.__setattr__(self, "lines", tuple(lines))
        object.__setattr__(self, "rows", len(self.lines))
        object.__setattr__(self, "digest", hashlib.sha256(b"\n".join(self.lines)).hexdigest())
