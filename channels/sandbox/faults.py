"""What a bad day at the gateway looks like. Every field is a switch; the defaults are a good day."""

from dataclasses import asdict, dataclass, field, fields
from random import Random
from threading import Lock
from typing import Any, Literal, Self, TypeVar, get_args, get_origin, get_type_hints

DialShape = Literal["text", "service_code"]
DateShape = Literal["iso", "space"]


class UnknownFault(ValueError):
    """Somebody asked for a fault that does not exist, or gave it a value it cannot take."""


@dataclass(frozen=True, slots=True)
class _Strikes:
    """Which calls `status`, `cut` and `drop` hit: a share of them, and at most so many."""

    latency_ms: int = 0  # the gateway takes so much longer
    cut: bool = False  # accepted, then the connection is cut before the answer
    drop: bool = False  # lost on the way
    share: float = 1.0  # of the calls, how many are hit
    times: int | None = None  # and then no more
    duplicates: int = 0  # every callback comes so many times more


@dataclass(frozen=True, slots=True)
class UssdFaults(_Strikes):
    """Between the handset and us. A drop never reaches us; after a cut we have answered, but the handset sees nothing."""

    at_once: bool = False  # duplicates come together with the first, not after it
    dial_shape: DialShape = "text"  # where the parameters of a long dial string go: it is not documented
    events: bool = True  # the end-of-session notice
    hop_metadata: bool = True  # echo our label of the step
    session_seconds: int = 180
    idle_seconds: int = 0  # what a customer may think; 0 = as long as the session lives


@dataclass(frozen=True, slots=True)
class SmsFaults(_Strikes):
    """Between us and the inboxes. A drop is accepted and never delivered; after a cut it is delivered all the same."""

    status: int = 0  # 429 or 5xx instead of an answer
    message: str = ""  # nobody is sent to, and this says why: InvalidSenderId, InsufficientBalance
    balance: str = ""  # what our account says is left, such as KES 12.50; '' says how it is
    statuses: dict[str, int] = field(default_factory=dict)  # a status code for single numbers, such as 403 or 406
    per_second: int = 0  # more calls than this in a second get 429; 0 = no cap
    reports: bool = True
    report_delay_ms: int = 0
    report_first: bool = False  # the report overtakes the answer
    shuffle: bool = False  # reports come in any order
    date_shape: DateShape = "iso"
    footer: bool = False  # the first message to each number says how to opt out, and may be a segment longer for it


@dataclass(frozen=True, slots=True)
class TelegramFaults(_Strikes):
    """Between the bot and Telegram. A drop never arrives; after a cut the message is sent, but the bot hears nothing."""

    status: int = 0  # 429 or 5xx instead of an answer
    retry_after: int = 1  # what a 429 asks to wait, in seconds
    method: str = ""  # only calls of this method are hit; '' is all of them but getUpdates
    per_second: int = 30  # more messages than this in a second get 429; 0 = no cap
    group_per_minute: int = 20  # and more than this in a minute in one group
    query_seconds: int = 30  # after so long a press can no longer be answered


@dataclass(frozen=True, slots=True)
class FaultSet:
    """All faults that are switched on, by gateway."""

    ussd: UssdFaults = UssdFaults()
    sms: SmsFaults = SmsFaults()
    telegram: TelegramFaults = TelegramFaults()

    @classmethod
    def parse(cls, body: object) -> Self:
        """Read a whole set; what is not named is a good day again.

        :raises UnknownFault: if a gateway, a field or a value is none of ours
        """
        given = _object(body, allowed={"ussd", "sms", "telegram"}, where="faults")
        return cls(
            ussd=_parse(UssdFaults, given.get("ussd", {})),
            sms=_parse(SmsFaults, given.get("sms", {})),
            telegram=_parse(TelegramFaults, given.get("telegram", {})),
        )

    def dump(self) -> dict[str, Any]:
        return asdict(self)


class Faults:
    """The faults of now, and the dice. The dice are seeded, so that a bad day can be had again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.replace(FaultSet())

    @property
    def ussd(self) -> UssdFaults:
        return self._now.ussd

    @property
    def sms(self) -> SmsFaults:
        return self._now.sms

    @property
    def telegram(self) -> TelegramFaults:
        return self._now.telegram

    def now(self) -> FaultSet:
        return self._now

    def replace(self, new: FaultSet) -> None:
        with self._lock:
            self._now = new
            self._left = {"ussd": new.ussd.times, "sms": new.sms.times, "telegram": new.telegram.times}
            self._dice = Random(1)  # noqa: S311 dice, not a secret

    def strikes(self, gateway: Literal["ussd", "sms", "telegram"]) -> bool:
        """Say whether this call is one of those that are hit; asked once for each call."""
        with self._lock:
            left = self._left[gateway]
            share = {"ussd": self._now.ussd, "sms": self._now.sms, "telegram": self._now.telegram}[gateway].share
            if left == 0 or (share < 1 and self._dice.random() >= share):
                return False
            if left is not None:
                self._left[gateway] = left - 1
            return True

    def dice(self) -> float:
        with self._lock:
            return self._dice.random()


def _object(body: object, *, allowed: set[str], where: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise UnknownFault(f"{where} must be a JSON object")
    if unknown := sorted(set(body) - allowed):
        raise UnknownFault(f"{where} has no {', '.join(unknown)}; it has {', '.join(sorted(allowed))}")
    return body


_Kind = TypeVar("_Kind", bound=_Strikes)


def _parse(kind: type[_Kind], body: object) -> _Kind:
    hints = get_type_hints(kind)
    given = _object(body, allowed={each.name for each in fields(kind)}, where=kind.__name__)
    for name, value in given.items():
        if not _fits(hints[name], value):
            raise UnknownFault(f"{name} cannot be {value!r}")
    return kind(**given)


def _fits(hint: object, value: object) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    if hint == (int | None):
        return value is None or _is_count(value)
    if hint is int:
        return _is_count(value)
    if get_origin(hint) is dict:
        return isinstance(value, dict) and all(isinstance(key, str) and _is_count(item) for key, item in value.items())
    assert hint in (bool, str), hint
    return isinstance(value, hint)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
