"""A turn in a private chat: the same screens and commands as on USSD, but that no PIN is ever taken here.

What asks for a PIN says where it is given: on USSD. So no money leaves the box, nothing is decided for others and no PIN is
changed from Telegram. A member's own balance and entries are read here without it, as they are by SMS: the account was bound
by a code that only the PIN shows, it is theirs alone (one account, one person, and a new PIN drops it), the chat is private,
and reading moves nothing. Who shares their Telegram with others unlinks it: More, Telegram.
"""

from collections.abc import Mapping
from typing import Final

from channels.conversations import Conversation
from channels.menus import machine, replies
from channels.menus.machine import BACK, HOME, Hint
from channels.menus.render import Page
from channels.menus.screens import Screen
from channels.telegram.pages import HIDDEN, render
from channels.turn import Inbound, Outbound, Turn
from channels.walk import House
from core.commands import Secret
from core.db.engine import Work
from core.db.statement import Later
from core.groups.queries import Reached

# Where a command of the chat enters the menus.
ENTRANCES: Final[Mapping[str, str]] = {
    "start": "begin",
    "save": "save.amount",
    "balance": "balance.pin",
    "statement": "balance.pin",
    "loan": "loan",
    "meeting": "meeting",
    "language": "more.language",
    "help": "more.help",
}


class PrivateTurn(Turn):
    """One turn of a person who is known by their Telegram account. `reached` are their memberships."""

    def __init__(self, house: House, work: Work, inbound: Inbound, reached: Later[Reached]) -> None:
        super().__init__(house, work, inbound)
        self.walk.reached = reached
        self.language = ""  # spoken at the end of the turn
        self._statement = False

    def open(self, conversation: Conversation, *, command: str, hint: Hint | None = None) -> Outbound:
        """Begin a conversation where a command enters; `hint` stands in front of that."""
        conversation.screen, self._statement = ENTRANCES[command], command == "statement"
        return self._answer(conversation, self._arrive(conversation, None) or hint)

    def go_on(self, found: Conversation) -> Outbound:
        """Take the reply to a conversation."""
        return self._go_on(found) or self._lost(found)

    def _next(self, conversation: Conversation, reply: str) -> Outbound:
        screen = machine.nodes()[conversation.screen]
        assert isinstance(screen, Screen), "a conversation rests on a screen"
        pressed = replies.key(reply)
        hidden = {choice.digit for choice in screen.choices if choice.key in HIDDEN}
        if pressed in hidden or (screen.secret and pressed not in {BACK, HOME}):
            return self._answer(conversation, None)
        return super()._next(conversation, reply)

    def _arrive(self, conversation: Conversation, pin: Secret | None) -> Hint | None:
        assert pin is None, "no PIN is taken in Telegram"
        hint = self.walk.arrive(conversation, pin=None)
        if conversation.screen == "balance.pin":
            conversation.screen = "balance"
            conversation.shown = self.walk.look(conversation, "statement" if self._statement else "balance")
        return hint

    def _seal(self, conversation: Conversation, pin: str) -> Secret:  # noqa: ARG002 nothing is to be done with it
        raise AssertionError("no PIN is taken in Telegram")

    def _show(self, screen: Screen, conversation: Conversation, hint: Hint | None) -> Page:
        self.language = conversation.language
        return render(screen, conversation, hint=hint, service_code=self.house.service_code)
