"""Language, PIN, groups, Telegram, help."""

from typing import Final

from channels.menus import builds, replies
from channels.menus.home import HELP
from channels.menus.screens import Choice, Node, Pick, Route, Screen

NODES: Final[tuple[Node, ...]] = (
    Screen(
        "more",
        words="choice.more",
        choices=(
            Choice("1", "language", "more.language"),
            Choice("2", "pin", "pin"),
            Choice("3", "groups", "more.groups"),
            Choice("4", "telegram", "telegram.way"),
            Choice("5", "help", "more.help"),
            Choice("6", "another_person", "newcomer"),
            Choice("7", "join_another", "join.another"),
        ),
    ),
    Screen(
        "more.language",
        words="choice.language",
        choices=(
            Choice("1", "english", "more.language.done", sets=("language", "en")),
            Choice("2", "swahili", "more.language.done", sets=("language", "sw")),
            Choice("3", "french", "more.language.done", sets=("language", "fr")),
        ),
        back="more",
    ),
    Screen("more.language.done", build=builds.choose_language, after="home"),
    Screen(
        "more.groups",
        words="choice.groups",
        shows="groups",
        pick=Pick("groups", "group_id", "more.groups.done"),
        back="more",
    ),
    Screen("more.groups.done", build=builds.choose_group, after="afresh"),
    # Who has an account there already may only part with it: for another one it is parted with first.
    Route("telegram.way", shows="telegram", to=(("account", "telegram.bound"),), otherwise="telegram.pin"),
    Screen("telegram.bound", choices=(Choice("1", "unlink", "telegram.unlinked"),), back="more"),
    Screen("telegram.unlinked", build=builds.unlink_telegram, ends=True),
    Screen("telegram.pin", words="balance.pin", secret=True, ask="pin", accept=replies.pin, goto="telegram", back="more"),
    Screen(
        "telegram",
        build=builds.make_link_code,
        refused=(("pin.wrong", "telegram.pin"), ("pin.not_set", "pin.first")),
        ends=True,
    ),
    Screen("more.help", shows="help", lines=HELP, back="more"),
)
