"""Set the first PIN, change it, help a member who has forgotten theirs."""

from typing import Final

from channels.menus import builds, replies
from channels.menus.readers import member_number, new_pin
from channels.menus.screens import Choice, Node, Route, Screen


def _whose(name: str) -> Screen:
    return Screen(name, ask="number", accept=member_number, goto="reset.found", back="group")


NODES: Final[tuple[Node, ...]] = (
    Route("pin", shows="pin", to=(("has_pin", "pin.old"),), otherwise="pin.first"),
    # The old PIN is checked with the new one, in one command; until then it is kept sealed.
    Screen("pin.old", secret=True, ask="old_pin", accept=replies.pin, goto="pin.new", back="more"),
    Screen(
        "pin.first",
        shows="phone",
        secret=True,
        ask="new_pin",
        accept=new_pin,
        goto="pin.repeat",
        back="pin.put_off",
        home="pin.put_off",
    ),
    Screen("pin.new", shows="phone", secret=True, ask="new_pin", accept=new_pin, goto="pin.repeat", back="more"),
    Screen(
        "pin.repeat",
        shows="phone",
        secret=True,
        ask="again",
        same_as="new_pin",
        accept=replies.pin,
        goto="pin.done",
        back="pin",
        home="pin.put_off",
    ),
    Screen("pin.done", build=builds.set_pin, refused=(("pin.wrong", "pin.old"),), ends=True),
    # On a handset of several, who shows no PIN has not shown who they are.
    Route("pin.put_off", shows="proved", to=(("several", "who"), ("known", "home")), otherwise="start", begins=True),
    # An official asks; another one agrees in the inbox.
    _whose("reset.number"),
    _whose("reset.unknown"),
    Route("reset.found", shows="member_to_help", to=(("found", "reset.confirm"),), otherwise="reset.unknown"),
    Screen(
        "reset.confirm",
        choices=(Choice("1", "yes", "reset.pin"), Choice("2", "no", "group")),
        confirm=True,
        back="reset.number",
    ),
    Screen("reset.pin", secret=True, ask="pin", accept=replies.pin, goto="reset.done", back="reset.number"),
    Screen(
        "reset.done",
        build=builds.ask_pin_reset,
        refused=(("pin.wrong", "reset.pin"), ("pin.not_set", "pin.first")),
        ends=True,
    ),
)
