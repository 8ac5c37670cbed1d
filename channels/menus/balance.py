"""Balance and the last entries, behind the PIN; what the member disputes of them can be taken back."""

from typing import Final

from channels.menus import builds, replies
from channels.menus.screens import Choice, Node, Screen

NODES: Final[tuple[Node, ...]] = (
    Screen("balance.pin", secret=True, ask="pin", accept=replies.pin, goto="balance"),
    Screen(
        "balance",
        shows="balance",
        lines=(("owed", "balance.owed"), ("disputed", "balance.disputed")),
        choices=(Choice("1", "take_back", "dispute", when="disputed"),),
        rows="entries",
        build=builds.prove_pin,
        refused=(("pin.wrong", "balance.pin"), ("pin.not_set", "pin.first")),
    ),
    Screen("dispute", choices=(Choice("1", "yes", "dispute.withdrawn"), Choice("2", "no", "home")), confirm=True),
    Screen("dispute.withdrawn", build=builds.withdraw_dispute, ends=True),
)
