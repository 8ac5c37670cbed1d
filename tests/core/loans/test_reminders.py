"""What a borrower is told of what is due, and when: a table of days and of what was paid."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from core.groups.queries import timezones
from core.loans import queries, reminders
from core.money import Money
from core.outbox import stops
from core.outbox.daily import FIRST, Today, days_now
from core.outbox.operations import put
from tests.builders import AT, Town
from tests.core.outcomes import rows, told

# Amina borrows 900 for 3 months on 1 March: three parts of 345, due on 1 April, 1 May, 1 June.
DUE: Final = date(2025, 4, 1)
PART: Final = 345
TEMPLATES: Final = ("loan.due_soon", "loan.due_today", "loan.overdue", "loan.overdue_for_leaders")
TO_ALL: Final = ["loan.overdue", "loan.overdue_for_leaders"]


@pytest.fixture
def town(session: Session) -> Town:
    """Give a group in which Amina owes; what is done in it is undone after the test."""
    town = Town(session)
    town.saves("amina", 3_000)
    town.borrows("amina", 900)
    return town


def remind(town: Town, on: date, *, at: time = time(9)) -> None:
    """Do the daily job on a day in Nairobi, as often as there is something to do."""
    remind_at(town, datetime.combine(on, at, ZoneInfo("Africa/Nairobi")))


def remind_at(town: Town, moment: datetime) -> None:
    """Do the daily job at a moment."""
    for today in days_now(timezones(town.session), at=moment):
        for days in reminders.DUE.days:
            put(town.session, *reminders.find(town.session, today, days, FIRST).messages)


def heard(town: Town) -> list[str]:
    """What was told so far."""
    return [template for template in TEMPLATES if told(town, template)]


@pytest.mark.parametrize(
    ("days", "unpaid", "partly", "paid"),
    [
        (-4, [], [], []),
        (-3, ["loan.due_soon"], ["loan.due_soon"], []),
        (-2, [], [], []),
        (0, ["loan.due_today"], ["loan.due_today"], []),
        (1, TO_ALL, TO_ALL, []),
        (2, [], [], []),
        (7, [], [], []),
        (8, TO_ALL, TO_ALL, []),
        (15, TO_ALL, TO_ALL, []),
        (27, [], [], ["loan.due_soon"]),  # 3 days before the second part
        (30, [], [], ["loan.due_today"]),
        (31, [], [], TO_ALL),
    ],
)
def test_what_is_told_by_days_and_by_what_is_paid(
    session: Session, days: int, unpaid: list[str], partly: list[str], paid: list[str]
) -> None:
    for major, expected in ((0, unpaid), (100, partly), (PART, paid)):
        town = Town(session)
        town.saves("amina", 3_000)
        town.borrows("amina", 900)
        if major:
            town.repays("amina", major)
        remind(town, DUE + timedelta(days=days))
        assert heard(town) == expected, major


@pytest.mark.parametrize("days", reminders.DUE.days[:5])
def test_it_says_what_the_screen_of_the_loan_says(town: Town, days: int) -> None:
    town.repays("amina", 100)
    remind(town, DUE + timedelta(days=days))
    loan = queries.open_loan(town.session, group_id=town.group_id, member_id=town.members["amina"])
    assert loan is not None
    due = queries.due_next(town.session, group_id=town.group_id, loan=loan)
    assert due == (DUE, 245_00)
    facts = {"group": "Umoja", "name": "Amina", "next": Money(due[1], "KES"), "due": due[0], "owed": Money(loan.owed_minor, "KES")}
    template = {-3: "loan.due_soon", 0: "loan.due_today"}.get(days, "loan.overdue")
    assert told(town, template) == [("amina", facts)]
    assert told(town, "loan.overdue_for_leaders") == ([(who, facts) for who in ("baraka", "chausiku", "daudi")] if days > 0 else [])


def test_fifty_times_a_day_changes_nothing(town: Town) -> None:
    for _ in range(50):
        for days in (-3, 0, 1):
            remind(town, DUE + timedelta(days=days))
    counts = {template: len(told(town, template)) for template in TEMPLATES}
    assert counts == {"loan.due_soon": 1, "loan.due_today": 1, "loan.overdue": 1, "loan.overdue_for_leaders": 3}


def test_week_after_week_the_borrower_is_told_and_the_leaders_once(town: Town) -> None:
    for days in range(1, 30):
        remind(town, DUE + timedelta(days=days))
    assert len(told(town, "loan.overdue")) == 5  # after 1, 8, 15, 22, 29 days
    assert len(told(town, "loan.overdue_for_leaders")) == 3
    # The second part has its days too, but as long as the first is open the screen shows that one.
    assert {facts["due"] for _, facts in told(town, "loan.overdue")} == {DUE}
    remind(town, date(2025, 5, 1))
    assert told(town, "loan.due_today") == []


def test_a_clock_that_was_away_does_not_tell_of_yesterday(town: Town) -> None:
    remind(town, DUE - timedelta(days=5))
    remind(town, DUE + timedelta(days=2))
    assert heard(town) == []


@pytest.mark.parametrize(
    ("at", "says"), [(time(7, 59), []), (time(8), ["loan.due_today"]), (time(19, 59), ["loan.due_today"]), (time(20), [])]
)
def test_it_is_told_by_day_and_then_at_once(town: Town, at: time, says: list[str]) -> None:
    remind(town, DUE, at=at)
    assert heard(town) == says
    waits = "SELECT next_at > now() FROM outbox WHERE group_id = %s AND template = 'loan.due_today'"
    assert rows(town, waits, town.group_id) == [(False,)] * len(says)


@pytest.mark.parametrize(
    ("zone", "hour", "days"),
    [
        ("Africa/Nairobi", 6, ["loan.due_today"]),  # 09:00 on the 1st
        ("Pacific/Kiritimati", 20, ["loan.overdue", "loan.overdue_for_leaders"]),  # 10:00 on the 2nd
        ("Pacific/Kiritimati", 6, []),  # 20:00 on the 1st
        ("America/Bogota", 3, []),  # 22:00 on the 31st
        ("America/Bogota", 14, ["loan.due_today"]),  # 09:00 on the 1st
    ],
)
def test_the_day_is_the_groups_own(town: Town, zone: str, hour: int, days: list[str]) -> None:
    rows(town, "UPDATE savings_group SET timezone = %s WHERE id = %s RETURNING id", zone, town.group_id)
    remind_at(town, datetime.combine(DUE, time(hour), UTC))
    assert heard(town) == days


def test_who_said_stop_is_not_told_but_the_leaders_are(town: Town) -> None:
    for name in town.people:
        ((phone,),) = rows(town, "SELECT phone FROM handset WHERE group_id = %s AND person_id = %s", town.group_id, town.people[name])
        stops.stop(town.session, address=phone, at=AT)
    for days in (-3, 0, 1):
        remind(town, DUE + timedelta(days=days))
    assert heard(town) == ["loan.overdue_for_leaders"]


def test_what_is_settled_is_not_spoken_of(town: Town) -> None:
    town.repays("amina", 3 * PART)
    for days in (-3, 0, 1, 8):
        remind(town, DUE + timedelta(days=days))
    assert heard(town) == []


def test_a_leader_who_is_late_is_told_as_a_borrower_only(town: Town) -> None:
    town.saves("daudi", 1_000)
    town.borrows("daudi", 300, months=1)
    town.repays("amina", PART)
    remind(town, DUE + timedelta(days=1))
    assert [name for name, _ in told(town, "loan.overdue")] == ["daudi"]
    assert [name for name, _ in told(town, "loan.overdue_for_leaders")] == ["baraka", "chausiku"]


def test_batches_follow_one_another_and_leave_none_out(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "ROWS_MAX", 1)
    town.saves("daudi", 1_000)
    town.borrows("daudi", 300)
    today = Today(DUE, "Africa/Nairobi", AT)
    found: list[int | None] = []
    after: Any = FIRST
    while after is not None:
        batch = reminders.find(town.session, today, 0, after)
        found += [message.person_id for message in batch.messages]
        after = batch.after
    assert found == [town.people["amina"], town.people["daudi"]]
