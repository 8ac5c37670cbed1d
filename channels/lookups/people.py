"""Who is speaking, and what comes before the root menu."""

from typing import Any, Final

from channels import conversations
from channels.conversations import Conversation
from channels.lookups.group import meeting_facts
from channels.lookups.inbox import something_waits
from channels.lookups.look import MEMBER, Facts, Look
from channels.menus.machine import nodes
from channels.menus.screens import Screen
from core.db.statement import Later, Statement
from core.groups import links, pins
from core.groups.queries import RULES_IN_FORCE
from core.ids import PersonId


def _speaks(conversation: Conversation, person: Any) -> None:  # noqa: ANN401 a row by name, or None
    """Note who is speaking, or that it is not known (yet). A PIN that somebody else gave counts for nothing."""
    before, conversation.person_id = conversation.person_id, person.person_id if person else None
    conversation.pin_given = conversation.pin_given and before == conversation.person_id
    conversation.member_id = person.member_id if person else None
    conversation.group_id = person.group_id if person else 0
    if person:
        conversation.language = person.language


def caller(look: Look) -> Facts:
    """Whom the number reaches: nobody, somebody who waits to be let in, one person, several."""
    conversation = look.conversation
    reached = look.reached()
    active = [row for row in reached if row.state == "active"]
    people = {row.person_id for row in active}
    _speaks(conversation, None)
    if not active:
        if reached:
            conversation.language = reached[0].language
            return {"waiting": True, "group": reached[0].group_name}
        return _broken_off(look, conversations.latest(look.work.driver, conversation, at=look.at)) or {}
    if len(people) > 1:
        conversation.language = active[0].language
        return {"several": True}
    _speaks(conversation, _preferred(active))
    return {"known": True}


def _preferred(active: list[Any]) -> Any:  # noqa: ANN401 rows by name
    """The membership in the group that was last used."""
    return next((row for row in active if row.group_id == row.last_group_id), active[0])


_ON_HANDSET: Final[Statement[Any]] = Statement("""
SELECT h.person_id, h.group_id, h.member_id, p.name, p.language, p.last_group_id, g.name AS group_name,
       NOT EXISTS (SELECT FROM pin WHERE person_id = h.person_id) AS no_pin
FROM handset h
JOIN person p ON p.id = h.person_id
JOIN member m ON m.group_id = h.group_id AND m.id = h.member_id
JOIN savings_group g ON g.id = h.group_id
WHERE h.phone = %(phone)s AND m.state = 'active' AND m.number = %(number)s
  AND h.member_id = coalesce(%(membership)s::bigint, h.member_id)
ORDER BY h.group_id
""")


def member_on_handset(look: Look) -> Facts:
    """Which of the people on the handset has the number that was typed (several groups may have given it). The PIN proves it."""
    answers = look.conversation.answers
    asked = look.ids() | {"number": answers["number"], "membership": answers.get("membership")}
    found = _ON_HANDSET.all(look.work.driver, asked)
    if not found:
        return {}
    if len({row.person_id for row in found}) > 1:
        people = [{"id": row.member_id, "name": row.name, "group": row.group_name} for row in found]
        return {"several": True, "people": people}
    who = _preferred(found)
    _speaks(look.conversation, who)
    return {"found": True, "name": who.name, "no_pin": who.no_pin, "phone": look.conversation.address}


def newcomer(look: Look) -> Facts:
    """Nobody speaks who is known on the handset."""
    _speaks(look.conversation, None)
    return {}


def proved(look: Look) -> Facts:
    """Who speaks, if a PIN has shown it or the handset is theirs alone; else it is not known any more."""
    return {"known": True} if look.conversation.pin_given else caller(look)


def speaker(look: Look) -> Facts:
    """Whether it is known who speaks."""
    return {"known": look.conversation.person_id is not None}


_RULES: Final = RULES_IN_FORCE.format(group="g", at="%(at)s")
_WORK: Final = f"""
       {something_waits("m")} AS inbox,
       (SELECT other.name FROM handset h
        JOIN member there ON there.group_id = h.group_id AND there.id = h.member_id AND there.state = 'active'
        JOIN savings_group other ON other.id = h.group_id
        WHERE h.phone = %(phone)s AND h.person_id = %(person)s AND h.group_id <> %(group)s AND {something_waits("there")}
        ORDER BY h.group_id LIMIT 1) AS elsewhere
"""  # noqa: S608 our own words
# Most people hold no office, and nothing can wait for them: to ask would cost PostgreSQL more than all the rest.
_NO_WORK: Final = "false AS inbox, NULL AS elsewhere"
_BEGINNING: Final = """
SELECT g.name AS group, g.timezone, p.name,
       NOT EXISTS (SELECT FROM pin WHERE person_id = %(person)s) AS no_pin,
       near.id AS meeting_id, near.starts_at, near.place, {work}
FROM savings_group g
JOIN member m ON m.group_id = g.id AND m.id = %(member)s
JOIN person p ON p.id = m.person_id
LEFT JOIN LATERAL (
  SELECT t.id, t.starts_at, t.place FROM meeting t
  WHERE t.group_id = g.id AND t.state = 'called' AND t.starts_at > %(at)s
    AND NOT EXISTS (SELECT FROM rsvp r WHERE r.group_id = t.group_id AND r.meeting_id = t.id AND r.member_id = m.id)
  ORDER BY t.starts_at LIMIT 1
) near ON near.starts_at <= %(at)s::timestamptz + make_interval(days => ({rules}->>'meeting_notice_days')::int)
WHERE g.id = %(group)s
"""
_OF_OFFICIAL: Final[Statement[Any]] = Statement(_BEGINNING.format(work=_WORK, rules=_RULES))
_OF_MEMBER: Final[Statement[Any]] = Statement(_BEGINNING.format(work=_NO_WORK, rules=_RULES))


def beginning(look: Look) -> Facts:
    """What comes before the root menu: something broken off, a first PIN, work for an official, a meeting."""
    if look.conversation.person_id is None:
        return {"stranger": True}
    before = conversations.latest(look.work.driver, look.conversation, at=look.at) if look.conversation.screen == "begin" else None
    row = look.one(_OF_OFFICIAL if _may_hold_office(look) else _OF_MEMBER, look.ids())
    facts: Facts = {"begun": True, "group": row.group, "name": row.name, "elsewhere": row.elsewhere}
    if before and (broken := _broken_off(look, before)):
        return facts | broken
    facts |= {"no_pin": row.no_pin, "inbox": row.inbox}
    return facts if row.meeting_id is None else facts | meeting_facts(row)


def _may_hold_office(look: Look) -> bool:
    """Whether the speaker holds an office in some group, as far as that is known already."""
    return look.directory is None or any(row.roles for row in look.reached() if row.person_id == look.conversation.person_id)


def _broken_off(look: Look, latest: Later[Conversation]) -> Facts | None:
    """What the same person left unfinished on this handset a few minutes ago."""
    now, before = look.conversation, conversations.loaded(latest)
    if before is None or not before.resumable:
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
    """Who speaks, in which group; where the session has just begun, that is known, and where else something waits."""
    shown = look.conversation.shown
    if shown.get("begun"):
        return {name: shown[name] for name in ("group", "name", "elsewhere")}
    row = look.one(_ROOT, look.ids())
    return {"group": row.group, "name": row.name}


def pin(look: Look) -> Facts:
    """Whether the person has a PIN."""
    assert look.conversation.person_id is not None
    return phone(look) | {"has_pin": pins.is_set(look.work.driver, person_id=PersonId(look.conversation.person_id))}


def telegram(look: Look) -> Facts:
    """The Telegram account that speaks for the person, if there is one."""
    assert look.conversation.person_id is not None
    account = links.account_of(look.work.driver, person_id=PersonId(look.conversation.person_id))
    return {} if account is None else {"account": account}


def phone(look: Look) -> Facts:
    """The handset's own number: a PIN must not be part of it."""
    return {"phone": look.conversation.address}


def help_(look: Look) -> Facts:
    """Where to get help, and the member number that is asked for there."""
    row = look.one(MEMBER, look.ids())
    return {"help": look.help_number, "number": row.number, "group": row.group}
