"""What the clients of a benchmark type: generators that yield a request and are sent the reply."""

import itertools
import os
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from bench.people import GROUP_SIZE, PIN, member, phone
from bench.words import BROKEN_OFF, Expects, menu, screen

TEXT_MAX: Final = 3_900  # of what a session may type in all
ANY: Final = Expects()
HOME: Final = menu("save", "loan", "balance", "group")
MORE: Final = menu("language", "pin", "groups")
GROUP: Final = screen("group")
AMOUNT: Final = screen("save.amount")
CONFIRM: Final = screen("save.confirm")
GIVE: Final = screen("save.done", "END")
CASH: Final = screen("inbox.saving")
ENTER_PIN: Final = screen("inbox.cash.pin.yes")
RECEIVED: Final = screen("inbox.cash.done.yes")
DEPOSITED: Final = Expects("END Deposited")


class Ask(NamedTuple):
    """A request: its form, what the right reply is, and under which label its time is noted."""

    body: str
    label: str
    expects: Expects


Script = Generator[Ask, str, None]
_RUN: Final = os.urandom(6).hex()
_sessions = itertools.count(1)


class Phone:
    """One session: adds each reply to the text, as the gateway does."""

    def __init__(self, number: str) -> None:
        self._fixed = urlencode(
            {"sessionId": f"b-{_RUN}-{next(_sessions)}", "phoneNumber": number, "networkCode": "63902", "serviceCode": "*384*77#"}
        )
        self.text = ""

    def dial(self, expects: Expects, label: str = "dial") -> Script:
        """Open the session. What was broken off in an earlier one stays so."""
        shown = yield Ask(f"{self._fixed}&text=", label, expects | BROKEN_OFF)
        if BROKEN_OFF.met_by(shown):
            yield self.reply("2", "open", expects)

    def reply(self, reply: str, label: str, expects: Expects) -> Ask:
        """Answer the screen."""
        self.text = f"{self.text}*{reply}" if self.text else reply
        return Ask(f"{self._fixed}&text={self.text}", label, expects)


def _members(client: int, first: int, options: Mapping[str, Any]) -> Generator[int, None, None]:
    """The members whom a client plays in turn: one of each of its groups, none its treasurer."""
    for round_ in itertools.count():
        group = first + (client + options["clients"] * round_) % (options["groups"] - first)
        yield member(group, 2 + round_ % (GROUP_SIZE - 1))


def walk(client: int, first: int, options: Mapping[str, Any]) -> Script:
    """Walk through menus: the group and back, more and back, twenty moves a session."""
    for n in _members(client, first, options):
        session = Phone(phone(n))
        yield from session.dial(HOME)
        for _ in range(5):
            for reply, label, expects in (("4", "group", GROUP), ("0", "home", HOME), ("5", "more", MORE), ("0", "home", HOME)):
                yield session.reply(reply, label, expects)


def save(client: int, first: int, options: Mapping[str, Any]) -> Script:
    """Save, and have it confirmed: four hops of a member, then the treasurer's `1`."""
    desks = _desks(client, first, options)
    for desk in desks:
        yield from desk.open()
    for round_ in itertools.count():
        desk = desks[round_ % len(desks)]
        session = Phone(phone(member(desk.group, 2 + round_ // len(desks) % (GROUP_SIZE - 1))))
        yield from session.dial(HOME)
        yield session.reply("1", "save.amount", AMOUNT)
        yield session.reply("500", "save.confirm", CONFIRM)
        yield session.reply("1", "save.done", GIVE)
        yield from desk.confirm()


def confirm(client: int, first: int, options: Mapping[str, Any]) -> Script:
    """Confirm what waits: the treasurer's `1`, again and again."""
    desks = _desks(client, first, options)
    for desk in desks:
        yield from desk.open()
    for round_ in itertools.count():
        yield from desks[round_ % len(desks)].confirm()


class _Desk:
    """A treasurer's session, opened with the PIN, in which something is always left to be confirmed."""

    def __init__(self, group: int) -> None:
        self.group = group
        self.session = Phone(phone(member(group, 1)))

    def open(self) -> Script:
        """Dial, and confirm the first with the PIN; the answer shows the next."""
        self.session = Phone(phone(member(self.group, 1)))
        yield from self.session.dial(CASH, "open")
        yield self.session.reply("1", "open", ENTER_PIN)
        yield self.session.reply(PIN, "open.pin", RECEIVED)

    def confirm(self) -> Script:
        """Confirm what is shown; the session ends when its text is full, and another is opened."""
        yield self.session.reply("1", "confirm", RECEIVED)
        if len(self.session.text) > TEXT_MAX:
            yield from self.open()


def _desks(client: int, first: int, options: Mapping[str, Any]) -> list[_Desk]:
    clients, each = options["clients"], options["desks"]
    return [_Desk(first + client + clients * n) for n in range(each)]


def form(_client: int, _first: int, _options: Mapping[str, Any]) -> Script:
    """Post the same form to the floor."""
    session = Phone(phone(1))
    for reply in itertools.cycle(("1", "500", "1")):
        yield session.reply(reply, "form", ANY)
        if len(session.text) > 40:  # noqa: PLR2004 about as long as a menu session gets
            session = Phone(phone(1))


def peer(client: int, _first: int, options: Mapping[str, Any]) -> Script:
    """Save on the Node peer, five hops of the member."""
    for round_ in itertools.count():
        session = Phone(f"+2547{1 + (client * 6_151 + round_ * 37) % options['members']:08d}")
        yield from session.dial(ANY)
        yield session.reply("1", "savings", ANY)
        yield session.reply("2", "deposit", ANY)
        yield session.reply("500", "confirm", ANY)
        yield session.reply("1", "done", DEPOSITED)


SCRIPTS: Final[Mapping[str, Callable[[int, int, Mapping[str, Any]], Script]]] = {
    "menu": walk,
    "save": save,
    "confirm": confirm,
    "form": form,
    "peer": peer,
}
