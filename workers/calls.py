"""Plan the calls of the gateway for a batch of messages."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.outbox.operations import Claimed
from core.outbox.rules import BATCH_MAX


@dataclass(frozen=True, slots=True)
class Written:
    """A message with its sentence."""

    message: Claimed
    text: str
    segments: int


@dataclass(frozen=True, slots=True)
class Call:
    """One text, to many numbers at once."""

    text: str
    written: list[Written] = field(default_factory=list)


def plan(batch: Iterable[Written]) -> list[Call]:
    """Put the same text to many numbers into one call, and keep the order in which each number reads its messages."""
    calls: list[Call] = []
    of_text: dict[str, int] = {}  # the last call with this text
    of_address: dict[str, int] = {}  # the last call to this address
    for each in batch:
        address, at = each.message.address, of_text.get(each.text, -1)
        # Joining a call must not let this message overtake an earlier one to the same address.
        if at <= of_address.get(address, -1) or len(calls[at].written) >= BATCH_MAX:
            at = of_text[each.text] = len(calls)
            calls.append(Call(each.text))
        calls[at].written.append(each)
        of_address[address] = at
    return calls
