"""Balance and the last entries, behind the PIN."""

from typing import Final

from channels.menus import builds, replies
from channels.menus.screens import Node, Screen

NODES: Final[tuple[Node, ...]] = (
    Screen("balance.pin", secret=True, ask="pin", accept=replies.pin, goto="balance"),
    Screen(
        "balance",
        shows="balance",
        lines=(("owed", "balance.owed"),),
        rows="entries",
        build=builds.prove_pin,
        refused=(("pin.wrong", "balance.pin"), ("pin.not_set", "pin.first")),
    ),
)
