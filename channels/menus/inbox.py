"""What waits for an official: cash to confirm, people to let in, loans to decide on and to pay out. One at a time."""

from typing import Final

from channels.menus import builds, replies
from channels.menus.screens import Build, Choice, Node, Route, Screen

_NEXT: Final = (Choice("1", "next", "inbox", when="waiting"),)


def _decision(name: str, agree: str, refuse: str | None, build: Build) -> tuple[Node, ...]:
    """Lay out one kind of decision: the question, the PIN (once in a session), the deed, the next one."""
    no = () if refuse is None else (Choice("2", refuse, f"{name}.pin", sets=("agree", False)),)
    later = Choice("2" if refuse is None else "3", "later", "inbox.later")
    return (
        Screen(
            name,
            choices=(Choice("1", agree, f"{name}.pin", sets=("agree", True)), *no, later),
            confirm=True,
            back="inbox.later",
        ),
        Screen(f"{name}.pin", secret=True, once=True, ask="pin", accept=replies.pin, goto=f"{name}.done", back="inbox.later"),
        Screen(
            f"{name}.done",
            build=build,
            shows="waiting",
            refused=(
                ("pin.wrong", f"{name}.pin"),
                ("pin.not_set", "pin.first"),
                ("role.already_decided", "inbox"),
            ),
            choices=_NEXT,
            back=None,
            ends=True,
        ),
    )


NODES: Final[tuple[Node, ...]] = (
    Route(
        "inbox",
        shows="inbox",
        to=(
            ("saving", "inbox.saving"),
            ("repayment", "inbox.repayment"),
            ("join", "inbox.join"),
            ("loan", "inbox.loan"),
            ("payout", "inbox.payout"),
        ),
        otherwise="inbox.empty",
        begins=True,
    ),
    Route("inbox.later", shows="beginning", to=(("meeting", "meeting.near"),), otherwise="home", begins=True),
    Screen("inbox.empty"),
    *_decision("inbox.saving", "received", "not_received", builds.decide_cash),
    *_decision("inbox.repayment", "received", "not_received", builds.decide_cash),
    *_decision("inbox.join", "let_in", "not_let_in", builds.decide_join),
    *_decision("inbox.loan", "approve", "reject", builds.decide_loan),
    *_decision("inbox.payout", "paid_out", None, builds.disburse_loan),
)
