"""Identifiers: typed, so that a member is never passed for a person, and made from names where a retry must find the same one."""

from typing import NewType
from uuid import UUID, uuid4, uuid5

OrganisationId = NewType("OrganisationId", int)
GroupId = NewType("GroupId", int)
PersonId = NewType("PersonId", int)
MemberId = NewType("MemberId", int)
AccountId = NewType("AccountId", int)
EntryId = NewType("EntryId", int)
LoanId = NewType("LoanId", int)
MeetingId = NewType("MeetingId", int)
DeclarationId = NewType("DeclarationId", int)
DisputeId = NewType("DisputeId", int)
PinResetId = NewType("PinResetId", int)
CommandId = NewType("CommandId", UUID)

# Our own namespace for uuid5 (RFC 9562, section 5.5).
_NAMESPACE = UUID("5f0c2f1e-2d8f-5c52-9c1b-6f1a2f9f7d10")


def id_from(namespace: str, *parts: object) -> CommandId:
    """Make the same id for the same parts, so that a repeated request is known for what it is."""
    return CommandId(uuid5(_NAMESPACE, "\x1f".join((namespace, *map(str, parts)))))


def new_id() -> CommandId:
    """Make an id that was never used."""
    return CommandId(uuid4())
