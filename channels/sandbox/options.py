"""What the sandbox is told at the start: whom it calls, with which secret, and whose handsets lie on the table."""

import re
from dataclasses import dataclass

from core.settings import DEMO_TELEGRAM_TOKEN

NUMBER = re.compile(r"\+[1-9]\d{7,14}")
DEMO_PIN = "4826"


def phone_of(text: str) -> str | None:
    """Read a phone number in E.164, with or without its plus (a plus in an address easily turns into a space)."""
    number = "+" + text.strip().removeprefix("+")
    return number if NUMBER.fullmatch(number) else None


@dataclass(frozen=True, slots=True)
class Person:
    """Whose handset it is, as far as the page must say it."""

    phone: str
    name: str
    group: str
    role: str = "member"
    language: str = "en"


DEMO_PEOPLE = (
    Person("+254700000001", "Amina", "Umoja"),
    Person("+254700000002", "Baraka", "Umoja", "treasurer"),
    Person("+254700000003", "Chausiku", "Umoja", "chair"),
    Person("+254700000004", "Daudi", "Umoja", "secretary"),
    Person("+254700000011", "Fatuma", "Tumaini", "member", "sw"),
    Person("+254700000012", "Ghalib", "Tumaini", "treasurer", "sw"),
    Person("+254700000013", "Halima", "Tumaini", "chair", "sw"),
    Person("+254700000021", "Irène", "Espoir", "member", "fr"),
    Person("+254700000022", "Jean", "Espoir", "treasurer", "fr"),
    Person("+254700000023", "Kevin", "Espoir", "chair", "fr"),
    Person("+254700000031", "Shared", "Others", "two of Umoja"),
    Person("+254700000099", "Stranger", "Others", "known to nobody"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """How this sandbox is set up. The defaults are those of `pamoja demo`."""

    target: str = "http://127.0.0.1:8000"
    secret_path: str = "demo"  # noqa: S105 everybody may know it
    service_codes: tuple[str, ...] = ("*384*77#",)
    username: str = "sandbox"
    api_key: str = "sandbox"
    sender: str = "AFRICASTKNG"  # what the gateway signs with when a message names no sender
    telegram_token: str = DEMO_TELEGRAM_TOKEN  # of the one bot; what stands before the colon is its id
    short_code: str = "38477"  # where an SMS from a handset goes
    network_code: str = "99999"  # the gateway's own code for its sandbox
    people: tuple[Person, ...] = DEMO_PEOPLE
    pin: str = DEMO_PIN  # shown on the page; '' shows none
    answer_seconds_max: float = 10.0

    def __post_init__(self) -> None:
        assert self.service_codes, "a sandbox without a service code cannot be dialled"
        assert all(code.startswith("*") and code.endswith("#") for code in self.service_codes), self.service_codes

    def callback(self, name: str) -> str:
        """Say where a callback goes: ussd, ussd-events, sms, delivery or opt-out."""
        return f"{self.target.rstrip('/')}/at/{self.secret_path}/{name}"
