"""What messages cost, summed by group and month, once for each that was sent."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy.orm import Session

from core.db.engine import driver
from core.outbox import operations as outbox
from core.outbox import outcomes, spending
from core.outbox.operations import Claimed
from core.outbox.outcomes import Failed, Sent
from core.outbox.rules import Outcome
from core.outbox.spending import Billed, billed
from tests.builders import Town
from tests.notices import AMINA, Notice

AT: Final = datetime(2026, 3, 31, 20, 30, tzinfo=UTC)  # still March in Nairobi
PAST_MIDNIGHT: Final = AT + timedelta(hours=1)  # April in Nairobi
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("KES 0.8000", Billed(8_000, "KES")),
        ("KES 0.80000", Billed(8_000, "KES")),
        ("UGX 35", Billed(350_000, "UGX")),
        ("KES 1785.50", Billed(17_855_000, "KES")),
        ("USD 0.0001", Billed(1, "USD")),
        ("USD 0.00001", None),
        ("0", None),
        ("", None),
        ("None", None),
        ("0.8000 KES", None),
        ("KES -1", None),
    ],
)
def test_billed(text: str, amount: Billed | None) -> None:
    assert billed(text) == amount


def test_billed_is_shown_as_the_gateway_shows_it() -> None:
    assert str(Billed(8_000, "KES")) == "KES 0.8000"


def begun(session: Session, event: str, *, group_id: int, at: datetime) -> Claimed:
    """Put a message, claim and begin it."""
    outbox.put(session, Notice(event, AMINA, group_id=group_id).message())
    driver(session).execute("UPDATE outbox SET next_at = %s WHERE state = 'ready'", (at,))
    (message,) = outbox.begin(session, outbox.claim(session, at=at), at=at)
    return message


def spent(session: Session) -> list[tuple[object, ...]]:
    """Show the table."""
    statement = "SELECT month, currency, messages, segments, again, billed FROM sms_spent ORDER BY month, currency"
    return driver(session).execute(statement).fetchall()


def test_it_is_summed_by_the_groups_own_month_and_currency(session: Session) -> None:
    group_id = Town(session).group_id  # in Nairobi
    driver(session).execute("DELETE FROM outbox")
    for event, at, cost, segments in [
        ("a", AT, "KES 0.8000", 1),
        ("b", AT, "KES 1.6000", 2),
        ("c", AT, "0", 1),
        ("d", PAST_MIDNIGHT, "UGX 35", 1),
    ]:
        outcomes.sent(session, [Sent(begun(session, event, group_id=group_id, at=at), "ATXid", cost, segments)], at=at)
    assert spent(session) == [(MARCH, "KES", 2, 3, 0, 24_000), (MARCH, "XXX", 1, 1, 0, 0), (APRIL, "UGX", 1, 1, 0, 350_000)]
    (most,) = spending.most(session, month=MARCH)
    assert (most.group_id, most.messages, most.segments, most.billed) == (group_id, 3, 4, (Billed(24_000, "KES"),))
    rows = driver(session).execute("SELECT cost, billed, currency FROM attempt ORDER BY outbox_id LIMIT 1 OFFSET 2").fetchall()
    assert rows == [("0", None, None)]


def test_what_is_said_twice_is_counted_once(session: Session) -> None:
    message = begun(session, "a", group_id=7, at=AT)
    for _ in range(2):
        outcomes.sent(session, [Sent(message, "ATXid_1", "KES 0.8000", 1)], at=AT)
    assert spent(session) == [(MARCH, "KES", 1, 1, 0, 8_000)]


@pytest.mark.parametrize("doubt", [Outcome.UNKNOWN, Outcome.LOST])
def test_what_a_phone_may_have_twice_is_counted(session: Session, doubt: Outcome) -> None:
    outcomes.failed(session, [Failed(begun(session, "a", group_id=7, at=AT), doubt, "cut", 1)], at=AT)
    assert spent(session) == [], "nobody knows what the first came to"
    (again,) = outbox.begin(session, outbox.claim(session, at=PAST_MIDNIGHT), at=PAST_MIDNIGHT)
    outcomes.sent(session, [Sent(again, "ATXid_1", "KES 0.8000", 1)], at=AT)
    assert spent(session) == [(MARCH, "KES", 1, 1, 1, 8_000)]


def test_what_a_report_settles_is_counted_without_a_cost(session: Session) -> None:
    outcomes.failed(session, [Failed(begun(session, "a", group_id=7, at=AT), Outcome.UNKNOWN, "cut", 2)], at=AT)
    assert outcomes.settle_unknown(session, address=AMINA, provider_id="ATXid_1", at=AT)
    assert spent(session) == [(MARCH, "XXX", 1, 2, 0, 0)]


def test_the_sums_of_a_month_are_one_look_into_an_index(session: Session) -> None:
    statement = """
    INSERT INTO sms_spent SELECT n, date '2020-01-01' + (n % 60) * interval '1 month', 'KES', 1, 1, 0, 1 FROM generate_series(1, 20000) n
    """
    driver(session).execute(statement)
    driver(session).execute("ANALYZE sms_spent")
    plan = "\n".join(row[0] for row in driver(session).execute("EXPLAIN " + spending._MOST, (MARCH, 10)))  # noqa: SLF001 its plan
    assert "sms_spent_month_idx" in plan
    one = driver(session).execute("EXPLAIN SELECT sum(segments) FROM sms_spent WHERE group_id = 7 AND month = %s", (MARCH,))
    assert "sms_spent_pkey" in "\n".join(row[0] for row in one)
