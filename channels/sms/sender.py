"""Send one text to many numbers through the gateway, and say for each number what came of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
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

ACCEPTED: Final = frozenset({100, 101, 102})
# Risk hold, no phone number, unsupported, blacklisted, no route: a second try would end the same.
FINAL: Final = frozenset({401, 403, 404, 406, 407})
ACCOUNT: Final = frozenset({402, 405})  # our sender id, our balance
ACCOUNT_WORDS: Final = ("InvalidSenderId", "InsufficientBalance", "InsufficientCredit")
# Statuses that a text or a number can bring about; every other error is the gateway's or the account's.
BY_CONTENT: Final = frozenset({400, 413, 415, 422})
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
    code = f"{error.status} {error.text}".strip()[:CODE_MAX]
    return Rejected(code, final=False) if error.status in BY_CONTENT else Retry(code)


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
    if status in ACCEPTED:
        provider_id = str(recipient.get("messageId") or "")
        return Accepted("" if provider_id == "None" else provider_id, str(recipient.get("cost", "")))
    if status in ACCOUNT:
        return Retry(code)
    return Rejected(code, final=status in FINAL)


def _digits(number: object) -> str:
    return re.sub(r"\D", "", str(number))
