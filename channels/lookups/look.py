"""What a look-up may use, and how it asks the database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from channels.conversations import Conversation
from core.db.engine import Work
from core.db.statement import Later, Statement
from core.groups.queries import Reached, find_reached

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """What a look-up may use: the transaction, the conversation, the time, and what the house tells everybody.

    `directory` is whom the number reaches, where that was asked along with the conversation.
    """

    work: Work
    conversation: Conversation
    at: datetime
    help_number: str
    directory: Later[Reached] | None = None

    def reached(self) -> list[Reached]:
        """Whom the number reaches, by group; the active memberships first."""
        return (self.directory or find_reached(self.work.driver, phone=self.conversation.address)).all()

    def one(self, statement: Statement[Any], parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401 a row by name
        """The first row of a statement."""
        return statement.one(self.work.driver, parameters)

    def ids(self) -> dict[str, Any]:
        """Who speaks, in which group, on which phone, and when: what statements are about."""
        conversation = self.conversation
        return {
            "group": conversation.group_id,
            "member": conversation.member_id,
            "person": conversation.person_id,
            "phone": conversation.address,
            "at": self.at,
        }


Lookup = Callable[[Look], Facts]

MEMBER: Final[Statement[Any]] = Statement(
    "SELECT g.name AS group, g.currency, m.number FROM savings_group g JOIN member m ON m.group_id = g.id"
    " WHERE g.id = %(group)s AND m.id = %(member)s"
)
