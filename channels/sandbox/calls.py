"""What reached a gateway, for counting. A call keeps no text: what a customer types holds PINs."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Literal, get_args

CALLS_MAX = 100_000

# ussd: the gateway calls us, hop by hop. sms, account: we call the gateway. callbacks: the gateway tells us something else.
# telegram: the bot calls Telegram.
Gateway = Literal["ussd", "sms", "account", "callbacks", "telegram"]
GATEWAYS = get_args(Gateway)


@dataclass(frozen=True, slots=True)
class Call:
    """One call, with the status it was answered with; 0 where no answer came."""

    at: datetime
    gateway: Gateway
    route: str
    status: int
    milliseconds: int
    phone: str = ""
    session: str = ""
    recipients: int = 0
    chat: int = 0  # of Telegram
    same: bool | None = None  # of an injected duplicate: whether it had the same answer as the first


class Calls:
    """The last calls, oldest first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: deque[Call] = deque(maxlen=CALLS_MAX)

    def add(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)

    def listed(self, gateway: str | None = None) -> list[Call]:
        with self._lock:
            calls = list(self._calls)
        return calls if gateway is None else [call for call in calls if call.gateway == gateway]

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()


def as_json(call: Call) -> dict[str, Any]:
    """Say it for scripts, without what does not apply."""
    facts: dict[str, Any] = {
        "at": call.at.isoformat(),
        "gateway": call.gateway,
        "route": call.route,
        "status": call.status,
        "milliseconds": call.milliseconds,
    }
    more = {"phone": call.phone, "session": call.session, "recipients": call.recipients, "chat": call.chat}
    facts |= {name: value for name, value in more.items() if value}
    return facts if call.same is None else facts | {"repeat": True, "same": call.same}
