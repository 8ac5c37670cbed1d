"""The demo's groups: half a year of meetings, savings and loans up to yesterday, and what the next days hold."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from admin_web.seeds.past import CALLED_BEFORE, CHANNEL, Past, meeting_at
from admin_web.seeds.plan import COUNTRY, GROUPS, ORGANISATION, TIMEZONE, GroupPlan
from core.commands import CallMeeting, OpenOrganisation
from core.db.engine import driver, transaction
from core.execute import CONSOLE, execute
from core.groups.operations import CodeTaken
from core.ids import GroupId, OrganisationId, id_from

# Two that seed at once must not play the same past twice.
_LOCK: Final = 0x70616D73
_FIND: Final = "SELECT id, organisation_id FROM savings_group WHERE code = %s"
_COUNT: Final = """
SELECT (SELECT count(*) FROM savings_group WHERE organisation_id = o.id) AS groups,
       (SELECT count(*) FROM member m JOIN savings_group g ON g.id = m.group_id WHERE g.organisation_id = o.id) AS members,
       (SELECT count(*) FROM entry e JOIN savings_group g ON g.id = e.book_id WHERE g.organisation_id = o.id) AS entries
FROM organisation o WHERE o.name = %s
"""
# Nobody wants to read at once what was told in half a year.
_HUSH: Final = """
UPDATE outbox SET state = 'sent', sent_at = created_at, next_at = created_at, due_at = created_at
WHERE group_id = %(group)s AND state = 'ready' AND starts_with(event_key, %(event)s)
"""
# No command says that a meeting was held, so the seed says it. A demo that runs for days has one meeting ahead.
_HOLD: Final = "UPDATE meeting SET state = 'held' WHERE group_id = %s AND state = 'called' AND starts_at <= %s"
_CALL_OFF: Final = """
UPDATE meeting SET state = 'cancelled' WHERE group_id = %s AND state = 'called' AND place = %s AND starts_at > %s AND starts_at < %s
"""
_CALLED: Final = "SELECT FROM meeting WHERE group_id = %s AND state = 'called' AND starts_at = %s"


@dataclass(frozen=True, slots=True)
class Seeded:
    """What stands in the database now, and whether any of it is new."""

    groups: int
    members: int
    entries: int
    fresh: bool


def seed_small(engine: Engine, *, pepper: bytes, at: datetime) -> Seeded:
    """Make sure that the demo's groups are there, with a past that ends yesterday; what is there is left alone.

    The next meetings are set anew where their day has passed.

    :raises CodeTaken: if a group of somebody else has one of the codes
    """
    fresh = [_seed(engine, plan, pepper=pepper, at=at) for plan in GROUPS]
    with transaction(engine) as session:
        row = driver(session).execute(_COUNT, (ORGANISATION,)).fetchone()
    assert row is not None, "the organisation was opened"
    return Seeded(groups=row[0], members=row[1], entries=row[2], fresh=any(fresh))


def _seed(engine: Engine, plan: GroupPlan, *, pepper: bytes, at: datetime) -> bool:
    with transaction(engine) as session:
        connection = driver(session)
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        organisation_id = _organisation(session, at=at)
        found = connection.execute(_FIND, (plan.code,)).fetchone()
        if found is not None:
            if found[1] != organisation_id:
                raise CodeTaken(code=plan.code)
            _look_ahead(session, plan, group_id=GroupId(found[0]), at=at)
            return False
        today = at.astimezone(ZoneInfo(TIMEZONE)).date()
        group_id = Past(session, plan, organisation_id=organisation_id, pepper=pepper, today=today).play()
        _look_ahead(session, plan, group_id=group_id, at=at)
        connection.execute(_HUSH, {"group": group_id, "event": ""})
        return True


def _organisation(session: Session, *, at: datetime) -> OrganisationId:
    """Open the organisation; the same command again gives the receipt of the first time."""
    command = OpenOrganisation(id=id_from(CHANNEL, ORGANISATION), at=at, channel=CONSOLE, name=ORGANISATION, country=COUNTRY)
    return OrganisationId(execute(session, command).facts["organisation_id"])


def _look_ahead(session: Session, plan: GroupPlan, *, group_id: GroupId, at: datetime) -> None:
    """Close the meetings that are over, and call tomorrow's where the plan has one."""
    connection = driver(session)
    connection.execute(_HOLD, (group_id, at))
    if not plan.meets_tomorrow:
        return
    starts_at = meeting_at(at.astimezone(ZoneInfo(TIMEZONE)).date() + timedelta(days=1))
    connection.execute(_CALL_OFF, (group_id, plan.place, at, starts_at))
    if connection.execute(_CALLED, (group_id, starts_at)).fetchone() is not None:
        return
    command = CallMeeting(
        id=id_from(CHANNEL, plan.code, starts_at.isoformat()),
        at=starts_at - CALLED_BEFORE,
        channel=CONSOLE,
        group_id=group_id,
        starts_at=starts_at,
        place=plan.place,
    )
    execute(session, command)
    connection.execute(_HUSH, {"group": group_id, "event": f"{command.id}:"})
