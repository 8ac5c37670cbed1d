"""Who is speaking, and what comes before the root menu."""

from typing import Any, Final

from channels import conversations
from channels.conversations import Conversation
from channels.lookups.group import meeting_facts
from channels.lookups.inbox import waiting_for
from channels.lookups.look import MEMBER, Facts, Look
from channels.menus.machine import nodes
from channels.menus.screens import Screen
from core.db.statement import Statement
from core.groups import pins, queries
from core.groups.queries import Reached
from core.groups.rules import LEADERS
from core.ids import PersonId


def _speaks(conversation: Conversation, person: Reached | None) -> None:
    """Note who is speaking, or that it is not known (yet)."""
    conversation.person_id = person.person_id if person else None
    conversation.member_id = person.member_id if person else None
    conversation.group_id = person.group_id if person else 0
    if person:
        conversation.language = person.language


def caller(look: Look) -> Facts:
    """Whom the number reaches: nobody, somebody who waits to be let in, one person, several."""
    conversation = look.conversation
    reached = queries.reached(look.work.driver, phone=conversation.address)
    active = [row for row in reached if row.state == "active"]
    people = {row.person_id for row in active}
    _speaks(conversation, None)
    if not active:
        if reached:
            conversation.language = reached[0].language
            return {"waiting": True, "group": reached[0].group_name}
        return _broken_off(look) or {}
    if len(people) > 1:
        conversation.language = active[0].language
        return {"several": True}
    _speaks(conversation, _preferred(active))
    return {"known": True}


def _preferred(active: list[Reached]) -> Reached:
    """The membership in the group that was last used."""
    return next((row for row in active if row.group_id == row.last_group_id), active[0])


def member_on_handset(look: Look) -> Facts:
    """Which of the people on the handset has the number that was typed. The PIN proves it."""
    reached = queries.reached(look.work.driver, phone=look.conversation.address)
    number = look.conversation.answers["number"]
    found = [row for row in reached if row.state == "active" and row.number == number]
    if len(found) != 1:
        return {}
    _speaks(look.conversation, found[0])
    return {"found": True, "name": found[0].name}


_BEGINNING: Final[Statement[Any]] = Statement("""
SELECT g.name AS group, g.timezone, p.name, m.roles, m.number,
       NOT EXISTS (SELECT FROM pin WHERE person_id = %(person)s) AS no_pin,
       near.id AS meeting_id, near.starts_at, near.place
FROM savings_group g
JOIN member m ON m.group_id = g.id AND m.id = %(member)s
JOIN person p ON p.id = m.person_id
LEFT JOIN LATERAL (
  SELECT t.id, t.starts_at, t.place FROM meeting t
  WHERE t.group_id = g.id AND t.state = 'called' AND t.starts_at > %(at)s
    AND t.starts_at <= %(at)s::timestamptz + make_interval(days => (
      SELECT (k.rules->>'meeting_notice_days')::int FROM constitution k WHERE k.group_id = g.id ORDER BY k.version DESC LIMIT 1))
    AND NOT EXISTS (SELECT FROM rsvp r WHERE r.group_id = t.group_id AND r.meeting_id = t.id AND r.member_id = m.id)
  ORDER BY t.starts_at LIMIT 1
) near ON true
WHERE g.id = %(group)s
""")


def beginning(look: Look) -> Facts:
    """What comes before the root menu: something broken off, a first PIN, work for an official, a meeting."""
    if look.conversation.person_id is None:
        return {"stranger": True}
    row = look.one(_BEGINNING, look.ids())
    facts: Facts = {"group": row.group, "name": row.name, "no_pin": row.no_pin, "number": row.number, "phone": look.conversation.address}
    if look.conversation.screen == "begin" and (broken := _broken_off(look)):
        return facts | broken
    if set(row.roles) & LEADERS and waiting_for(look, row.roles):
        facts["inbox"] = True
    if row.meeting_id is not None:
        facts |= meeting_facts(row)
    return facts


def _broken_off(look: Look) -> Facts | None:
    """What the same person left unfinished on this handset a few minutes ago."""
    now = look.conversation
    before = conversations.latest(look.work.driver, channel=now.channel, address=now.address, session=now.session, at=look.at)
    if before is None or not before.resumable or before.person_id != now.person_id or before.group_id != now.group_id:
        return None
    screen = before.answers.get("resume", before.screen)
    node = nodes().get(screen)
    if not isinstance(node, Screen) or not node.resumes:
        return None
    # Kept among the answers, so that a session that drops on this very screen is offered again.
    now.language = before.language if now.person_id is None else now.language
    now.answers = before.answers | {"resume": screen}
    return {"resume": screen}


def resumed(look: Look) -> Facts:
    """Take up what was broken off: its answers, and the screen it stood on."""
    return {look.conversation.answers.pop("resume"): True}


_ROOT: Final[Statement[Any]] = Statement(
    "SELECT g.name AS group, p.name FROM savings_group g, person p WHERE g.id = %(group)s AND p.id = %(person)s"
)


def root(look: Look) -> Facts:
    """Who speaks, in which group."""
    row = look.one(_ROOT, look.ids())
    return {"group": row.group, "name": row.name}


def pin(look: Look) -> Facts:
    """Whether the person has a PIN."""
    assert look.conversation.person_id is not None
    return phone(look) | {"has_pin": pins.is_set(look.work.driver, person_id=PersonId(look.conversation.person_id))}


def phone(look: Look) -> Facts:
    """The handset's own number: a PIN must not be part of it."""
    return {"phone": look.conversation.address}


def help_(look: Look) -> Facts:
    """Where to get help, and the member number that is asked for there."""
    row = look.one(MEMBER, look.ids())
    return {"help": look.help_number, "number": row.number, "group": row.group}
