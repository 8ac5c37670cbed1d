"""Loans as they stand: what one may ask, what is owed, what waits."""

from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from core.db.engine import Reader, driver
from core.groups.queries import GroupCard
from core.ids import GroupId, LoanId, MemberId
from core.ledger.rules import CASH, savings_code
from core.loans.rules import Standing, next_due
from core.money import Money

_STANDING = """
SELECT coalesce(max(-a.balance_minor) FILTER (WHERE a.code = %(savings)s), 0)::bigint,
       coalesce(max(a.balance_minor) FILTER (WHERE a.code = %(cash)s), 0)::bigint,
       (SELECT state FROM loan WHERE group_id = %(group)s AND member_id = %(member)s
         AND state IN ('applied', 'approved', 'active'))
FROM account a WHERE a.book_id = %(group)s AND a.code IN (%(savings)s, %(cash)s)
"""
_OPEN_LOAN = """
SELECT l.id, l.number, l.state, l.principal_minor, l.interest_minor, l.months,
       coalesce(a.balance_minor, 0) AS owed_minor
FROM loan l LEFT JOIN account a ON a.book_id = l.group_id AND a.id = l.account_id
WHERE l.group_id = %s AND l.member_id = %s AND l.state IN ('applied', 'approved', 'active')
"""
_DECLARED = """
SELECT coalesce(sum(amount_minor), 0)::bigint FROM declaration WHERE group_id = %s AND loan_id = %s AND state = 'declared'
"""
_PARTS = "SELECT due_on, principal_minor, interest_minor FROM instalment WHERE group_id = %s AND loan_id = %s ORDER BY n"


@dataclass(frozen=True, slots=True)
class OpenLoan:
    """A member's loan that is not over; `owed_minor` is the balance of its account."""

    id: LoanId
    number: int
    state: str
    principal_minor: int
    interest_minor: int
    months: int
    owed_minor: int

    @property
    def paid_minor(self) -> int:
        """What was paid of principal and interest together."""
        return self.principal_minor + self.interest_minor - self.owed_minor


def standing(session: Reader, *, group: GroupCard, member_id: MemberId, number: int) -> Standing:
    """What decides how much a member may ask."""
    parameters = {"savings": savings_code(number), "cash": CASH, "group": group.id, "member": member_id}
    row = driver(session).execute(_STANDING, parameters).fetchone()
    assert row is not None, "an aggregate has a row"
    return Standing(savings=Money(row[0], group.currency), box=Money(row[1], group.currency), open_loan=row[2])


def open_loan(session: Reader, *, group_id: GroupId, member_id: MemberId) -> OpenLoan | None:
    """The member's loan that is not over, if there is one."""
    with driver(session).cursor(row_factory=class_row(OpenLoan)) as cursor:
        return cursor.execute(_OPEN_LOAN, (group_id, member_id)).fetchone()


def declared_minor(session: Reader, *, group_id: GroupId, loan_id: LoanId) -> int:
    """What was declared to repay a loan, and still waits to be confirmed."""
    row = driver(session).execute(_DECLARED, (group_id, loan_id)).fetchone()
    assert row is not None, "an aggregate has a row"
    return int(row[0])


def parts(session: Reader, *, group_id: GroupId, loan_id: LoanId) -> list[tuple[date, int, int]]:
    """A loan's instalments: day, principal, interest in minor units."""
    return [(row[0], row[1], row[2]) for row in driver(session).execute(_PARTS, (group_id, loan_id))]


def due_next(session: Reader, *, group_id: GroupId, loan: OpenLoan) -> tuple[date, int] | None:
    """The first instalment not fully paid: its day and what is still to pay of it."""
    schedule = [(day, principal + interest) for day, principal, interest in parts(session, group_id=group_id, loan_id=loan.id)]
    return next_due(schedule, paid=loan.paid_minor)
