"""How many SMS segments a group may send in a month, by its constitution; the leaders hear of it before it binds.

At the cap, what STOP would stop is left out: reminders and news. What was done with money, what guards an account, answers
and what waits for an official go on, and count. What is in flight at the same moment may pass the cap by a little.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from core.db.engine import driver
from core.groups.queries import RULES_IN_FORCE, officers
from core.groups.rules import LEADERS, Rules
from core.ids import GroupId
from core.outbox import operations as outbox
from core.outbox.catalogue import EVENTS
from core.outbox.operations import Message
from core.outbox.spending import month_of

WARNED_AT_PERCENT: Final = 80
WARNED_AT_ONCE: Final = 500  # groups
NEARLY_SPENT: Final = "sms.nearly_spent"
OPTIONAL: Final = tuple(sorted(template for template, event in EVENTS.items() if event.kind.may_be_stopped))
_ZONE: Final = timedelta(hours=14)  # the most that a place is ahead of UTC or behind it

_MOST: Final = f"coalesce(({RULES_IN_FORCE.format(group='g', at='%(at)s')} ->> 'sms_segments_monthly_max')::int, %(most)s)"
_MONTH: Final = "date_trunc('month', (%(at)s)::timestamptz AT TIME ZONE g.timezone)::date"
_LEAVE_OUT: Final = f"""
WITH optional AS (
  SELECT group_id, id, row_number() OVER (PARTITION BY group_id ORDER BY due_at, id) AS place
  FROM (SELECT group_id, id, due_at FROM outbox
        WHERE id = ANY(%(ids)s) AND state = 'ready' AND lease_until IS NULL AND template = ANY(%(templates)s)
        FOR UPDATE SKIP LOCKED) due
), cap AS (
  SELECT g.id AS group_id, {_MOST} AS most,
         (SELECT coalesce(sum(s.segments), 0) FROM sms_spent s WHERE s.group_id = g.id AND s.month = {_MONTH}) AS spent
  FROM savings_group g WHERE g.id IN (SELECT group_id FROM optional)
)
UPDATE outbox o SET state = 'capped', queued_until = NULL
FROM optional p JOIN cap c ON c.group_id = p.group_id
WHERE o.group_id = p.group_id AND o.id = p.id AND c.most > 0 AND c.spent + p.place > c.most
"""  # noqa: S608 put together from our own words
_NEAR: Final = f"""
SELECT group_id, name, month, used, most FROM (
  SELECT g.id AS group_id, g.name, s.month, sum(s.segments) AS used, {_MOST} AS most
  FROM sms_spent s JOIN savings_group g ON g.id = s.group_id
  WHERE s.month = ANY(%(months)s) AND s.month = {_MONTH} GROUP BY g.id, s.month
) spent
WHERE most > 0 AND used * 100 >= most::bigint * {WARNED_AT_PERCENT}
  AND NOT EXISTS (SELECT FROM outbox o WHERE o.group_id = spent.group_id AND o.event_key = '{NEARLY_SPENT}:' || spent.month)
ORDER BY group_id LIMIT {WARNED_AT_ONCE}
"""  # noqa: S608 put together from our own words


def leave_out(session: Session, *, ids: Sequence[int], at: datetime) -> int:
    """Of the messages that are about to be sent, mark as capped what a group has no SMS left for, and say how many."""
    parameters = {"ids": list(ids), "at": at, "templates": list(OPTIONAL), "most": Rules().sms_segments_monthly_max}
    return driver(session).execute(_LEAVE_OUT, parameters).rowcount


def warn(session: Session, *, at: datetime) -> int:
    """Tell the leaders of each group that has used up most of its month's SMS, once a month, and say how many groups."""
    months = sorted({month_of(at - _ZONE), month_of(at + _ZONE)})
    found = driver(session).execute(_NEAR, {"at": at, "months": months, "most": Rules().sms_segments_monthly_max}).fetchall()
    for row in found:
        outbox.put(session, *_warnings(session, row, at=at))
    return len(found)


def _warnings(session: Session, row: Any, *, at: datetime) -> list[Message]:  # noqa: ANN401 a row
    group_id, name, month, used, most = row
    return [
        Message(
            group_id=group_id,
            person_id=leader.person_id,
            address=leader.phone,
            language=leader.language,
            template=NEARLY_SPENT,
            facts={"group": name, "sms_used": int(used), "sms_most": most},
            event_key=f"{NEARLY_SPENT}:{month}",
            at=at,
        )
        for leader in officers(session, group_id=GroupId(group_id), roles=LEADERS)
    ]
