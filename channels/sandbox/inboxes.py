"""The SMS inboxes of the handsets: in memory, the newest thousand of each."""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from threading import Lock
from typing import Any

from channels.words.gsm7 import Encoded

SMS_PER_HANDSET_MAX = 1_000
HANDSETS_MAX = 250_000


@dataclass(frozen=True, slots=True)
class Sms:
    """A message as it lies in an inbox. `number` only grows, over all inboxes."""

    number: int
    id: str
    sender: str
    text: str
    at: datetime
    segments: int
    encoding: str


class Inboxes:
    """All inboxes. The handset that had no message for longest is forgotten first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._numbers = count(1)
        self._by_phone: OrderedDict[str, deque[Sms]] = OrderedDict()

    def deliver(self, phones: Iterable[tuple[str, str]], *, sender: str, text: str, encoded: Encoded, at: datetime) -> None:
        """Put one text into the inboxes of many: pairs of phone and message id."""
        with self._lock:
            for phone, message_id in phones:
                inbox = self._by_phone.get(phone)
                if inbox is None:
                    inbox = self._by_phone[phone] = deque(maxlen=SMS_PER_HANDSET_MAX)
                inbox.append(Sms(next(self._numbers), message_id, sender, text, at, encoded.segments, encoded.encoding))
                self._by_phone.move_to_end(phone)
            while len(self._by_phone) > HANDSETS_MAX:
                self._by_phone.popitem(last=False)

    def listed(self, phone: str, *, after: int = 0) -> list[Sms]:
        with self._lock:
            return list(_newer(self._by_phone.get(phone, ()), after=after))

    def clear(self, phone: str) -> None:
        with self._lock:
            self._by_phone.pop(phone, None)


def _newer(inbox: "deque[Sms] | tuple[()]", *, after: int) -> Iterator[Sms]:
    newest_first = reversed(inbox)
    found = []
    for sms in newest_first:
        if sms.number <= after:
            break
        found.append(sms)
    return reversed(found)


def as_json(sms: Sms) -> dict[str, Any]:
    return {
        "from": sms.sender,
        "text": sms.text,
        "at": sms.at.isoformat(),
        "segments": sms.segments,
        "encoding": sms.encoding,
        "id": sms.id,
        "number": sms.number,
    }
