"""The one door: every command of every channel is claimed, permitted, carried out and recorded here, or refused."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from core import facts as kept_facts
from core.commands import Command, Receipt
from core.db.engine import driver
from core.db.statement import Statement
from core.groups import pins
from core.groups.notices import notice
from core.groups.queries import RULES_IN_FORCE, Actor, card_from
from core.groups.rules import PERMITS, NotAllowed, NotAMember, Role
from core.handlers import HANDLERS
from core.ids import GroupId, MemberId
from core.outbox.operations import put
from core.refusal import Refused

# What says how a command came, not what it asks: the same request may come again at another time.
_ENVELOPE: Final = frozenset({"id", "at", "channel", "group_id", "actor_id", "pin", "pin_given", "new_pin"})
CONSOLE: Final = "cli"


class CommandIdReused(Refused):
    """The id already names another command."""

    code = "command.id_reused"


class RefusedBefore(Refused):
    """The same command was refused before, and gets the same answer. `was` is the code of then."""

    code = "command.refused_before"


# The claim, the actor and the group in one trip. What is decided here waits for the disk when it is kept.
_OPEN: Final[Statement[Any]] = Statement(f"""
SELECT set_config('synchronous_commit', 'on', true), c.digest, c.kind AS was, c.outcome, c.facts,
       m.id AS member_id, m.number, m.state, m.roles, p.name AS person_name, p.language,
       (SELECT h.phone FROM handset h WHERE h.group_id = m.group_id AND h.member_id = m.id ORDER BY h.phone LIMIT 1) AS phone,
       g.id, g.code, g.name, g.kind, g.currency, g.timezone,
       {RULES_IN_FORCE.format(group="g", at="%(at)s")} AS rules
FROM (SELECT) one
LEFT JOIN command_record c ON c.group_id = %(group)s AND c.id = %(id)s
LEFT JOIN savings_group g ON g.id = %(group)s
LEFT JOIN member m ON m.group_id = %(group)s AND m.person_id = %(person)s
LEFT JOIN person p ON p.id = %(person)s
""")  # noqa: S608 put together from our own words
_RECORD: Final[Statement[Any]] = Statement("""
INSERT INTO command_record (group_id, id, kind, digest, actor_id, channel, at, content, outcome, facts)
VALUES (%(group)s, %(id)s, %(kind)s, %(digest)s, %(actor)s, %(channel)s, %(at)s, %(content)s, %(outcome)s, %(facts)s)
""")
# Of two requests with one id at once, the second waits here for the first, and then finds its record: a lock of the
# transaction, in a statement of its own, for what a statement sees is settled when it begins.
_ONE_AT_A_TIME: Final[Statement[Any]] = Statement("SELECT pg_advisory_xact_lock(hashtextextended(%(id)s::text, %(group)s))")


def execute(session: Session, command: Command) -> Receipt:
    """Carry out a command once, in the caller's transaction, and keep a record of it.

    A command that was done before gives its earlier receipt and changes nothing; one that was refused is refused
    again. A refusal undoes what the command had begun, but not the turn around it: the count of PIN tries and the
    record of the refusal stay, so the caller commits all the same.

    :raises Refused: whatever rule forbids it
    :raises CommandIdReused: if the id already names another command
    """
    opened = _open(session, command)
    digest, content = _digest(command)
    if opened.digest is not None:
        return _earlier(opened, digest)
    try:
        actor = _actor(command, opened)
        _permit(session, command, actor)
        facts = _carry_out(session, command, actor)
    except Refused as refusal:
        _record(session, command, digest, content, outcome=refusal.code, facts=refusal.facts)
        raise
    _record(session, command, digest, content, outcome="done", facts=facts)
    return Receipt(command.kind, facts)


def _open(session: Session, command: Command) -> Any:  # noqa: ANN401 a row by name
    parameters = {"group": command.group_id, "id": command.id, "person": command.actor_id, "at": command.at}
    connection = driver(session)
    _ONE_AT_A_TIME.later(connection, parameters)
    opened = _OPEN.one(connection, parameters)
    assert opened is not None, "the row of one is always there"
    return opened


def _digest(command: Command) -> tuple[bytes, Mapping[str, Any]]:
    """Give the content of a command without how it came, and its digest."""
    asked = {f.name: getattr(command, f.name) for f in fields(command) if f.name not in _ENVELOPE}
    content = kept_facts.dump(asked)
    text = json.dumps([command.kind, command.actor_id, content], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).digest(), content


def _earlier(opened: Any, digest: bytes) -> Receipt:  # noqa: ANN401 a row by name
    if bytes(opened.digest) != digest:
        raise CommandIdReused
    facts = kept_facts.load(opened.facts)
    if opened.outcome != "done":
        raise RefusedBefore(was=opened.outcome, **facts)
    return Receipt(opened.was, facts, fresh=False)


def _actor(command: Command, opened: Any) -> Actor:  # noqa: ANN401 a row by name
    roles = {Role(role) for role in opened.roles or ()}
    if command.actor_id is None:
        roles = {Role.OPERATOR if command.channel == CONSOLE else Role.STRANGER}
    elif opened.state == "active":
        roles.add(Role.MEMBER)
    else:
        roles = {Role.STRANGER}
    return Actor(
        person_id=command.actor_id,
        member_id=MemberId(opened.member_id or 0),
        number=opened.number or 0,
        name=opened.person_name or "",
        phone=opened.phone or "",
        language=opened.language or "en",
        roles=frozenset(roles),
        group=card_from(opened) if opened.id is not None and GroupId(opened.id) else None,
    )


def _permit(session: Session, command: Command, actor: Actor) -> None:
    permit = PERMITS[command.kind]
    if not actor.roles & permit.roles:
        raise NotAMember if Role.MEMBER in permit.roles else NotAllowed
    if not permit.pin or command.pin_given:
        return
    assert actor.person_id is not None, "what needs a PIN is asked by a person"
    try:
        pins.prove(session, person_id=actor.person_id, pin=command.pin, at=command.at)
    except pins.PinNotSet:
        if not permit.before_first_pin:
            raise
    except pins.PinLocked as locked:
        if actor.group is not None:
            locked.facts["until"] = locked.facts["until"].astimezone(ZoneInfo(actor.group.timezone))
        if locked.facts["fresh"]:
            put(session, notice(command, actor, "pin.locked", {"hours": pins.LOCK.days * 24}))
        raise


def _carry_out(session: Session, command: Command, actor: Actor) -> dict[str, Any]:
    # What the handler wrote before it refused is undone; the PIN try above is not.
    driver(session).set_savepoint()
    try:
        return HANDLERS[command.kind](session, command, actor)
    except Refused:
        driver(session).undo_to_savepoint()
        raise


def _record(
    session: Session, command: Command, digest: bytes, content: Mapping[str, Any], *, outcome: str, facts: Mapping[str, Any]
) -> None:
    parameters = {
        "group": command.group_id,
        "id": command.id,
        "kind": command.kind,
        "digest": digest,
        "actor": command.actor_id,
        "channel": command.channel,
        "at": command.at,
        "content": Jsonb(content),
        "outcome": outcome,
        "facts": Jsonb(kept_facts.dump(_recordable(command, facts))),
    }
    _RECORD.later(driver(session), parameters)


def _recordable(command: Command, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave a one-time code out of the record: who makes one again gets a new one."""
    return {name: fact for name, fact in facts.items() if (command.kind, name) != ("link.make", "code")}
