"""What somebody did in a private chat is answered: one transaction that notes the update, does what it asks, and gives the answer.

The update's number is noted in the transaction of its turn, so it is done once, and a repeat is shown what stands now. The
account's row is held meanwhile: of two presses at once one waits for the other. Nothing that was typed is kept or logged.
"""

import secrets
from datetime import timedelta
from typing import Any, Final

from channels import conversations
from channels.conversations import Conversation
from channels.menus import machine
from channels.menus.machine import HOME, Hint
from channels.menus.screens import Screen
from channels.retry import tried
from channels.telegram import pages, received
from channels.telegram.guard import link_code, looks_like_pin
from channels.telegram.pages import CHANNEL, Pressed
from channels.telegram.private import ENTRANCES, PrivateTurn
from channels.telegram.said import Answer, Said
from channels.turn import Inbound, Outbound
from channels.walk import House
from channels.words.catalogue import LANGUAGES
from core.commands import UseLinkCode
from core.db.engine import Work
from core.execute import execute
from core.groups import links
from core.groups.links import Account
from core.groups.operations import hashed_link_code
from core.groups.queries import Reached, find_of_person, find_reached
from core.ids import PersonId, id_from
from core.phone import look_up

EXPIRES_AFTER: Final = timedelta(hours=24)
NUMBERS: Final = frozenset({"amount", "months"})


def take(house: House, said: Said) -> Answer:
    """Take an update, once. Done when this returns, whoever repeats it.

    :raises SQLAlchemyError: or psycopg.Error, if the database cannot be had
    """
    return tried(house.engine, lambda work: _Answering(house, work, said).run(), name=str(said.update_id))


def note_shown(house: House, said: Said, answer: Answer, message_id: int) -> None:
    """Note which message has the live buttons now."""
    with Work(house.engine) as work:
        work.begin()
        links.shows(work.driver, user_id=said.user_id, session=answer.session, message_id=message_id)
        work.commit()


class _Answering:
    """The steps of one answer."""

    def __init__(self, house: House, work: Work, said: Said) -> None:
        self.house, self.work, self.said = house, work, said
        spoken = said.language.partition("-")[0]
        self.language = spoken if spoken in LANGUAGES else house.default_language

    def run(self) -> Answer:
        self.work.begin()
        fresh = received.receive(self.work.driver, self.said.update_id, at=self.said.at)
        account = links.find_account(self.work.driver, user_id=self.said.user_id)
        answer = self._known(account, fresh=fresh) if account else self._unknown(fresh=fresh)
        if self.work.driver.in_transaction:
            self.work.commit()
        return answer

    # Somebody whom nobody has bound yet

    def _unknown(self, *, fresh: bool) -> Answer:
        said = self.said
        if said.data is not None:
            return Answer(None, retires=frozenset({said.message_id}), toast=self._words("button.not_yours"))
        if said.contact is not None:
            return self._contact(said.contact)
        if looks_like_pin(said.text, number_asked=False):
            return self._pin_typed()
        code = link_code(_argument(said.text) if _command(said.text) else said.text)
        return self._link(code) if code and fresh else self._say("welcome")

    def _contact(self, phone: str) -> Answer:
        """Say what comes next: a number alone binds nobody, the code on its screen does."""
        number = look_up(phone, "KE").e164 if phone else None
        if number is None:
            return self._say("contact.other")
        known = any(row.state == "active" for row in find_reached(self.work.driver, phone=number).all())
        return self._say("contact.known" if known else "contact.unknown")

    def _link(self, code: str) -> Answer:
        said = self.said
        command = UseLinkCode(
            id=id_from(CHANNEL, "link", said.user_id, said.update_id, said.at),
            at=said.at,
            channel=CHANNEL,
            code_hash=hashed_link_code(code).hex(),
            user_id=said.user_id,
            chat_id=said.chat_id,
            account=said.name,
        )
        facts = execute(self.work.session, command).facts
        if not facts["bound"]:
            return self._say("link.wrong" if facts["tries_left"] else "link.locked", tries_left=facts["tries_left"])
        account = Account(said.user_id, PersonId(facts["person_id"]), said.chat_id, said.name, None, None)
        return self._open(account, "start", hint=Hint("link.done", spare=True), commands=True)

    # Somebody who is known

    def _known(self, account: Account, *, fresh: bool) -> Answer:
        said, found = self.said, self._standing(account)
        self.language = found.language if found else self._spoken(account)
        if not fresh or said.contact is not None:
            return self._present(account, found)
        if said.data is not None:
            return self._press(account, found, pages.read_data(said.data))
        return self._wrote(account, found)

    def _wrote(self, account: Account, found: Conversation | None) -> Answer:
        said = self.said
        if looks_like_pin(said.text, number_asked=_asks_number(found)):
            return self._pin_typed()
        command = _command(said.text)
        if command == "start" and (code := link_code(_argument(said.text))):
            return self._link(code)
        if command:
            return self._open(account, command if command in ENTRANCES else "help")
        if found is None or found.ended:
            return self._open(account, "start")
        if not said.text:
            return self._present(account, found)
        return self._replied(account, found, said.text, found.turn)

    def _standing(self, account: Account) -> Conversation | None:
        """The conversation that the chat stands in, unless it has expired or the person has left its group."""
        found = self._load(account.session) if account.session else None
        if found is None or found.person_id != account.person_id or found.touched_at < self.said.at - EXPIRES_AFTER:
            return None
        groups = {(row.group_id, row.member_id) for row in self._active(account)}
        return found if (found.group_id, found.member_id) in groups else None

    def _load(self, session: str) -> Conversation | None:
        return conversations.loaded(conversations.LOAD.later(self.work.driver, {"channel": CHANNEL, "session": session}))

    def _active(self, account: Account) -> list[Reached]:
        return [row for row in find_of_person(self.work.driver, person_id=account.person_id).all() if row.state == "active"]

    def _spoken(self, account: Account) -> str:
        return next((row.language for row in self._active(account)), self.language)

    def _press(self, account: Account, found: Conversation | None, pressed: Pressed | None) -> Answer:
        """Take a press. A button of somebody else's conversation does nothing, one of an older screen shows the present one."""
        if pressed and pressed.session != account.session:
            other = self._load(pressed.session)
            if other is not None and other.person_id != account.person_id:
                return Answer(None, toast=self._words("button.not_yours"))
        if found is None or (found.ended and pressed == Pressed(found.session, found.turn, HOME)):
            return self._open(account, "start")
        if pressed is None or pressed.session != found.session:
            return self._present(account, found)
        return self._replied(account, found, pressed.key, pressed.turn)

    def _replied(self, account: Account, found: Conversation, text: str, turn: int) -> Answer:
        inbound = Inbound(CHANNEL, found.session, found.address, text.replace("\x00", ""), self.said.at, answers=turn)
        going = self._turn(account, inbound)
        outbound = going.go_on(found)
        if outbound.stale:
            return self._present(account, found)
        changed = going.language if going.language not in {"", self.language} else ""
        return self._shown(account, outbound, found.session, commands=changed)

    def _open(self, account: Account, command: str, *, hint: Hint | None = None, commands: bool = False) -> Answer:
        """Begin a conversation; the buttons of the one before are dead from now on."""
        active = self._active(account)
        if not active:
            return self._say("refused.role.not_a_member")
        row = next((each for each in active if each.group_id == each.last_group_id), active[0])
        conversation = Conversation(
            channel=CHANNEL,
            session=secrets.token_urlsafe(9),
            address=row.phone,
            started_at=self.said.at,
            touched_at=self.said.at,
            language=row.language,
            person_id=account.person_id,
            member_id=row.member_id,
            group_id=row.group_id,
        )
        links.stand(self.work.driver, user_id=account.user_id, session=conversation.session)
        inbound = Inbound(CHANNEL, conversation.session, conversation.address, "", self.said.at)
        outbound = self._turn(account, inbound).open(conversation, command=command, hint=hint)
        pressed = frozenset({self.said.message_id} if self.said.data is not None else ())
        live = frozenset({account.message_id} if account.message_id else ())
        shown = pages.shown_from(outbound.text)
        return Answer(shown, conversation.session, retires=pressed | live, commands=row.language if commands else "")

    def _turn(self, account: Account, inbound: Inbound) -> PrivateTurn:
        return PrivateTurn(self.house, self.work, inbound, find_of_person(self.work.driver, person_id=account.person_id))

    # What the chat shows

    def _shown(self, account: Account, outbound: Outbound, session: str, *, commands: str) -> Answer:
        """Put the screen in the place of the one whose button was pressed; under what was written it is a new message."""
        shown, live = pages.shown_from(outbound.text), account.message_id
        edits = self.said.message_id if self.said.data is not None else None
        retires = frozenset({live} if live and live != edits else ())
        return Answer(shown, session, edits=edits, retires=retires, commands=commands)

    def _present(self, account: Account, found: Conversation | None) -> Answer:
        """Show what stands now, and take the buttons from what was pressed, if that is older."""
        if found is None:
            return self._open(account, "start")
        shown, pressed = pages.shown_from(found.reply), self.said.data is not None
        if pressed and self.said.message_id == account.message_id:
            return Answer(shown, found.session, edits=account.message_id)
        old = {self.said.message_id} if pressed else set()
        live = {account.message_id} if account.message_id else set()
        return Answer(shown, found.session, retires=frozenset(old | live), toast=self._words("button.old") if pressed else "")

    def _pin_typed(self) -> Answer:
        return Answer(pages.plain(self.language, "pin.typed", dial=self.house.service_code), deletes=self.said.message_id)

    def _say(self, key: str, **facts: Any) -> Answer:  # noqa: ANN401 facts are whatever the sentence needs
        return Answer(pages.plain(self.language, key, dial=self.house.service_code, **facts))

    def _words(self, key: str) -> str:
        return pages.plain(self.language, key).text


def _command(text: str) -> str:
    """Name the command of a message, such as `save` of `/save@PamojaBot`; '' if it is none."""
    return text.split(maxsplit=1)[0][1:].partition("@")[0].lower() if text.startswith("/") and text[1:].strip() else ""


def _argument(text: str) -> str:
    return text.partition(" ")[2]


def _asks_number(found: Conversation | None) -> bool:
    """Say whether the screen that is open asks for a number, which four digits may well be."""
    screen = machine.nodes()[found.screen] if found and not found.ended else None
    return isinstance(screen, Screen) and not screen.secret and screen.ask in NUMBERS
