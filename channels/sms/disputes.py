"""DISPUTE by SMS: straight through the door, for it needs no PIN and no screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels.conversations import Conversation
from channels.sms import receipts
from core.commands import OpenDispute
from core.db.engine import Work
from core.execute import execute
from core.ids import CommandId, GroupId, PersonId
from core.refusal import Refused


@dataclass(frozen=True, slots=True)
class Answer:
    """A key of the catalogue with its facts, and under which event it is told, where it is told once with something else."""

    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    event: str = ""


def dispute(work: Work, conversation: Conversation, *, id_: CommandId, at: datetime, groups: Sequence[int], code: str) -> Answer:
    """Dispute a receipt in the one of the sender's groups that it is theirs in; then that is the conversation's group.

    Somebody else's is asked for in the group that the sender's phone opens with: there it is refused as what does not exist.
    """
    assert conversation.person_id is not None, "who writes is known"
    found = receipts.behind(work.driver, code=code, groups=list(groups), person_id=conversation.person_id)
    if found is not None and found["own"]:
        conversation.group_id = found["group_id"]
    command = OpenDispute(
        id=id_,
        at=at,
        channel=conversation.channel,
        group_id=GroupId(conversation.group_id),
        actor_id=PersonId(conversation.person_id),
        code=code,
    )
    try:
        facts = execute(work.session, command).facts
    except Refused as refusal:
        return Answer(f"refused.{refusal.code}", refusal.facts)
    # The member has it in writing, on their first handset: only who writes from another one is answered there too.
    return Answer("dispute.opened", facts, event=f"{id_}:dispute.opened")
