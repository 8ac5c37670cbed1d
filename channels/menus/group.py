"""The group at a glance, its next meeting, and what waits for its leaders."""

from typing import Final

from channels.menus import builds
from channels.menus.screens import Choice, Node, Screen

_ANSWERS: Final = (
    Choice("1", "come", "meeting.done", sets=("answer", "yes")),
    Choice("2", "not_come", "meeting.done", sets=("answer", "no")),
    Choice("3", "maybe", "meeting.done", sets=("answer", "maybe")),
)
_OVER: Final = (("meeting.over", "group"),)

NODES: Final[tuple[Node, ...]] = (
    Screen(
        "group",
        shows="group",
        lines=(("meeting", "group.meeting"),),
        choices=(
            Choice("1", "meeting", "meeting", when="meeting_id"),
            Choice("2", "inbox", "inbox", when="official"),
            Choice("3", "clear_a_pin", "reset.number", when="official"),
            Choice("4", "close_meeting", "meeting.close", when="begun_id"),
        ),
    ),
    # A meeting that is near comes before the root menu, until it is answered.
    Screen("meeting.near", words="meeting", choices=(*_ANSWERS, Choice("4", "menu", "home")), back=None),
    Screen(
        "meeting",
        shows="meeting",
        asides=(("said_yes", "meeting.said_yes"), ("said_no", "meeting.said_no"), ("said_maybe", "meeting.said_maybe")),
        refused=_OVER,
        choices=(*_ANSWERS, Choice("4", "call_off", "meeting.call_off", when="official")),
        back="group",
    ),
    Screen(
        "meeting.done",
        build=builds.answer_meeting,
        refused=_OVER,
        choices=(Choice("1", "menu", "home"),),
        back=None,
    ),
    Screen(
        "meeting.call_off",
        choices=(Choice("1", "yes", "meeting.called_off"), Choice("2", "no", "meeting")),
        confirm=True,
        back="meeting",
    ),
    Screen("meeting.called_off", build=builds.cancel_meeting, refused=_OVER, choices=(Choice("1", "menu", "home"),), back=None),
    Screen(
        "meeting.close",
        choices=(Choice("1", "yes", "meeting.closed"), Choice("2", "no", "group")),
        confirm=True,
        back="group",
    ),
    Screen("meeting.closed", build=builds.close_meeting, refused=_OVER, choices=(Choice("1", "menu", "home"),), back=None),
)
