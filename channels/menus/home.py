"""How a session begins, and the root menu."""

from typing import Final

from channels.menus import builds, replies
from channels.menus.readers import member_number
from channels.menus.screens import Choice, Node, Route, Screen

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
    # Several people on one handset: the member number says who, the PIN proves it.
    Screen("who", ask="number", accept=member_number, goto="who.found", back=None, home="start"),
    Route("who.found", shows="member_on_handset", to=(("found", "who.pin"),), otherwise="who.unknown"),
    Screen("who.unknown", ask="number", accept=member_number, goto="who.found", back=None, home="start"),
    Screen("who.pin", secret=True, ask="pin", accept=replies.pin, goto="who.proved", back="start", home="start"),
    Screen(
        "who.proved",
        build=builds.prove_pin,
        refused=(("pin.wrong", "who.pin"),),
        after="begin",
        back="start",
        home="start",
    ),
    # Three replies in a row that nobody understood.
    Screen("help", ends=True),
    # A refusal that leads nowhere else.
    Screen("refused", ends=True),
)
