"""A group's rules (constitution), by template of its kind; roles and who may ask for what."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from core.refusal import Refused


class Role(StrEnum):
    """What somebody is in a group, or outside of it."""

    STRANGER = "stranger"
    MEMBER = "member"
    CHAIR = "chair"
    SECRETARY = "secretary"
    TREASURER = "treasurer"
    KEY_HOLDER = "key_holder"
    OPERATOR = "operator"


OFFICES: Final = (Role.CHAIR, Role.SECRETARY, Role.TREASURER, Role.KEY_HOLDER)
LEADERS: Final = frozenset({Role.CHAIR, Role.SECRETARY, Role.TREASURER})
# The treasurer keeps the cash; the chair stands in where there is no treasurer but the one whose cash it is.
CASH_KEEPERS: Final = frozenset({Role.TREASURER, Role.CHAIR})
# As many member numbers as a group ever gives: phones read no larger one.
GROUP_MEMBERS_MAX: Final = 10_000
# So long a request to clear a PIN waits for its second official.
RESET_LIFE: Final = timedelta(hours=24)
_MEMBERS: Final = frozenset({Role.MEMBER})
_OPERATORS: Final = frozenset({Role.OPERATOR})


@dataclass(frozen=True, slots=True)
class Permit:
    """Who may ask for a kind of command, and whether the PIN must come with it.

    Whoever has no PIN yet is refused what needs one, unless it may come `before_first_pin`.
    """

    roles: frozenset[Role]
    pin: bool = False
    before_first_pin: bool = False


# The one role table. A kind that is not here may be asked by nobody.
PERMITS: Final[Mapping[str, Permit]] = {
    "organisation.open": Permit(_OPERATORS),
    "group.open": Permit(_OPERATORS),
    "member.add": Permit(_OPERATORS),
    "member.ask": Permit(frozenset({Role.STRANGER, Role.MEMBER})),
    "member.decide": Permit(LEADERS, pin=True),
    "pin.prove": Permit(_MEMBERS, pin=True),
    "pin.set": Permit(_MEMBERS, pin=True, before_first_pin=True),
    "pin.ask_reset": Permit(LEADERS, pin=True),
    "pin.reset": Permit(LEADERS, pin=True),
    "number.change": Permit(_OPERATORS),
    "role.change": Permit(_OPERATORS),
    "language.choose": Permit(_MEMBERS),
    "group.choose": Permit(_MEMBERS),
    "link.make": Permit(_MEMBERS, pin=True),
    # Who shows the code is nobody yet; the code says who they are.
    "link.use": Permit(frozenset({Role.STRANGER})),
    "link.drop": Permit(_MEMBERS),
    "saving.declare": Permit(_MEMBERS),
    "repayment.declare": Permit(_MEMBERS),
    "cash.decide": Permit(CASH_KEEPERS, pin=True),
    "loan.apply": Permit(_MEMBERS),
    "loan.cancel": Permit(_MEMBERS),
    "loan.decide": Permit(LEADERS, pin=True),
    "loan.disburse": Permit(CASH_KEEPERS, pin=True),
    "meeting.call": Permit(LEADERS | _OPERATORS),
    "meeting.change": Permit(LEADERS | _OPERATORS),
    "meeting.cancel": Permit(LEADERS | _OPERATORS),
    "meeting.close": Permit(LEADERS | _OPERATORS),
    "meeting.answer": Permit(_MEMBERS),
    # The key holders stand in where no leader may decide.
    "dispute.open": Permit(_MEMBERS),
    "dispute.decide": Permit(LEADERS | {Role.KEY_HOLDER}, pin=True),
    "dispute.withdraw": Permit(_MEMBERS),
    "entry.reverse": Permit(_OPERATORS),
    "entries.import": Permit(_OPERATORS),
}


class NotAllowed(Refused):
    """The role table does not let this person ask for it."""

    code = "role.not_allowed"


class NotAMember(Refused):
    """The person is not (any more, or not yet) an active member of the group."""

    code = "role.not_a_member"


class OwnRequest(Refused):
    """Nobody decides on what they asked for themselves."""

    code = "role.own_request"


class AlreadyDecided(Refused):
    """Somebody was quicker."""

    code = "role.already_decided"


@dataclass(frozen=True, slots=True)
class Rules:
    """A group's constitution, as far as the house keeps it. Amounts are minor units of the group's currency."""

    saving_minor_min: int = 50_00
    saving_minor_max: int = 100_000_00
    loan_multiple: int = 3
    loan_rate_bps_monthly: int = 500
    loan_months_max: int = 6
    loan_minor_min: int = 100_00
    meeting_notice_days: int = 3
    sms_segments_monthly_max: int = 2_000  # 0 sets no cap; see core.groups.caps
    dispute_days_max: int = 90

    def as_facts(self) -> dict[str, Any]:
        """Give the rules as they are kept."""
        return asdict(self)


def rules_from(kept: Mapping[str, Any]) -> Rules:
    """Read rules as kept; what a newer program wrote and this one does not know is left out."""
    return Rules(**{name: kept[name] for name in Rules.__dataclass_fields__ if name in kept})


# One template for each kind of group; a group starts with it and may vote other rules.
TEMPLATES: Final[Mapping[str, Rules]] = {
    "vsla": Rules(),
    "chama": Rules(saving_minor_min=100_00, loan_rate_bps_monthly=300, loan_months_max=12),
    "sacco": Rules(loan_rate_bps_monthly=100, loan_months_max=24, saving_minor_max=1_000_000_00, sms_segments_monthly_max=20_000),
    "asca": Rules(loan_rate_bps_monthly=1_000, loan_months_max=3),
}
