"""A walk through the menus: from one screen to where the conversation rests next, with the look-ups and commands on the way.

Every channel walks so. What a reply means is the machine's; what is asked of the house goes through `execute`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine

from channels.conversations import Conversation, Recent
from channels.lookups import LOOKUPS, Look
from channels.menus import machine
from channels.menus.machine import Hint
from channels.menus.screens import Asking, Route, Screen, words_of
from core.commands import Receipt, Secret
from core.db.engine import Work
from core.db.statement import Later
from core.execute import RefusedBefore, execute
from core.groups.queries import Reached
from core.ids import id_from
from core.refusal import Refused

ROUTES_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class House:
    """What a turn needs of the house: its database, keys, service code, help number and SMS keyword ('' is none), its memory."""

    engine: Engine
    pepper: bytes
    service_code: str
    help_number: str
    default_language: str = "en"
    sms_keyword: str = ""
    recent: Recent = field(default_factory=Recent, compare=False)


class Walk:
    """One walk, in one transaction, at one moment. `reached` is whom the number reaches, where that was asked already."""

    def __init__(self, house: House, work: Work, *, at: datetime, reached: Later[Reached] | None = None) -> None:
        self.house, self.work, self.at, self.reached = house, work, at, reached

    def arrive(self, conversation: Conversation, *, pin: Secret | None, dialled: bool = False) -> Hint | None:
        """Settle on a screen: look up its facts, take its forks, ask the house what it asks."""
        hint: Hint | None = None
        for _ in range(ROUTES_MAX):
            node = machine.nodes()[conversation.screen]
            if dialled and node.name == "begin":
                conversation.screen = "home"  # who dials a string wants to get there, not to be asked first
                continue
            if isinstance(node, Route):
                self._fork(conversation, node)
                continue
            if node.secret and node.once and conversation.pin_given:
                machine.go(conversation, "answered")
                continue
            if node.build and dialled:
                return None  # asked by hand, not by a string: see `_first`
            try:
                done = self._carry_out(conversation, node, pin) if node.build else None
                if not done and not node.after:
                    self._rest(conversation, node)
                    return hint
                hint = done
            except Refused as refusal:
                hint, pin = self._refused(conversation, refusal), None
                if hint is None:
                    return None
        raise AssertionError(f"the menus turn in a ring at {conversation.screen}")

    def _fork(self, conversation: Conversation, route: Route) -> None:
        facts = conversation.shown = self.look(conversation, route.shows)
        machine.go(conversation, next((f"if {fact}" for fact, _ in route.to if facts.get(fact)), "otherwise"))

    def _carry_out(self, conversation: Conversation, screen: Screen, pin: Secret | None) -> Hint | None:
        """Ask the house what the screen asks, and go where that leads; give the screen's own words if they go in front of that."""
        self._ask_the_house(conversation, screen, pin)
        if screen.after:
            machine.go(conversation, "done")
        return self._onward(conversation, screen, screen.onward) if screen.onward else None

    def _onward(self, conversation: Conversation, screen: Screen, route: str) -> Hint | None:
        """Go on to what comes next; None if nothing does."""
        node = machine.nodes()[route]
        assert isinstance(node, Route)
        found = self.look(conversation, node.shows)
        way = next((fact for fact, _ in node.to if found.get(fact)), None)
        if way is None:
            return None
        facts = {**conversation.answers, **conversation.shown}
        machine.go(conversation, "onward")
        machine.go(conversation, f"if {way}")
        conversation.shown = found
        return Hint(words_of(screen, facts), facts, spare=True)

    def _rest(self, conversation: Conversation, screen: Screen) -> None:
        """Look up what the screen shows; the conversation rests here."""
        if screen.shows:
            conversation.shown = (conversation.shown if screen.build else {}) | self.look(conversation, screen.shows)
        conversation.ended = screen.ends and not machine.choices_of(screen, conversation.shown)
        self._speak(conversation)

    def look(self, conversation: Conversation, name: str) -> dict[str, Any]:
        """Look up what a screen shows, by the look-up's name."""
        return LOOKUPS[name](Look(self.work, conversation, self.at, self.house.help_number, self.reached))

    def _speak(self, conversation: Conversation) -> None:
        """A stranger has no language yet but the one that was just chosen."""
        if conversation.person_id is None:
            conversation.language = conversation.answers.get("language", conversation.language)

    def _ask_the_house(self, conversation: Conversation, screen: Screen, pin: Secret | None) -> None:
        """Carry out the screen's command, with what the screen showed and what was answered."""
        assert screen.build is not None
        command = screen.build({**conversation.answers, **conversation.shown}, self._asking(conversation, pin))
        receipt = execute(self.work.session, command)
        conversation.shown = conversation.shown | receipt.facts
        _AFTER.get(receipt.kind, _nothing)(conversation, receipt)

    @staticmethod
    def _refused(conversation: Conversation, refusal: Refused) -> Hint | None:
        """A refusal that has a way on gives the hint for it; any other ends the session."""
        code = refusal.facts["was"] if isinstance(refusal, RefusedBefore) else refusal.code
        if machine.has(conversation, f"refused {code}"):
            machine.go(conversation, f"refused {code}")
            return Hint(f"refused.{code}", refusal.facts)
        conversation.screen, conversation.ended = "refused", True
        conversation.shown = {"code": code, **refusal.facts}
        return None

    def _asking(self, conversation: Conversation, pin: Secret | None) -> Asking:
        return Asking(
            id=id_from(conversation.channel, conversation.session, conversation.turn + 1),
            at=self.at,
            channel=conversation.channel,
            phone=conversation.address,
            group_id=conversation.group_id,
            person_id=conversation.person_id,
            language=conversation.language,
            pin=pin,
            pin_given=conversation.pin_given,
        )


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
    "pin.ask_reset": _pin_given,
    "pin.reset": _pin_given,
    "member.decide": _pin_given,
    "cash.decide": _pin_given,
    "loan.decide": _pin_given,
    "dispute.decide": _pin_given,
    "loan.disburse": _pin_given,
}
