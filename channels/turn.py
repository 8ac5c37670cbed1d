"""One turn: a message comes in, the exact reply goes out, and what it changed is kept, in one transaction.

Every channel ends here. A repeat finds the saved reply; the moves are the machine's; what is asked of the house goes
through `execute`; the words are made last.
"""

import hmac
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from channels import conversations
from channels.conversations import Conversation, Overtaken, text_hmac
from channels.lookups import LOOKUPS, Look
from channels.menus import machine
from channels.menus.machine import PAGES, Hint
from channels.menus.render import render
from channels.menus.screens import Asking, Route, Screen
from channels.words.catalogue import say
from core.commands import Receipt, Secret
from core.db.engine import Work
from core.execute import RefusedBefore, execute
from core.groups import pins
from core.ids import PersonId, id_from
from core.refusal import Refused

log = structlog.get_logger(__name__)

TRIES_MAX: Final = 5
PATIENCE_S: Final = 4  # no try begins later: a phone is answered within 8 s
ROUTES_MAX: Final = 12
INPUT_MAX: Final = 160
# Serialization, deadlock, a lock that was not free in time; a command that was recorded by another request meanwhile.
_AGAIN: Final = frozenset({"40001", "40P01", "55P03"})
_TWICE: Final = frozenset({"one_command_once", "one_event_one_entry"})


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as it came in. `text` is all that was typed in the session; it may hold a PIN and is never kept."""

    channel: str
    session: str
    address: str
    text: str
    at: datetime

    def __repr__(self) -> str:
        return f"Inbound({self.channel}, session={self.session})"


@dataclass(frozen=True, slots=True)
class Outbound:
    """The answer, and whether the session is over."""

    text: str
    ended: bool


@dataclass(frozen=True, slots=True)
class House:
    """What a turn needs of the house: its database, its keys, its service code and help number."""

    engine: Engine
    pepper: bytes
    service_code: str
    help_number: str
    default_language: str = "en"


def take_turn(house: House, inbound: Inbound) -> Outbound:
    """Answer a message; try again where that is safe, for a turn is done once whatever happens.

    :raises SQLAlchemyError: if the database cannot be had
    """
    patience = time.monotonic() + PATIENCE_S
    for attempt in range(1, TRIES_MAX + 1):
        try:
            with Work(house.engine) as work:
                return _Turn(house, work, inbound).run()
        except (Overtaken, psycopg.Error, SQLAlchemyError) as error:
            if attempt == TRIES_MAX or time.monotonic() > patience or not _is_passing(error):
                raise
            log.info("turn tried again", session=inbound.session, attempt=attempt, why=type(error).__name__)
            time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311 jitter is no secret
    raise AssertionError("the last attempt returns or raises")


def _is_passing(error: Exception) -> bool:
    if isinstance(error, Overtaken):
        return True
    cause = getattr(error, "orig", None) or error
    if not isinstance(cause, psycopg.Error):
        return False
    if isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None:
        return True  # the connection was lost
    state, law = cause.sqlstate or "", cause.diag.constraint_name or ""
    return state in _AGAIN or state.startswith(("57P", "08")) or law in _TWICE


class _Turn:
    """The steps of one turn."""

    def __init__(self, house: House, work: Work, inbound: Inbound) -> None:
        self.house, self.work, self.inbound = house, work, inbound

    def run(self) -> Outbound:
        inbound = self.inbound
        found = conversations.load(self.work.driver, channel=inbound.channel, session=inbound.session)
        if found is None:
            return self._first()
        key = self.house.pepper
        if found.address != inbound.address:
            return self._lost(found)
        if len(inbound.text) == found.text_length and hmac.compare_digest(text_hmac(key, inbound.text), found.text_hmac):
            return Outbound(found.reply, found.ended)
        reply = self._remainder(found)
        if reply is None or found.ended:
            return self._lost(found)
        return self._next(found, reply)

    def _remainder(self, found: Conversation) -> str | None:
        """What was typed since the last turn; None if this text does not go on where that one stopped."""
        text, length = self.inbound.text, found.text_length
        before = text[:length]
        if len(text) < length or not hmac.compare_digest(text_hmac(self.house.pepper, before), found.text_hmac):
            return None
        rest = text[length:]
        if not before:
            return rest
        return rest[1:] if rest.startswith("*") else None

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
        dialled = [token for token in inbound.text.split("*") if token]
        hint = self._arrive(conversation, pin=None, dialled=bool(dialled))
        for token in dialled:
            screen = machine.nodes()[conversation.screen]
            assert isinstance(screen, Screen)
            if conversation.ended or hint or screen.confirm or screen.secret or len(token) > INPUT_MAX:
                break
            taken = machine.take(conversation, token, seal=self._never)
            hint = taken.hint or self._arrive(conversation, pin=None, dialled=True)
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
        return self._answer(conversation, self._arrive(conversation, pin=taken.pin))

    def _seal(self, conversation: Conversation, pin: str) -> Secret:
        assert conversation.person_id is not None, "a PIN is asked of somebody who is known"
        return pins.seal(pin, person_id=PersonId(conversation.person_id), pepper=self.house.pepper)

    def _arrive(self, conversation: Conversation, *, pin: Secret | None, dialled: bool = False) -> Hint | None:
        """Settle on a screen: look up its facts, take its forks, ask the house what it asks."""
        hint: Hint | None = None
        for _ in range(ROUTES_MAX):
            node = machine.nodes()[conversation.screen]
            if dialled and node.name == "begin":
                conversation.screen = "home"  # who dials a string wants to get there, not to be asked first
                continue
            if isinstance(node, Route):
                facts = conversation.shown = self._look(conversation, node.shows)
                machine.go(conversation, next((f"if {fact}" for fact, _ in node.to if facts.get(fact)), "otherwise"))
                continue
            if node.secret and node.once and conversation.pin_given:
                machine.go(conversation, "answered")
                continue
            if node.build:
                refusal = self._ask_the_house(conversation, node, pin)
                if refusal is not None:
                    hint, pin = refusal, None
                    continue
                if conversation.ended:
                    return hint
                if node.after:
                    machine.go(conversation, "done")
                    continue
            if node.shows:
                conversation.shown = (conversation.shown if node.build else {}) | self._look(conversation, node.shows)
            conversation.ended = node.ends and not machine.choices_of(node, conversation.shown)
            self._speak(conversation)
            return hint
        raise AssertionError(f"the menus turn in a ring at {conversation.screen}")

    def _look(self, conversation: Conversation, name: str) -> dict[str, Any]:
        return LOOKUPS[name](Look(self.work, conversation, self.inbound.at, self.house.help_number))

    def _speak(self, conversation: Conversation) -> None:
        """A stranger has no language yet but the one that was just chosen."""
        if conversation.person_id is None:
            conversation.language = conversation.answers.get("language", conversation.language)

    def _ask_the_house(self, conversation: Conversation, screen: Screen, pin: Secret | None) -> Hint | None:
        """Carry out the screen's command. A refusal that has a way on gives the hint for it; any other ends here."""
        assert screen.build is not None
        command = screen.build({**conversation.shown, **conversation.answers}, self._asking(conversation, pin))
        try:
            receipt = execute(self.work.session, command)
        except Refused as refusal:
            code = refusal.facts["was"] if isinstance(refusal, RefusedBefore) else refusal.code
            if machine.has(conversation, f"refused {code}"):
                machine.go(conversation, f"refused {code}")
                return Hint(f"refused.{code}", refusal.facts)
            conversation.screen, conversation.ended = "refused", True
            conversation.shown = {"code": code, **refusal.facts}
            return None
        conversation.shown = conversation.shown | receipt.facts
        _AFTER.get(receipt.kind, _nothing)(conversation, receipt)
        return None

    def _asking(self, conversation: Conversation, pin: Secret | None) -> Asking:
        return Asking(
            id=id_from(conversation.channel, conversation.session, conversation.turn + 1),
            at=self.inbound.at,
            channel=conversation.channel,
            phone=conversation.address,
            group_id=conversation.group_id,
            person_id=conversation.person_id,
            language=conversation.language,
            pin=pin,
            pin_given=conversation.pin_given,
        )

    def _answer(self, conversation: Conversation, hint: Hint | None) -> Outbound:
        """Make the words, keep the conversation with them, commit."""
        screen = machine.nodes()[conversation.screen]
        assert isinstance(screen, Screen), "a turn ends on a screen"
        page = render(screen, conversation, language=conversation.language, hint=hint, ended=conversation.ended)
        conversation.shown[PAGES] = page.pages
        conversation.reply = page.text
        conversation.turn += 1
        conversation.touched_at = self.inbound.at
        conversation.text_length = len(self.inbound.text)
        conversation.text_hmac = text_hmac(self.house.pepper, self.inbound.text)
        if conversation.ended:
            conversation.answers, conversation.shown = {}, {}
        conversations.save(self.work.driver, conversation)
        self.work.commit()
        return Outbound(conversation.reply, conversation.ended)


def _nothing(_conversation: Conversation, _receipt: Receipt) -> None:
    """Most receipts change nothing in the conversation itself."""


def _language(conversation: Conversation, receipt: Receipt) -> None:
    conversation.language = receipt.facts["language"]


def _pin_given(conversation: Conversation, _receipt: Receipt) -> None:
    conversation.pin_given = True


def _group(conversation: Conversation, receipt: Receipt) -> None:
    conversation.group_id, conversation.member_id = receipt.facts["group_id"], receipt.facts["member_id"]


# What a receipt changes in the conversation itself.
_AFTER: Final[dict[str, Callable[[Conversation, Receipt], None]]] = {
    "language.choose": _language,
    "group.choose": _group,
    "pin.prove": _pin_given,
    "pin.set": _pin_given,
    "member.decide": _pin_given,
    "cash.decide": _pin_given,
    "loan.decide": _pin_given,
    "loan.disburse": _pin_given,
}
