"""Tell somebody what happened: a message of the outbox, in the reader's language, once for each command."""

from collections.abc import Mapping
from typing import Any

from core.commands import Command
from core.groups.queries import Actor, Contact
from core.outbox.operations import Message


def notice(command: Command, to: Contact | Actor, template: str, facts: Mapping[str, Any], *, about: object = "") -> Message:
    """Make the message that tells a person of a command's outcome.

    A handset is told of it once, however many people share it; `about` tells apart what must reach each of them.
    """
    return Message(
        group_id=command.group_id,
        person_id=to.person_id,
        address=to.phone,
        language=to.language,
        template=template,
        facts=dict(facts),
        event_key=f"{command.id}:{template}" + (f":{about}" if about else ""),
        at=command.at,
    )
