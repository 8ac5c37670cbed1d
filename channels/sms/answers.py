"""An SMS of a member is answered: one transaction that notes it, does what it asks, and leaves the answer in the outbox.

A command is a shortcut into the menus (`channels/sms/shortcuts.py`), so it has their rights, their limits and their words.
No PIN is ever taken by SMS: a message that may hold one is kept nowhere, and its sender is warned.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from channels.conversations import Conversation, Overtaken
from channels.menus import machine
from channels.menus.machine import Hint
from channels.menus.replies import NotUnderstood
from channels.menus.screens import Screen, holds, words_of
from channels.retry import tried
from channels.sms import receipts, received
from channels.sms.disputes import dispute
from channels.sms.grammar import LooksLikePin, Said, example, read, spoken
from channels.sms.shortcuts import DIALLED, SHORTCUTS
from channels.walk import House, Walk
from channels.words.catalogue import say
from channels.words.folding import fold_to_gsm7
from channels.words.gsm7 import measure
from core.commands import Secret
from core.db.engine import Work
from core.groups.queries import Reached, find_reached
from core.ids import id_from
from core.outbox import stops
from core.outbox.operations import Message, put
from core.phone import is_e164, masked

log = structlog.get_logger(__name__)

CHANNEL: Final = "sms"
STRAYS_MAX: Final = 3  # in an hour, of a number whose messages are not understood; a machine may be answering us
STRAY_WITHIN: Final = timedelta(hours=1)
ENTRIES_PER_SMS: Final = 4
# Refusals that no other amount or answer would mend: an example of the command is no help then.
_FOR_NOW: Final = {"refused.meeting.over": "sms.no_meeting", "refused.loan.not_active": "refused.loan.not_active"}


@dataclass(frozen=True, slots=True)
class InboundSms:
    """An SMS as the gateway gave it to us. `text` may hold a PIN; it is never kept or logged."""

    id: str
    address: str
    text: str
    at: datetime

    def __repr__(self) -> str:
        return f"InboundSms({self.id}, {masked(self.address)})"


def take_sms(house: House, sms: InboundSms) -> None:
    """Take an SMS, once, and leave the answer in the outbox. Done when this returns, whoever repeats it.

    :raises SQLAlchemyError: or psycopg.Error, if the database cannot be had
    """
    tried(house.engine, lambda work: _Answering(house, work, sms).run(), name=sms.id)


class _Answering:
    """The steps of one answer."""

    def __init__(self, house: House, work: Work, sms: InboundSms) -> None:
        self.house, self.work, self.sms = house, work, sms
        self.walk = Walk(house, work, at=sms.at, reached=find_reached(work.driver, phone=sms.address))
        self.conversation = Conversation(
            channel=CHANNEL,
            session=sms.id,
            address=sms.address,
            started_at=sms.at,
            touched_at=sms.at,
            language=house.default_language,
        )
        self.said: dict[str, Any] = {}
        self.page = 0
        self.event = f"sms:{sms.id}"  # the key under which the answer is told, once

    def run(self) -> None:
        if received.is_known(self.work.driver, self.sms.id):
            return
        self.work.begin()
        if not is_e164(self.sms.address):
            self._note(None)  # a name, such as an operator's: nobody to answer
        else:
            caller = self.walk.look(self.conversation, "caller")
            self._answer_known() if caller.get("known") else self._answer_others(caller)
        self.work.commit()

    def _note(self, command: str | None) -> None:
        """Note the SMS; it is claimed by that, so of two requests with it one goes on.

        :raises Overtaken: if another request has it
        """
        taken = received.receive(
            self.work.driver, self.sms.id, address=self.sms.address[:16], at=self.sms.at, command=command, said=self.said, page=self.page
        )
        if not taken:
            raise Overtaken

    def _answer_others(self, caller: Mapping[str, Any]) -> None:
        """Whom we do not know gets one polite answer a day; on a handset of several, the menu asks who it is."""
        self._note(None)
        if caller.get("waiting"):
            self._reply(self._say("join.waiting", group=caller["group"]))
        elif caller.get("several"):
            self._reply(self._say("sms.several"))
        else:
            # Who has no language with us is answered in the language of their word.
            self.conversation.language = spoken(self.sms.text, prefix=self.house.sms_keyword) or self.conversation.language
            self._reply(self._say("sms.unknown"), event=f"sms.unknown:{self.sms.at.date()}")

    def _answer_known(self) -> None:
        try:
            said = read(self.sms.text, currency=self._membership().currency, prefix=self.house.sms_keyword)
        except LooksLikePin:
            self._note("pin")
            self._reply(self._say("sms.pin"))
            return
        except NotUnderstood as wrong:
            self._answer_stray(wrong)
            return
        if said.command == "next":
            said, self.page = self._next()
        self._note(said.command)
        self._reply(_ANSWERS.get(said.command, _Answering._press)(self, said))

    def _membership(self) -> Reached:
        assert self.walk.reached is not None, "the caller was looked up"
        return next(row for row in self.walk.reached.all() if row.member_id == self.conversation.member_id)

    def _answer_stray(self, wrong: NotUnderstood) -> None:
        before = received.strays(self.work.driver, address=self.sms.address, since=self.sms.at - STRAY_WITHIN)
        self._note(None)
        if before < STRAYS_MAX:
            self._reply(self._hint(Hint(wrong.hint, wrong.facts), wrong.facts.get("example", "")))

    # Through the menus

    def _press(self, said: Said) -> str:
        """Go into the menus and press what the command presses, as far as the screens are those that it expects."""
        if said.command in DIALLED:
            return self._say("sms.dial")
        shortcut, conversation = SHORTCUTS[said.command], self.conversation
        conversation.screen = shortcut.start
        hint = self.walk.arrive(conversation, pin=None)
        for screen, reply in shortcut.presses(said):
            if hint or conversation.ended or conversation.screen != screen:
                break
            hint = machine.take(conversation, reply, seal=_never).hint or self.walk.arrive(conversation, pin=None)
        if hint and hint.key in _FOR_NOW:
            return self._say(_FOR_NOW[hint.key])
        return self._hint(hint, example(said.command, conversation.language)) if hint else self._rest()

    def _rest(self) -> str:
        """What the screen says on which the conversation has come to rest, without its choices."""
        screen = machine.nodes()[self.conversation.screen]
        assert isinstance(screen, Screen), "a walk ends on a screen"
        facts = {**self.conversation.answers, **self.conversation.shown}
        lines = [key for fact, key in (*screen.lines, *screen.asides) if holds(facts, fact)]
        # The screen's own words: a message may have the same name.
        parts = [say(self.conversation.language, key, **facts) for key in (words_of(screen, facts), *lines)]
        if screen.ask == "months":
            parts.append(example("loan", self.conversation.language))
        return _one_sms(parts)

    def _hint(self, hint: Hint, shown: str) -> str:
        facts = {**self.conversation.answers, **self.conversation.shown, **hint.facts}
        return _one_sms([self._say(hint.key, **facts), *([self._say("sms.example", example=shown)] if shown else [])])

    # What is read

    def _balance(self, _said: Said) -> str:
        facts = self.walk.look(self.conversation, "balance")
        more = [self._say(f"balance.{fact}", **facts) for fact in ("owed", "disputed") if facts.get(fact)]
        return _one_sms([self._say("balance", **facts), *more])

    def _statement(self, said: Said) -> str:
        """The newest entries, a few at a time; NEXT gives those before them."""
        conversation = self.conversation
        entries = receipts.statement(
            self.work.driver, group_id=conversation.group_id, member_id=conversation.member_id, page=self.page, limit=ENTRIES_PER_SMS
        )
        self.said = {"command": said.command}
        if not entries.rows:
            return self._say("sms.no_more" if self.page else "sms.no_entries")
        rows = [self._say("sms.row_disputed" if row["disputed"] else "balance.row", **row) for row in entries.rows]
        return _one_sms([self._membership().group_name, *rows, *([self._say("sms.more")] if entries.more else [])])

    def _next(self) -> tuple[Said, int]:
        """What NEXT goes on with: the statement that was read last, or nothing, which is help."""
        before = received.last(self.work.driver, address=self.sms.address, at=self.sms.at)
        spoken = self.conversation.language
        if before is None or before.command != "statement":
            return Said(command="help", spoken=spoken), 0
        return Said(command="statement", spoken=spoken), before.page + 1

    def _verify(self, said: Said) -> str:
        """Show the entry behind a receipt, if it is one of a group that the sender is in."""
        assert said.code is not None
        found = receipts.behind(self.work.driver, code=said.code, groups=self._groups(), person_id=self.conversation.person_id)
        if found is None:
            return self._say("sms.no_receipt", code=said.code)
        kind = next((f"_{kind}" for kind in ("undone", "disputed", "own") if found[kind]), "")
        return self._say(f"sms.receipt{kind}", **found)

    def _dispute(self, said: Said) -> str:
        """Dispute an entry on the sender's own account."""
        assert said.code is not None
        id_ = id_from(CHANNEL, self.sms.id)
        answer = dispute(self.work, self.conversation, id_=id_, at=self.sms.at, groups=self._groups(), code=said.code)
        self.event = answer.event or self.event
        return self._say(answer.key, **answer.facts)

    def _groups(self) -> list[int]:
        assert self.walk.reached is not None
        return [row.group_id for row in self.walk.reached.all() if row.state == "active"]

    # What changes how we write

    def _stop(self, _said: Said) -> str:
        stops.stop(self.work.session, address=self.sms.address, at=self.sms.at)
        return self._say("sms.stopped")

    def _start(self, _said: Said) -> str:
        stops.start(self.work.session, address=self.sms.address)
        return self._say("sms.started")

    def _group(self, said: Said) -> str:
        """The group at a glance; with a code, that one from now on."""
        if said.code is None:
            return self._press(said)
        assert self.walk.reached is not None
        found = next((row for row in self.walk.reached.all() if row.group_code == said.code and row.state == "active"), None)
        if found is None:
            return self._say("sms.not_your_group", code=said.code)
        self.conversation.screen, self.conversation.answers = "more.groups.done", {"group_id": found.group_id}
        self.walk.arrive(self.conversation, pin=None)
        return self._say("sms.group_chosen", group=found.group_name)

    def _lang(self, said: Said) -> str:
        self._press(said)
        return self._say("sms.language" if said.language else "sms.language_which")

    def _help(self, _said: Said) -> str:
        return self._say("sms.help")

    # Words

    def _say(self, key: str, **facts: Any) -> str:  # noqa: ANN401 facts are whatever the sentence needs
        standing = {"dial": self.house.service_code, "help": self.house.help_number}
        return say(self.conversation.language, key, channel=CHANNEL, **{**standing, **facts})

    def _reply(self, text: str, *, event: str = "") -> None:
        message = Message(
            group_id=self.conversation.group_id,
            person_id=self.conversation.person_id,
            address=self.sms.address,
            language=self.conversation.language,
            template="sms.reply",
            facts={"text": text},
            event_key=event or self.event,
            at=self.sms.at,
        )
        put(self.work.session, message)


def _never(_pin: str) -> Secret:
    raise AssertionError("no PIN is taken by SMS")


def _one_sms(parts: list[str]) -> str:
    """Put the parts on lines, as many of them as one SMS holds; the first is the answer, and always fits."""
    while len(parts) > 1 and not measure(fold_to_gsm7("\n".join(parts))).fits:
        parts = parts[:-1]
    return "\n".join(parts)


# What is not a shortcut into the menus.
_ANSWERS: Final[Mapping[str, Callable[[_Answering, Said], str]]] = {
    "balance": _Answering._balance,  # noqa: SLF001 its own table
    "statement": _Answering._statement,  # noqa: SLF001
    "verify": _Answering._verify,  # noqa: SLF001
    "dispute": _Answering._dispute,  # noqa: SLF001
    "stop": _Answering._stop,  # noqa: SLF001
    "start": _Answering._start,  # noqa: SLF001
    "group": _Answering._group,  # noqa: SLF001
    "lang": _Answering._lang,  # noqa: SLF001
    "help": _Answering._help,  # noqa: SLF001
}
