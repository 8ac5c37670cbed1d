"""A phone as a person or a script holds it: dial, reply, hang up, text, look into the inbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import httpx

from channels.sandbox import inbound
from channels.sandbox.sandbox import Sandbox
from channels.sandbox.ussd import NoSuchSession

# The gateway may take ten seconds for a hop, and the sandbox may be asked to be slow on top.
PATIENCE_SECONDS = 60.0


class PhoneError(Exception):
    """The phone could not do what it was asked, in words for the person who holds it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a phone shows after a key was pressed."""

    text: str
    open: bool
    hops: int = 0
    septets: int = 0
    cost: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """An SMS in an inbox; `id` tells it from another with the same words."""

    id: str
    sender: str
    text: str
    at: str
    segments: int = 1
    encoding: str = "GSM-7"


class Phone(Protocol):
    """What a transcript needs of a phone."""

    @property
    def number(self) -> str: ...
    def dial(self, code: str) -> Shown: ...
    def reply(self, text: str) -> Shown: ...
    def hangup(self) -> None: ...
    def send(self, text: str) -> None: ...
    def inbox(self) -> Sequence[Received]: ...


class SandboxPhone:
    """A phone inside this process, on a sandbox that is held here."""

    def __init__(self, number: str, sandbox: Sandbox) -> None:
        self.number = number
        self._sandbox = sandbox
        self._session = ""

    def dial(self, code: str) -> Shown:
        screen = self._sandbox.ussd.dial(self.number, code)
        self._session = screen.session
        return Shown(screen.text, screen.open, screen.hops, screen.septets, screen.cost)

    def reply(self, text: str) -> Shown:
        """Answer the open screen.

        :raises PhoneError: if there is none
        """
        try:
            screen = self._sandbox.ussd.reply(self.number, self._session, text)
        except NoSuchSession as gone:
            raise PhoneError("no session is open to reply to") from gone
        return Shown(screen.text, screen.open, screen.hops, screen.septets, screen.cost)

    def hangup(self) -> None:
        self._sandbox.ussd.hangup(self.number, self._session)

    def send(self, text: str) -> None:
        """Text us.

        :raises PhoneError: if it was not taken
        """
        sandbox = self._sandbox
        _, status = inbound.send(self.number, text, to="", options=sandbox.options, faults=sandbox.faults.sms, courier=sandbox.courier)
        _taken(status)

    def inbox(self) -> list[Received]:
        found = self._sandbox.inboxes.listed(self.number)
        return [Received(sms.id, sms.sender, sms.text, sms.at.isoformat(), sms.segments, sms.encoding) for sms in found]


class ApiPhone:
    """A phone on a sandbox elsewhere, through its JSON API."""

    def __init__(self, number: str, client: httpx.Client) -> None:
        self.number = number
        self._client = client
        self._session = ""

    @classmethod
    def at(cls, number: str, *, sandbox: str) -> Self:
        """Take a phone on the sandbox at this address."""
        return cls(number, httpx.Client(base_url=sandbox, trust_env=False, timeout=PATIENCE_SECONDS))

    def dial(self, code: str) -> Shown:
        found = self._call("POST", "dial", {"code": code})
        self._session = str(found["session"])
        return _shown(found)

    def reply(self, text: str) -> Shown:
        """Answer the open screen.

        :raises PhoneError: if there is none
        """
        return _shown(self._call("POST", "reply", {"session": self._session, "text": text}))

    def hangup(self) -> None:
        self._call("POST", "hangup", {"session": self._session})

    def send(self, text: str) -> None:
        """Text us.

        :raises PhoneError: if it was not taken
        """
        _taken(self._call("POST", "sms", {"text": text})["status"])

    def inbox(self) -> list[Received]:
        found = self._call("GET", "sms")
        return [Received(each["id"], each["from"], each["text"], each["at"], each["segments"], each["encoding"]) for each in found]

    def _call(self, method: str, action: str, body: dict[str, str] | None = None) -> Any:  # noqa: ANN401 JSON of two shapes
        try:
            response = self._client.request(method, f"/api/handsets/{self.number}/{action}", json=body)
        except httpx.HTTPError as error:
            raise PhoneError(f"no sandbox at {self._client.base_url} ({type(error).__name__})") from error
        if response.status_code == httpx.codes.CONFLICT:
            raise PhoneError("no session is open to reply to")
        if not response.is_success:
            raise PhoneError(f"the sandbox refused: {response.text.strip()}")
        return response.json()


def _taken(status: int) -> None:
    if why := inbound.undelivered(status):
        raise PhoneError(why)


def _shown(found: Any) -> Shown:  # noqa: ANN401 JSON
    return Shown(found["screen"], found["open"], found["hops"], found["septets"], found["cost"])
