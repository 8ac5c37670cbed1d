"""Send one text to many numbers through the gateway, and say for each number what came of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from channels.sms.wire import Declined, Unanswered, Unreached, Wire
from core.settings import Settings

NUMBERS_MAX = 100
CODE_MAX = 60


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway has it. Whether the phone has it, the delivery report says."""

    provider_id: str
    cost: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Refused for this number or this text; `final` where it would be refused again."""

    code: str
    final: bool


@dataclass(frozen=True, slots=True)
class Retry:
    """Nothing was sent, and nothing else would be now: unreachable, overloaded, or our account there is not in order."""

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been sent: the answer did not come, or cannot be read."""

    code: str


Result = Accepted | Rejected | Retry | Unknown


class Fate(StrEnum):
    """What a status code says of a message, and so what becomes of it; how long a pause is, the outbox decides."""

    TAKEN = "taken"
    FINAL = "final"  # a second try would end the same
    LATER = "later"  # this number or this text, and not for ever
    DOWN = "down"  # the gateway, or our account there: it would be the same for everybody
    DOUBT = "doubt"  # it may have been sent


# The gateway's own code for each number. One that is not here is tried later: nothing says that it was sent.
RECIPIENT_CODES: Final[Mapping[int, Fate]] = {
    100: Fate.TAKEN,  # processed
    101: Fate.TAKEN,  # sent
    102: Fate.TAKEN,  # queued
    401: Fate.FINAL,  # risk hold
    402: Fate.DOWN,  # our sender id
    403: Fate.FINAL,  # no phone number
    404: Fate.FINAL,  # unsupported kind of number
    405: Fate.DOWN,  # our balance
    406: Fate.FINAL,  # in the blacklist
    407: Fate.FINAL,  # no route
    409: Fate.LATER,  # do not disturb at this hour
    500: Fate.LATER,
    501: Fate.LATER,
    502: Fate.LATER,
}
# The status of the whole call. One that is not here is the gateway's or the account's (a wrong key, too fast, broken).
HTTP_CODES: Final[Mapping[int, Fate]] = {
    400: Fate.LATER,  # what a text or a number can bring about
    413: Fate.LATER,
    415: Fate.LATER,
    422: Fate.LATER,
    504: Fate.DOUBT,  # somebody before the gateway waited for it in vain
}
ACCOUNT_WORDS: Final = ("InvalidSenderId", "InsufficientBalance", "InsufficientCredit")
_NUMBER: Final = re.compile(r"\+\d{4,15}")  # the SDK raises for the whole call if one is not so


class Sender:
    """Our account at the gateway. One for each worker: the kept connection serves one call at a time."""

    def __init__(self, *, base_url: str, username: str, api_key: str, sender: str = "") -> None:
        self._wire = Wire(base_url=base_url, username=username, api_key=api_key)
        self._sender = sender or None

    @classmethod
    def of(cls, settings: Settings) -> "Sender":
        """Make the sender of the settings."""
        return cls(base_url=settings.at_base_url, username=settings.at_username, api_key=settings.at_api_key, sender=settings.at_sender)

    def send(self, text: str, numbers: Sequence[str]) -> dict[str, Result]:
        """Send one text to up to 100 different numbers in one call. Never raises for what the gateway does."""
        assert len(numbers) <= NUMBERS_MAX, len(numbers)
        assert len(set(numbers)) == len(numbers), "a number twice in one call has one answer"
        results: dict[str, Result] = {number: Rejected("InvalidPhoneNumber", final=True) for number in numbers}
        if valid := [number for number in numbers if _NUMBER.fullmatch(number)]:
            results |= self._call(text, valid)
        return results

    def _call(self, text: str, numbers: list[str]) -> dict[str, Result]:
        try:
            answer = self._wire.send(text, numbers, sender_id=self._sender)
        except Unreached as error:
            return dict.fromkeys(numbers, Retry(f"unreachable: {error}"))
        except Unanswered as error:
            return dict.fromkeys(numbers, Unknown(str(error)))
        except Declined as error:
            return dict.fromkeys(numbers, _refusal(error))
        return _read(answer, numbers)


def _refusal(error: Declined) -> Result:
    return _not_taken(HTTP_CODES.get(error.status, Fate.DOWN), f"{error.status} {error.text}".strip()[:CODE_MAX])


def _not_taken(fate: Fate, code: str) -> Result:
    match fate:
        case Fate.DOWN:
            return Retry(code)
        case Fate.DOUBT:
            return Unknown(code)
        case Fate.FINAL | Fate.LATER:
            return Rejected(code, final=fate is Fate.FINAL)
        case Fate.TAKEN:
            raise AssertionError("no call without an answer is taken")


def _read(answer: Any, numbers: list[str]) -> dict[str, Result]:  # noqa: ANN401 whatever the gateway wrote
    try:
        data = answer["SMSMessageData"]
        recipients = {_digits(each["number"]): _result(each) for each in data["Recipients"]}
        message = str(data.get("Message", ""))
    except (KeyError, TypeError, ValueError, AttributeError):
        return dict.fromkeys(numbers, Unknown("the answer has another shape"))
    if not recipients:
        return dict.fromkeys(numbers, _nobody(message))
    return {number: recipients.get(_digits(number), Unknown("not in the answer")) for number in numbers}


def _nobody(message: str) -> Result:
    """Read an answer without recipients: nothing was sent, and the reason stands in a sentence."""
    if any(word in message for word in ACCOUNT_WORDS):
        return Retry(message[:CODE_MAX])
    return Rejected(message[:CODE_MAX] or "no recipients", final=False)


def _result(recipient: dict[str, Any]) -> Result:
    status = int(recipient["statusCode"])
    code = f"{status} {recipient.get('status', '')}".strip()[:CODE_MAX]
    fate = RECIPIENT_CODES.get(status, Fate.LATER)
    if fate is Fate.TAKEN:
        provider_id = str(recipient.get("messageId") or "")
        return Accepted("" if provider_id == "None" else provider_id, str(recipient.get("cost", "")))
    return _not_taken(fate, code)


def _digits(number: object) -> str:
    return re.sub(r"\D", "", str(number))
