"""A small town in a real database: groups, people, their phones in this process, and a clock that the test moves."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Engine

from channels.sandbox.phones import PhoneError, Received, Shown
from channels.sms import gateway as sms_gateway
from channels.sms.sentence import sentence
from channels.ussd import gateway
from channels.walk import House
from channels.words.gsm7 import is_gsm7, septets
from core.commands import AddMember, CallMeeting, Command, DecideCash, DeclareSaving, OpenGroup, Receipt
from core.db.engine import transaction
from core.execute import execute
from core.groups import pins
from core.groups.operations import open_organisation
from core.ids import CommandId, GroupId, PersonId, id_from
from core.money import Money

PEPPER: Final = b"a pepper of the tests, 32 bytes.."
SERVICE_CODE: Final = "*384*77#"
HELP: Final = "+254711000000"
PIN: Final = "4826"
MORNING: Final = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ZONE: Final = "Africa/Nairobi"
SORRY: Final = "END Please dial again in a minute."

AMINA, BARAKA, CHAUSIKU, DAUDI = "+254700000001", "+254700000002", "+254700000003", "+254700000004"
FATUMA, GHALIB, HALIMA = "+254700000011", "+254700000012", "+254700000013"
SHARED, STRANGER, WANJIRU = "+254700000031", "+254700000099", "+254700000051"
UMOJA: Final = (
    ("Amina", AMINA, ()),
    ("Baraka", BARAKA, ("treasurer",)),
    ("Chausiku", CHAUSIKU, ("chair",)),
    ("Daudi", DAUDI, ("secretary",)),
    ("Esther", SHARED, ()),
    ("Faraji", SHARED, ()),
    ("Wanjiru", WANJIRU, ()),
)
TUMAINI: Final = (("Fatuma", FATUMA, ()), ("Ghalib", GHALIB, ("treasurer",)), ("Halima", HALIMA, ("chair",)), ("Wanjiru", WANJIRU, ()))
SAVED: Final = (("Amina", "Baraka", 1_500), ("Amina", "Baraka", 1_500), ("Baraka", "Chausiku", 2_000), ("Daudi", "Baraka", 4_000))
LONG: Final = tuple(f"Kikundi cha Maendeleo Kijiji {n}" for n in range(1, 6))


def is_an_answer(answer: str) -> bool:
    """Say whether a phone can show it."""
    return answer[:4] in {"CON ", "END "} and is_gsm7(answer) and septets(answer) <= 160 and bool(answer[4:].strip())


def form(session: str, phone: str, text: str, **more: str) -> bytes:
    """Write a request of the gateway."""
    fields = {"sessionId": session, "phoneNumber": phone, "networkCode": "99999", "serviceCode": SERVICE_CODE, "text": text}
    return urlencode(fields | more).encode()


@dataclass
class Town:
    """The house with everybody in it."""

    engine: Engine
    language: str = "en"
    now: datetime = MORNING
    groups: dict[str, GroupId] = field(default_factory=dict)
    people: dict[str, PersonId] = field(default_factory=dict)
    members: dict[tuple[str, str], int] = field(default_factory=dict)
    done: int = 0

    @property
    def house(self) -> House:
        return House(self.engine, PEPPER, SERVICE_CODE, HELP)

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def answer(self, session: str, phone: str, text: str) -> str:
        """Send a request of the gateway, as it comes over the wire."""
        return gateway.answer(self.house, form(session, phone, text), now=self.clock)

    def text(self, sender: str, text: str, *, sms_id: str = "") -> int:
        """Give the house an SMS, as it comes over the wire, and give the status that the gateway gets."""
        self.done += 1
        given = sms_id or f"ATXid_{self.done}"
        body = urlencode({"id": given, "from": sender, "to": "77123", "text": text, "date": "2026-03-02 06:00:00"}).encode()
        return sms_gateway.answer(sms_gateway.sms, self.house, body, at=self.clock())

    def do(self, kind: Callable[..., Command], **fields: Any) -> Receipt:  # noqa: ANN401 fields of any command
        """Ask the house for something, past every channel."""
        command = kind(**({"id": self.next_id(), "at": self.clock(), "channel": "cli"} | fields))
        with transaction(self.engine) as session:
            return execute(session, command)

    def next_id(self) -> CommandId:
        self.done += 1
        return id_from("town", self.done)

    def sql(self, statement: str, **parameters: Any) -> list[Any]:  # noqa: ANN401 rows
        """Ask the database itself."""
        with transaction(self.engine) as session:
            rows = session.connection().exec_driver_sql(statement, parameters)
            return list(rows) if rows.returns_rows else []

    def sealed(self, name: str, pin: str = PIN) -> Any:  # noqa: ANN401 a Secret
        return pins.seal(pin, person_id=self.people[name], pepper=PEPPER)

    # Building it

    def open(self, code: str, name: str, kind: str, people: tuple[tuple[str, str, tuple[str, ...]], ...]) -> None:
        with transaction(self.engine) as session:
            organisation = open_organisation(session, name="Pamoja", country="KE")
        opened = self.do(OpenGroup, organisation_id=organisation, code=code, name=name, group_kind=kind, currency="KES", timezone=ZONE)
        self.groups[code] = GroupId(opened.facts["group_id"])
        for who, phone, roles in people:
            facts = self.do(AddMember, group_id=self.groups[code], name=who, phone=phone, language=self.language, roles=roles).facts
            self.members[code, who] = facts["member_id"]
            if who not in self.people:
                self.people[who] = PersonId(facts["person_id"])
                with transaction(self.engine) as session:
                    pins.keep(session, person_id=self.people[who], pin=self.sealed(who), at=self.now)

    def save(self, code: str, who: str, keeper: str, major: int) -> None:
        """Let somebody save cash that another confirms."""
        group = self.groups[code]
        amount = Money(major * 100, "KES")
        self.do(DeclareSaving, channel="ussd", group_id=group, actor_id=self.people[who], amount=amount)
        ((declared,),) = self.sql("SELECT max(id) FROM declaration WHERE group_id = %(group)s", group=group)
        fields = {"declaration_id": declared, "agree": True, "pin_given": True}
        self.do(DecideCash, channel="ussd", group_id=group, actor_id=self.people[keeper], **fields)

    def phone(self, number: str) -> "TownPhone":
        return TownPhone(number, self)


def build(engine: Engine, language: str = "en") -> Town:
    """Build the town of the transcripts: Umoja has saved a little, Tumaini meets tomorrow, Wanjiru is in many groups.

    Chausiku leads two: she is the chair of Umoja and the treasurer of the first village.
    """
    town = Town(engine, language)
    town.open("UMOJA", "Umoja", "vsla", UMOJA)
    town.open("TUMAINI", "Tumaini", "chama", TUMAINI)
    for n, name in enumerate(LONG, start=1):
        keeper = (("Chausiku", CHAUSIKU, ("treasurer",)),) if n == 1 else ()
        town.open(f"KIJIJI{n}", name, "vsla", (("Wanjiru", WANJIRU, ()), *keeper))
    for who, keeper, major in SAVED:
        town.save("UMOJA", who, keeper, major)
    tomorrow = MORNING.replace(hour=11) + timedelta(days=1)
    town.do(CallMeeting, group_id=town.groups["TUMAINI"], starts_at=tomorrow, place="Soko la zamani")
    return town


class TownPhone:
    """A phone whose gateway is this process, and whose SMS are the outbox's, said as a sender would say them."""

    def __init__(self, number: str, town: Town) -> None:
        self.number = number
        self._town = town
        self._session = ""
        self._inputs: list[str] = []
        self._open = False

    def dial(self, code: str) -> Shown:
        """Dial the service code; what is dialled along goes to the house at once."""
        self._town.done += 1
        self._session = f"ATUid_{self._town.done}"
        along = re.fullmatch(r"\*384\*77(?:\*(.*))?#", code)
        assert along is not None, code
        self._inputs = [along[1]] if along[1] else []
        return self._hop()

    def reply(self, text: str) -> Shown:
        """Answer the open screen.

        :raises PhoneError: if there is none
        """
        if not self._open:
            raise PhoneError("no session is open to reply to")
        self._inputs.append(text)
        return self._hop()

    def _hop(self) -> Shown:
        answer = self._town.answer(self._session, self.number, "*".join(self._inputs))
        self._open = answer.startswith("CON ")
        assert self._open or answer.startswith("END "), answer
        return Shown(answer[4:], self._open)

    def hangup(self) -> None:
        self._open = False

    def send(self, text: str) -> None:
        """Text the house; `{code}` is the code of the newest receipt that this number got.

        :raises PhoneError: if it was not taken
        """
        if "{code}" in text:
            newest = "SELECT facts ->> 'code' FROM outbox WHERE address = %(phone)s AND facts ? 'code' ORDER BY id DESC LIMIT 1"
            text = text.replace("{code}", self._town.sql(newest, phone=self.number)[0][0])
        status = self._town.text(self.number, text)
        if status != HTTPStatus.OK:
            raise PhoneError(f"the house answered {status}")

    def inbox(self) -> list[Received]:
        """What the outbox holds for this number."""
        rows = self._town.sql("SELECT id, language, template, facts FROM outbox WHERE address = %(phone)s ORDER BY id", phone=self.number)
        standing = {"dial": SERVICE_CODE, "help": HELP}
        return [Received(str(row[0]), "PAMOJA", sentence(row[1], row[2], row[3] | standing).text, "") for row in rows]
