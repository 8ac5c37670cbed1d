"""What waits for an official: cash to confirm, people to let in, PINs to clear, disputes and loans to decide on, loans to pay out."""

from typing import Final

from channels.menus import builds, replies
from channels.menus.screens import Build, Choice, Node, Route, Screen

_KINDS: Final = tuple((kind, f"inbox.{kind}") for kind in ("saving", "repayment", "join", "pin_reset", "dispute", "loan", "payout"))
# The PIN is asked each time where money goes out, or an account changes hands.
_EACH_TIME: Final = frozenset({"payout", "pin_reset"})
# Why what is agreed to may not be possible (any more).
_NOT_BOOKED: Final = ("loan.not_active", "loan.pays_too_much", "amount.too_large")
_NOT_LET_IN: Final = ("group.full",)
_NOT_UNDONE: Final = ("ledger.entry_of_a_loan", "ledger.overdrawn")
_NOT_PAID: Final = ("loan.box_too_small", "loan.borrower_left", "loan.no_longer_covered")


def _decision(
    kind: str, build: Build, agree: str, refuse: str = "", *, words: str = "", asked_of: str | None = None, undone: tuple[str, ...] = ()
) -> tuple[Node, ...]:
    """Lay out one kind of decision: the question, the PIN, the deed, with the next question right behind it.

    The PIN is asked once in a session, but each time for a payout or another's PIN.
    """
    name, said, about = f"inbox.{kind}", f"inbox.{words or kind}", "agree" if refuse else None
    no = (Choice("2", refuse, f"{name}.pin", sets=("agree", False)),) if refuse else ()
    later = Choice("3" if refuse else "2", "later", "inbox.later")
    refused = (
        ("pin.wrong", f"{name}.pin"),
        ("pin.not_set", "pin.first"),
        ("role.already_decided", "inbox.decided"),
        *((code, f"{name}.undone") for code in undone),
    )
    return (
        Screen(
            name,
            about=asked_of,
            choices=(Choice("1", agree, f"{name}.pin", sets=("agree", True)), *no, later),
            confirm=True,
            back="inbox.over",
        ),
        Screen(
            f"{name}.pin",
            words=f"{said}.pin",
            about=about,
            secret=True,
            once=kind not in _EACH_TIME,
            ask="pin",
            accept=replies.pin,
            goto=f"{name}.done",
            back=name,
        ),
        Screen(
            f"{name}.done",
            words=f"{said}.done",
            about=about,
            build=build,
            refused=refused,
            onward="inbox.next",
            ends=True,
        ),
    )


def _undone(name: str, refuse: str, goto: str, *, words: str = "") -> Screen:
    """What was agreed to and cannot be done stays there until it is refused; it can be put off as before."""
    choices = (Choice("1", refuse, goto, sets=("agree", False)), Choice("2", "later", "inbox.later"))
    return Screen(name, words=words or name, choices=choices, confirm=True, back="inbox.over")


NODES: Final[tuple[Node, ...]] = (
    Route("inbox", shows="inbox", to=_KINDS, otherwise="inbox.empty", begins=True),
    # What is shown can be put off; it comes again when the inbox is opened anew.
    Route("inbox.later", shows="inbox_later", to=_KINDS, otherwise="inbox.over", begins=True),
    Route("inbox.next", shows="inbox_next", to=_KINDS, otherwise="inbox.over", begins=True),
    Route("inbox.over", shows="beginning", to=(("meeting", "meeting.near"),), otherwise="home", begins=True),
    Screen("inbox.empty"),
    # Somebody was quicker.
    Screen("inbox.decided", about="kind", choices=(Choice("1", "onward", "inbox.next"),), back="inbox.over"),
    *_decision("saving", builds.decide_cash, "received", "not_received", words="cash", undone=_NOT_BOOKED),
    _undone("inbox.saving.undone", "not_received", "inbox.saving.pin", words="inbox.cash.undone"),
    *_decision("repayment", builds.decide_cash, "received", "not_received", words="cash", undone=_NOT_BOOKED),
    _undone("inbox.repayment.undone", "not_received", "inbox.repayment.pin", words="inbox.cash.undone"),
    *_decision("join", builds.decide_join, "let_in", "not_let_in", undone=_NOT_LET_IN),
    _undone("inbox.join.undone", "not_let_in", "inbox.join.pin"),
    *_decision("pin_reset", builds.decide_pin_reset, "clear_pin", "not_clear_pin"),
    # What is wrong and cannot be undone stays disputed, until it can be or is said to stand.
    *_decision("dispute", builds.decide_dispute, "undo", "stands", asked_of="of", undone=_NOT_UNDONE),
    _undone("inbox.dispute.undone", "stands", "inbox.dispute.pin"),
    *_decision("loan", builds.decide_loan, "approve", "reject"),
    *_decision("payout", builds.disburse_loan, "paid_out", undone=_NOT_PAID),
    # An approval is taken back as a request is rejected.
    _undone("inbox.payout.undone", "reject", "inbox.loan.pin"),
)
