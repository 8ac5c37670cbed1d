"""From the answers of a conversation to the command that is asked. One function each; no decision is made here."""

from typing import Any

from channels.menus.screens import Asking, Facts
from core.commands import (
    AnswerMeeting,
    ApplyForLoan,
    AskPinReset,
    AskToJoin,
    CancelLoan,
    CancelMeeting,
    ChooseGroup,
    ChooseLanguage,
    CloseMeeting,
    Command,
    DecideCash,
    DecideDispute,
    DecideJoin,
    DecideLoan,
    DecidePinReset,
    DeclareRepayment,
    DeclareSaving,
    DisburseLoan,
    MakeLinkCode,
    ProvePin,
    Secret,
    SetPin,
    UnlinkTelegram,
    WithdrawDispute,
)
from core.loans.rules import LoanState


def ask_to_join(answers: Facts, asking: Asking) -> Command:
    """Ask for the group whose code was typed."""
    envelope: dict[str, Any] = asking.envelope() | {"group_id": answers["found"]}
    return AskToJoin(**envelope, name=answers["name"], phone=asking.phone, language=asking.language)


def prove_pin(_answers: Facts, asking: Asking) -> Command:
    """Show that one knows the PIN; that it was given earlier does not count."""
    return ProvePin(**asking.envelope(pin=True) | {"pin_given": False})


def set_pin(answers: Facts, asking: Asking) -> Command:
    """Set the new PIN; the old one, where there was one, goes along."""
    old = Secret(answers["old_pin"]) if "old_pin" in answers else None
    envelope = asking.envelope() | {"pin": old}
    return SetPin(**envelope, new_pin=Secret(answers["new_pin"]), phone=asking.phone)


def ask_pin_reset(answers: Facts, asking: Asking) -> Command:
    """Ask that a member's PIN be cleared; that one's own was given earlier does not count."""
    return AskPinReset(**asking.envelope(pin=True) | {"pin_given": False}, number=answers["number"])


def decide_pin_reset(answers: Facts, asking: Asking) -> Command:
    """Clear a member's PIN, or not; that one's own was given earlier does not count."""
    return DecidePinReset(**asking.envelope(pin=True) | {"pin_given": False}, reset_id=answers["item_id"], agree=answers["agree"])


def choose_language(answers: Facts, asking: Asking) -> Command:
    """Speak this language from now on."""
    return ChooseLanguage(**asking.envelope(), language=answers["language"])


def choose_group(answers: Facts, asking: Asking) -> Command:
    """Open with this group from now on."""
    return ChooseGroup(**asking.envelope() | {"group_id": answers["group_id"]})


def make_link_code(_answers: Facts, asking: Asking) -> Command:
    """Make a code for Telegram; that the PIN was given earlier does not count."""
    return MakeLinkCode(**asking.envelope(pin=True) | {"pin_given": False})


def unlink_telegram(_answers: Facts, asking: Asking) -> Command:
    """Part with the Telegram account."""
    return UnlinkTelegram(**asking.envelope())


def declare_saving(answers: Facts, asking: Asking) -> Command:
    """Say that cash was handed over to be saved."""
    return DeclareSaving(**asking.envelope(), amount=answers["amount"])


def declare_repayment(answers: Facts, asking: Asking) -> Command:
    """Say that cash was handed over to repay."""
    return DeclareRepayment(**asking.envelope(), loan_id=answers["loan_id"], amount=answers["amount"])


def apply_for_loan(answers: Facts, asking: Asking) -> Command:
    """Ask for a loan."""
    return ApplyForLoan(**asking.envelope(), amount=answers["amount"], months=answers["months"])


def cancel_loan(answers: Facts, asking: Asking) -> Command:
    """Take the request back."""
    return CancelLoan(**asking.envelope(), loan_id=answers["loan_id"])


def answer_meeting(answers: Facts, asking: Asking) -> Command:
    """Answer the invitation."""
    return AnswerMeeting(**asking.envelope(), meeting_id=answers["meeting_id"], answer=answers["answer"])


def cancel_meeting(answers: Facts, asking: Asking) -> Command:
    """Call off the meeting to come."""
    return CancelMeeting(**asking.envelope(), meeting_id=answers["meeting_id"])


def close_meeting(answers: Facts, asking: Asking) -> Command:
    """Close the meeting that has begun."""
    return CloseMeeting(**asking.envelope(), meeting_id=answers["begun_id"])


def decide_cash(answers: Facts, asking: Asking) -> Command:
    """Say whether the cash was received."""
    return DecideCash(**asking.envelope(pin=True), declaration_id=answers["item_id"], agree=answers["agree"])


def decide_join(answers: Facts, asking: Asking) -> Command:
    """Let somebody in, or not."""
    return DecideJoin(**asking.envelope(pin=True), member_id=answers["item_id"], agree=answers["agree"])


def decide_dispute(answers: Facts, asking: Asking) -> Command:
    """Say whether a disputed entry is wrong."""
    return DecideDispute(**asking.envelope(pin=True), dispute_id=answers["item_id"], agree=answers["agree"])


def withdraw_dispute(answers: Facts, asking: Asking) -> Command:
    """Take one's own dispute back."""
    return WithdrawDispute(**asking.envelope(), dispute_id=answers["dispute_id"])


def decide_loan(answers: Facts, asking: Asking) -> Command:
    """Approve or reject; a loan that was waiting to be paid out is the one that was approved already."""
    seen = LoanState.APPROVED if answers["kind"] == "payout" else LoanState.APPLIED
    return DecideLoan(**asking.envelope(pin=True), loan_id=answers["item_id"], agree=answers["agree"], seen=seen)


def disburse_loan(answers: Facts, asking: Asking) -> Command:
    """Say that the cash was paid out; that the PIN was given earlier does not count."""
    return DisburseLoan(**asking.envelope(pin=True) | {"pin_given": False}, loan_id=answers["item_id"])
