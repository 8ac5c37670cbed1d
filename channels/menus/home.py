"""How a session begins, and the root menu."""

from typing import Final

from channels.menus import builds, replies
from channels.menus.readers import member_number
from channels.menus.screens import Choice, Node, Pick, Route, Screen

# Whom to ask: the house's help, where it has one.
HELP: Final = (("help", "help.call"), ("not help", "help.leaders"))


def _who(name: str) -> Screen:
    # Member numbers begin at 1.
    new = (Choice("0", "newcomer", "newcomer"),)
    return Screen(name, choices=new, ask="number", accept=member_number, goto="who.found", back=None, home="start")


NODES: Final[tuple[Node, ...]] = (
    # Who is it? A number may be known to nobody, to one person, to several on one handset.
    Route(
        "start",
        shows="caller",
        to=(("several", "who"), ("known", "begin"), ("waiting", "join.waiting"), ("resume", "resume")),
        otherwise="welcome",
        begins=True,
    ),
    # What comes before the root menu: what was broken off, what waits for this person, a meeting that is near.
    Route(
        "begin",
        shows="beginning",
        to=(("resume", "resume"), ("no_pin", "pin.first"), ("inbox", "inbox"), ("meeting", "meeting.near")),
        otherwise="home",
        begins=True,
    ),
    Screen(
        "resume",
        about="resume",
        choices=(Choice("1", "go_on", "resumed"), Choice("2", "start_again", "afresh")),
        back=None,
        home="afresh",
    ),
    Route(
        "afresh",
        shows="beginning",
        to=(("stranger", "welcome"), ("no_pin", "pin.first"), ("inbox", "inbox"), ("meeting", "meeting.near")),
        otherwise="home",
        begins=True,
    ),
    Screen(
        "home",
        shows="root",
        asides=(("elsewhere", "home.elsewhere"),),
        choices=(
            Choice("1", "save", "save.amount"),
            Choice("2", "loan", "loan"),
            Choice("3", "balance", "balance.pin"),
            Choice("4", "group", "group"),
            Choice("5", "more", "more"),
        ),
        back=None,
        begins=True,
    ),
    # Several people on one handset: the member number says who, the PIN proves it. Two groups may have the same number.
    _who("who"),
    _who("who.unknown"),
    Route(
        "who.found",
        shows="member_on_handset",
        to=(("several", "who.which"), ("no_pin", "pin.first"), ("found", "who.pin")),
        otherwise="who.unknown",
    ),
    Screen("who.which", pick=Pick("people", "membership", "who.found"), back="start", home="start"),
    Screen("who.pin", secret=True, ask="pin", accept=replies.pin, goto="who.proved", back="start", home="start"),
    Screen(
        "who.proved",
        build=builds.prove_pin,
        refused=(("pin.wrong", "who.pin"),),
        after="begin",
        back="start",
        home="start",
    ),
    # Somebody else than those who are known on the handset: nobody speaks until a group lets them in.
    Route("newcomer", shows="newcomer", to=(), otherwise="welcome", begins=True),
    # Three replies in a row that nobody understood.
    Screen("help", lines=HELP, ends=True),
    # A refusal that leads nowhere else.
    Screen("refused", about="code", ends=True),
)
