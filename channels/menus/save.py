"""Save: an amount, a look at it, and the treasurer is asked."""

from typing import Final

from channels.menus import builds
from channels.menus.readers import saving
from channels.menus.screens import Choice, Node, Screen

NODES: Final[tuple[Node, ...]] = (
    Screen("save.amount", shows="saving", ask="amount", accept=saving, goto="save.confirm", resumes=True),
    Screen(
        "save.confirm",
        shows="saving_total",
        # A nought too many costs a week's wages; who dials again after a drop may have asked already.
        lines=(("tenfold", "save.tenfold"),),
        asides=(("minutes", "save.again"),),
        choices=(Choice("1", "yes", "save.done"), Choice("2", "no", "save.amount")),
        confirm=True,
        back="save.amount",
        resumes=True,
    ),
    Screen("save.done", build=builds.declare_saving, refused=(("amount.out_of_range", "save.amount"),), ends=True),
)
