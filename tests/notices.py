"""Messages for tests: a notice of the real catalogue, and what the phone shows of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from channels.sms.sentence import sentence
from core.outbox.operations import Message

AMINA, BARAKA, CHAUSIKU = "+254700000001", "+254700000002", "+254700000003"
EVENT_AT: Final = datetime(2025, 3, 1, 9, tzinfo=UTC)
STANDING: Final = {"dial": "*384*77#", "help": "0700"}
TEMPLATE: Final = "join.refused"  # of a kind that comes by day and night


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told; say only what matters."""

    event: str
    address: str = AMINA
    language: str = "en"
    name: str = "Amina"
    template: str = TEMPLATE
    facts: dict[str, Any] | None = None
    group_id: int = 7

    def message(self, at: datetime = EVENT_AT) -> Message:
        """Make the message of the outbox."""
        facts = {"name": self.name, "group": "Umoja"} if self.facts is None else self.facts
        return Message(
            group_id=self.group_id,
            person_id=1,
            address=self.address,
            language=self.language,
            template=self.template,
            facts=facts,
            event_key=self.event,
            at=at,
        )


def hello(language: str, name: str = "Amina") -> str:
    """Say what the phone shows of a notice."""
    return sentence(language, TEMPLATE, {**STANDING, "name": name, "group": "Umoja"}).text
