"""The group at a glance, its next meeting, and what waits for its leaders."""

from typing import Final

from channels.menus import builds
from channels.menus.screens import Choice, Node, Screen

_ANSWERS: Final = (
    Choice("1", "come", "meeting.done", sets=("answer", "yes")),
    Choice("2", "not_come", "meeting.done", sets=("answer", "no")),
    Choice("3", "maybe", "meeting.done", sets=("answer", "maybe")),
)

NODES: Final[tuple[Node, ...]] = (
    Screen(
        "group",
        shows="group",
        lines=(("meeting", "group.meeting"),),
        choices=(
            Choice("1", "meeting", "meeting", when="meeting_id"),
            Choice("2", "inbox", "inbox", when="official"),
            Choice("3", "clear_a_pin", "reset.number", when="official"),
        ),
    ),
    # A meeting that is near comes before the root menu, until it is answered.
    Screen("meeting.near", words="meeting", choices=(*_ANSWERS, Choice("4", "menu", "home")), back=None),
    Screen(
        "meeting",
        shows="meeting",
        asides=(("said_yes", "meeting.said_yes"), ("said_no", "meeting.said_no"), ("said_maybe", "meeting.said_maybe")),
        refused=(("meeting.over", "group"),),
        choices=_ANSWERS,
        back="group",
    ),
    Screen(
        "meeting.done",
        build=builds.answer_meeting,
        refused=(("meeting.over", "group"),),
        choices=(Choice("1", "menu", "home"),),
        back=None,
    ),
)
