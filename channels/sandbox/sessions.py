"""One USSD session as the gateway keeps it: the inputs so far, the labels of the hops, how long it may still last."""

import re
import secrets
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from channels.sandbox.faults import DialShape, UssdFaults

_DIALLED = re.compile(r"\*\d+(\*[^*#\s]+)*#")


def new_session_id() -> str:
    return "ATUid_" + secrets.token_hex(16)


@dataclass(slots=True)
class Session:
    """A session from the dial to its end. Whoever makes a hop holds `lock`."""

    phone: str
    service_code: str
    inputs: list[str]
    id: str = field(default_factory=new_session_id)
    started: float = field(default_factory=monotonic)
    shown: float = field(default_factory=monotonic)  # when the customer last saw a screen
    hops: int = 0
    label: str = ""  # what our application called the last step; it is echoed with the next
    labels: list[str] = field(default_factory=list)
    last_answer: str = ""
    over: bool = False
    lock: Lock = field(default_factory=Lock)

    @property
    def text(self) -> str:
        """All inputs so far. The gateway does not escape a star inside a reply, so neither do we."""
        return "*".join(self.inputs)

    def answered(self, body: str, *, label: str) -> None:
        self.hops += 1
        self.last_answer = body
        self.label = label
        if label:
            self.labels.append(label)

    def seconds_left(self, faults: UssdFaults) -> float:
        """Say how long the network still keeps the line."""
        now = monotonic()
        left = self.started + faults.session_seconds - now
        return min(left, self.shown + faults.idle_seconds - now) if faults.idle_seconds else left


def split_dial(dialled: str, *, service_codes: tuple[str, ...], shape: DialShape) -> tuple[str, str] | None:
    """Find the service code and the first text of what was dialled; nothing if no such service is known here."""
    if not _DIALLED.fullmatch(dialled):
        return None
    for code in sorted(service_codes, key=len, reverse=True):
        stem = code.removesuffix("#")
        if dialled == code:
            return code, ""
        if dialled.startswith(stem + "*"):
            parameters = dialled.removeprefix(stem + "*").removesuffix("#")
            return (code, parameters) if shape == "text" else (dialled, "")
    return None
