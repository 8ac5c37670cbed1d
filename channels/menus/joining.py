"""A stranger chooses a language and asks to join a group by its code; a leader lets them in on their own phone."""

from typing import Final

from channels.menus import builds, replies
from channels.menus.screens import Choice, Node, Route, Screen

NODES: Final[tuple[Node, ...]] = (
    Screen(
        "welcome",
        choices=(
            Choice("1", "english", "join.name", sets=("language", "en")),
            Choice("2", "swahili", "join.name", sets=("language", "sw")),
            Choice("3", "french", "join.name", sets=("language", "fr")),
        ),
        back=None,
        home="afresh",
    ),
    Screen("join.name", ask="name", accept=replies.name, goto="join.code", back="afresh", home="afresh", resumes=True),
    Screen("join.code", ask="group_code", accept=replies.code, goto="join.found", back="join.name", home="afresh", resumes=True),
    Route("join.found", shows="group_by_code", to=(("already", "join.already"), ("found", "join.confirm")), otherwise="join.unknown"),
    Screen("join.unknown", ask="group_code", accept=replies.code, goto="join.found", back="join.again", home="afresh"),
    Screen("join.already", ends=True, home="afresh"),
    Screen(
        "join.confirm",
        shows="group_by_code",
        choices=(Choice("1", "yes", "join.done"), Choice("2", "no", "afresh")),
        confirm=True,
        back="join.again",
        home="afresh",
        resumes=True,
    ),
    Screen("join.done", build=builds.ask_to_join, ends=True),
    Screen("join.waiting", ends=True),
    # Somebody who is known joins one group more: the name is known.
    Screen("join.another", ask="group_code", accept=replies.code, goto="join.found", back="more"),
    Route("join.again", shows="speaker", to=(("known", "join.another"),), otherwise="join.code"),
)
