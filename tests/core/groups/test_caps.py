"""The cap on a group's SMS: what is left out, what goes on, and what the leaders hear before."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from core.db.engine import driver
from core.groups import caps
from core.groups.rules import Rules
from core.outbox import operations as outbox
from core.outbox.catalogue import EVENTS, Kind
from tests.builders import Town
from tests.notices import AMINA, Notice

AT: Final = datetime(2026, 3, 10, 9, tzinfo=UTC)
MARCH, FEBRUARY = date(2026, 3, 1), date(2026, 2, 1)
NEW_YEAR: Final = datetime(2026, 3, 31, 22, tzinfo=UTC)  # April in Nairobi


@pytest.fixture
def town(session: Session) -> Town:
    """Give a group that may send ten segments a month, and an empty outbox."""
    made = Town(session)
    votes(made, Rules(sms_segments_monthly_max=10).as_facts())
    driver(session).execute("DELETE FROM outbox")
    return made


def votes(town: Town, rules: dict[str, int]) -> None:
    """Put rules into force."""
    statement = """
    INSERT INTO constitution (group_id, version, effective_from, rules)
    SELECT %(group)s, max(version) + 1, date '2025-01-01', %(rules)s FROM constitution WHERE group_id = %(group)s
    """
    driver(town.session).execute(statement, {"group": town.group_id, "rules": Jsonb(rules)})


def has_spent(town: Town, segments: int, *, month: date = MARCH, currency: str = "KES") -> None:
    """Let the group have sent so much."""
    statement = "INSERT INTO sms_spent VALUES (%s, %s, %s, %s, %s, 0, 0)"
    driver(town.session).execute(statement, (town.group_id, month, currency, segments, segments))


def left_out(town: Town, *templates: str, at: datetime = AT) -> list[str]:
    """Put messages that are due, let the cap look at them, and say which it left out."""
    notices = [
        Notice(f"{n} {each}", template=each, group_id=town.group_id, address=f"{AMINA[:-2]}{n:02}") for n, each in enumerate(templates)
    ]
    outbox.put(town.session, *(notice.message(at=at) for notice in notices))
    ids = [row[0] for row in driver(town.session).execute("SELECT id FROM outbox WHERE state = 'ready' ORDER BY id")]
    count = caps.leave_out(town.session, ids=ids, at=at)
    rows = driver(town.session).execute("SELECT template FROM outbox WHERE state = 'capped' ORDER BY id").fetchall()
    assert count == len(rows)
    return [row[0] for row in rows]


@pytest.mark.parametrize("template", EVENTS)
def test_at_the_cap_only_what_stop_would_stop_is_left_out(town: Town, template: str) -> None:
    has_spent(town, 10)
    assert left_out(town, template) == ([template] if EVENTS[template].kind in {Kind.REMINDER, Kind.SOCIAL} else [])


@pytest.mark.parametrize(("spent", "count"), [(0, 0), (7, 0), (8, 1), (9, 2), (10, 3), (99, 3)])
def test_a_batch_is_cut_where_the_cap_is(town: Town, spent: int, count: int) -> None:
    has_spent(town, spent)
    assert len(left_out(town, "meeting.called", "saving.received", "meeting.called", "meeting.called")) == count


def test_the_cap_is_of_the_month_where_the_group_lives(town: Town) -> None:
    has_spent(town, 10, month=FEBRUARY)
    assert left_out(town, "meeting.called") == []
    has_spent(town, 6)
    has_spent(town, 4, currency="UGX")
    assert left_out(town, "meeting.called") == ["meeting.called"]
    driver(town.session).execute("DELETE FROM outbox")
    assert left_out(town, "meeting.called", at=NEW_YEAR) == []


@pytest.mark.parametrize(("rules", "capped"), [({"sms_segments_monthly_max": 0}, False), ({}, True)])
def test_no_cap_is_voted_and_an_old_constitution_has_the_usual_one(town: Town, rules: dict[str, int], capped: bool) -> None:  # noqa: FBT001
    votes(town, rules)
    has_spent(town, Rules().sms_segments_monthly_max)
    assert bool(left_out(town, "meeting.called")) is capped


def told(town: Town) -> list[tuple[object, ...]]:
    """Say which leader was told what."""
    statement = """
    SELECT p.name, o.template, o.facts FROM outbox o JOIN person p ON p.id = o.person_id WHERE o.group_id = %s ORDER BY o.id
    """
    return driver(town.session).execute(statement, (town.group_id,)).fetchall()


def test_the_leaders_hear_of_it_at_four_fifths_once_a_month(town: Town) -> None:
    has_spent(town, 7)
    assert caps.warn(town.session, at=AT) == 0
    has_spent(town, 1, currency="UGX")
    assert caps.warn(town.session, at=AT) == 1
    facts = {"group": "Umoja", "sms_used": 8, "sms_most": 10}
    assert told(town) == [(name, "sms.nearly_spent", facts) for name in ("Baraka", "Chausiku", "Daudi")]
    assert caps.warn(town.session, at=AT + timedelta(days=9)) == 0
    assert len(told(town)) == 3
    has_spent(town, 99, month=date(2026, 4, 1))
    assert caps.warn(town.session, at=NEW_YEAR) == 1
    assert len(told(town)) == 6


def test_who_has_no_cap_hears_nothing(town: Town) -> None:
    votes(town, {"sms_segments_monthly_max": 0})
    has_spent(town, 9_999)
    assert caps.warn(town.session, at=AT) == 0
