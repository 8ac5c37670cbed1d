"""One turn: a message comes in, the exact reply goes out, and what it changed is kept, in one transaction.

Every channel ends here. A repeat finds the saved reply; the moves are the machine's; what is asked of the house goes
through `execute`; the words are made last.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from channels import conversations
from channels.conversations import Conversation, text_hmac
from channels.menus import machine
from channels.menus.machine import PAGES, Hint
from channels.menus.render import Page, render
from channels.menus.screens import Screen
from channels.retry import tried
from channels.walk import House, Walk
from channels.words.catalogue import say
from core.commands import Secret
from core.db.engine import Work
from core.groups import pins
from core.groups.queries import find_reached
from core.ids import PersonId

log = structlog.get_logger(__name__)

INPUT_MAX: Final = 160


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as it came in. `text` is all that was typed in the session; it may hold a PIN and is never kept.

    `dialled` is what was dialled behind the house's code, where the gateway leaves that with the code. Where a channel
    sends each reply by itself, `answers` is the turn whose screen it answers, and `text` that reply alone.
    """

    channel: str
    session: str
    address: str
    text: str
    at: datetime
    dialled: tuple[str, ...] = ()
    answers: int | None = None

    def __repr__(self) -> str:
        return f"Inbound({self.channel}, session={self.session})"


@dataclass(frozen=True, slots=True)
class Outbound:
    """The answer, and whether the session is over. It is `stale` if the reply came too late, and this is what stands now."""

    text: str
    ended: bool
    stale: bool = False


def take_turn(house: House, inbound: Inbound) -> Outbound:
    """Answer a message; try again where that is safe, for a turn is done once whatever happens.

    :raises SQLAlchemyError: if the database cannot be had
    """
    return tried(
        house.engine,
        lambda work: Turn(house, work, inbound).run(),
        name=inbound.session,
        failed=lambda: house.recent.forget(inbound.channel, inbound.session),
    )


class Turn:
    """The steps of one turn. A channel with manners of its own changes how it begins, arrives and shows."""

    def __init__(self, house: House, work: Work, inbound: Inbound) -> None:
        self.house, self.work, self.inbound = house, work, inbound
        self.walk = Walk(house, work, at=inbound.at)

    def run(self) -> Outbound:
        recent = self.house.recent.get(self.inbound.channel, self.inbound.session)
        if recent is not None and (answer := self._go_on(recent)) is not None:
            return answer
        found = self._load()
        if found is None:
            return self._first()
        return self._go_on(found) or self._lost(found)

    def _load(self) -> Conversation | None:
        ids = {"channel": self.inbound.channel, "session": self.inbound.session}
        later = conversations.LOAD.later(self.work.driver, ids)
        if not self.inbound.text:
            # Most likely a session begins, and then this is asked next.
            self.walk.reached = find_reached(self.work.driver, phone=self.inbound.address)
        return conversations.loaded(later)

    def _go_on(self, found: Conversation) -> Outbound | None:
        """Answer what was typed since the last turn, or say again what was said; None if this text is neither."""
        inbound, key = self.inbound, self.house.pepper
        if found.address != inbound.address:
            return None
        if inbound.answers is not None:
            return self._once(found, inbound.answers)
        if len(inbound.text) == found.text_length and hmac.compare_digest(text_hmac(key, inbound.text), found.text_hmac):
            return Outbound(found.reply, found.ended)
        reply = None if found.ended else self._remainder(found)
        return None if reply is None else self._next(found, reply)

    def _once(self, found: Conversation, answers: int) -> Outbound:
        """Take a reply to the turn that stands, once; a repeat gets its answer again, any other what stands now."""
        if found.turn == answers and not found.ended:
            return self._next(found, self.inbound.text)
        length, typed = len(self.inbound.text), text_hmac(self.house.pepper, self.inbound.text)
        again = found.turn == answers + 1 and length == found.text_length and hmac.compare_digest(typed, found.text_hmac)
        return Outbound(found.reply, found.ended, stale=not again)

    def _remainder(self, found: Conversation) -> str | None:
        """What was typed since the last turn; None if this text does not go on where that one stopped."""
        text, length = self.inbound.text, found.text_length
        before = text[:length]
        if len(text) < length or not hmac.compare_digest(text_hmac(self.house.pepper, before), found.text_hmac):
            return None
        rest = text[length:]
        # A first reply stands alone, unless an empty one went before it.
        return rest[1:] if rest.startswith("*") else None if before else rest

    def _lost(self, found: Conversation) -> Outbound:
        log.info("session cannot go on", session=self.inbound.session, screen=found.screen, ended=found.ended)
        return Outbound(say(found.language, "session.lost", code=self.house.service_code), ended=True)

    def _first(self) -> Outbound:
        """Open a session. What was dialled along is replayed as far as it only moves."""
        inbound = self.inbound
        conversation = Conversation(
            channel=inbound.channel,
            session=inbound.session,
            address=inbound.address,
            started_at=inbound.at,
            touched_at=inbound.at,
            language=self.house.default_language,
        )
        dialled = [token for token in (*inbound.dialled, *inbound.text.split("*")) if token]
        hint = self.walk.arrive(conversation, pin=None, dialled=bool(dialled))
        for token in dialled:
            screen = machine.nodes()[conversation.screen]
            assert isinstance(screen, Screen)
            if conversation.ended or hint or screen.confirm or screen.secret or len(token) > INPUT_MAX:
                break
            before = conversations.copy(conversation)
            taken = machine.take(conversation, token, seal=self._never)
            hint = taken.hint or self.walk.arrive(conversation, pin=None, dialled=True)
            if _carries_out(conversation.screen):
                conversation, hint = before, None
                break
        conversation.strikes = 0
        return self._answer(conversation, hint)

    @staticmethod
    def _never(_pin: str) -> Secret:
        raise AssertionError("a dialled string stops before a PIN")

    def _next(self, conversation: Conversation, reply: str) -> Outbound:
        taken = machine.take(conversation, reply[:INPUT_MAX], seal=lambda pin: self._seal(conversation, pin))
        if taken.gave_up:
            conversation.screen, conversation.ended = "help", True
            conversation.shown = {"help": self.house.help_number}
            return self._answer(conversation, None)
        if taken.hint or taken.paged:
            return self._answer(conversation, taken.hint)
        return self._answer(conversation, self._arrive(conversation, taken.pin))

    def _arrive(self, conversation: Conversation, pin: Secret | None) -> Hint | None:
        """Walk to where the conversation rests next."""
        return self.walk.arrive(conversation, pin=pin)

    def _show(self, screen: Screen, conversation: Conversation, hint: Hint | None) -> Page:
        """Make the words of the screen as the channel shows them."""
        return render(screen, conversation, language=conversation.language, hint=hint, ended=conversation.ended)

    def _seal(self, conversation: Conversation, pin: str) -> Secret:
        assert conversation.person_id is not None, "a PIN is asked of somebody who is known"
        return pins.seal(pin, person_id=PersonId(conversation.person_id), pepper=self.house.pepper)

    def _answer(self, conversation: Conversation, hint: Hint | None) -> Outbound:
        """Make the words, keep the conversation with them, commit."""
        screen = machine.nodes()[conversation.screen]
        assert isinstance(screen, Screen), "a turn ends on a screen"
        page = self._show(screen, conversation, hint)
        conversation.shown[PAGES] = page.pages
        conversation.reply = page.text
        conversation.turn += 1
        conversation.touched_at = self.inbound.at
        conversation.text_length = len(self.inbound.text)
        conversation.text_hmac = text_hmac(self.house.pepper, self.inbound.text)
        if conversation.ended:
            conversation.answers, conversation.shown = {}, {}
        conversations.save(self.work.driver, conversation)
        self.house.recent.keep(conversation)
        return Outbound(conversation.reply, conversation.ended)


def _carries_out(screen: str) -> bool:
    node = machine.nodes()[screen]
    return isinstance(node, Screen) and node.build is not None
