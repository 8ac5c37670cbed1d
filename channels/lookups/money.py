"""Savings, the balance, loans."""

from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from channels.lookups.look import Facts, Look
from core.db.statement import Statement
from core.disputes.queries import MOVED
from core.groups.queries import RULES_IN_FORCE
from core.groups.rules import rules_from
from core.loans.operations import LoanOpen
from core.loans.repayments import LoanNotActive, PaysTooMuch
from core.loans.rules import LoanState, Standing, flat_interest, instalments, most, next_due
from core.money import Money

STATEMENT_LINES: Final = 3
STATEMENT_LINES_MAX: Final = 60  # where there is room for more
SAME_AGAIN: Final = timedelta(minutes=10)
# What somebody usually saves is the middle one of the last savings; so many times as much may be a nought too many.
USUAL_OF: Final = 5
TENFOLD: Final = 10

_RULES: Final = RULES_IN_FORCE.format(group="g", at="%(at)s")
_MEMBER: Final = """
FROM savings_group g JOIN member m ON m.group_id = g.id AND m.id = %(member)s
JOIN person p ON p.id = m.person_id
JOIN account a ON a.book_id = g.id AND a.code = 'savings:' || m.number
"""
_SAVER: Final = f"g.name AS group, g.currency, p.name, -a.balance_minor AS balance, {_RULES} AS rules"
_SAVING: Final[Statement[Any]] = Statement(f"SELECT {_SAVER} {_MEMBER} WHERE g.id = %(group)s")
_OF_MEMBER: Final = "d.group_id = g.id AND d.member_id = m.id AND d.purpose = 'saving' AND d.state <> 'refused'"
_SAVING_TOTAL: Final[Statement[Any]] = Statement(f"""
SELECT {_SAVER}, same.minutes,
       (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY last.amount_minor) FROM (
         SELECT d.amount_minor FROM declaration d WHERE {_OF_MEMBER} ORDER BY d.declared_at DESC LIMIT {USUAL_OF}
       ) last) AS usual
{_MEMBER}
CROSS JOIN LATERAL (
  SELECT ceil(extract(epoch FROM %(at)s::timestamptz - max(d.declared_at)) / 60)::int AS minutes FROM declaration d
  WHERE {_OF_MEMBER} AND d.declared_at > %(since)s AND d.amount_minor = %(minor)s
) same
WHERE g.id = %(group)s
""")  # noqa: S608 our own words


def saving(look: Look) -> Facts:
    """What the group's rules let a member save."""
    return _saver(look.one(_SAVING, look.ids()))


def _saver(row: Any) -> Facts:  # noqa: ANN401 a row by name
    rules, currency = rules_from(row.rules), row.currency
    limits = {"low": Money(rules.saving_minor_min, currency), "high": Money(rules.saving_minor_max, currency)}
    return {"group": row.group, "currency": currency, "name": row.name, "balance": Money(row.balance, currency), **limits}


def saving_total(look: Look) -> Facts:
    """What the savings will be; whether it is far more than usual, and whether the same was asked a moment ago."""
    amount = look.conversation.answers["amount"]
    row = look.one(_SAVING_TOTAL, look.ids() | {"since": look.at - SAME_AGAIN, "minor": amount.minor})
    facts, tenfold = _saver(row), row.usual is not None and amount.minor >= TENFOLD * row.usual
    return facts | {"amount": amount, "total": facts["balance"] + amount, "minutes": row.minutes, "tenfold": tenfold}


_BALANCE: Final = f"""
SELECT g.name AS group, g.currency, -a.balance_minor AS savings, line.id, line.day, line.minor,
       disputed.id AS dispute, disputed.day AS disputed_on, disputed.minor AS disputed,
       (SELECT debt.balance_minor FROM loan l JOIN account debt ON debt.book_id = l.group_id AND debt.id = l.account_id
        WHERE l.group_id = g.id AND l.member_id = m.id AND l.state = 'active') AS owed
{_MEMBER}
LEFT JOIN LATERAL (
  SELECT e.id, e.effective_on AS day, -t.amount_minor AS minor, t.account_version AS version
  FROM posting t JOIN entry e ON e.book_id = t.book_id AND e.id = t.entry_id
  WHERE t.book_id = a.book_id AND t.account_id = a.id ORDER BY t.account_version DESC LIMIT {{lines}}
) line ON true
LEFT JOIN LATERAL (
  SELECT d.id, e.effective_on AS day, {MOVED.format(member="m.id")} AS minor
  FROM dispute d JOIN entry e ON e.book_id = d.group_id AND e.id = d.entry_id
  WHERE d.group_id = g.id AND d.member_id = m.id AND d.state = 'open' ORDER BY d.id DESC LIMIT 1
) disputed ON true
WHERE g.id = %(group)s ORDER BY line.version DESC
"""  # noqa: S608 our own words
_LAST_LINES: Final[Statement[Any]] = Statement(_BALANCE.format(lines=STATEMENT_LINES))
_MANY_LINES: Final[Statement[Any]] = Statement(_BALANCE.format(lines=STATEMENT_LINES_MAX))


def balance(look: Look) -> Facts:
    """Savings, debt, what the member disputes (the newest of it), and the last entries of the savings account."""
    return _statement(_LAST_LINES.all(look.work.driver, look.ids()))


def statement(look: Look) -> Facts:
    """The same with as many entries as anybody reads at once."""
    return _statement(_MANY_LINES.all(look.work.driver, look.ids()))


def _statement(rows: list[Any]) -> Facts:
    first, currency = rows[0], rows[0].currency
    facts: Facts = {"group": first.group, "savings": Money(first.savings, currency)}
    if first.owed:
        facts["owed"] = Money(first.owed, currency)
    if first.dispute is not None:
        disputed = {"disputed": Money(first.disputed, currency), "disputed_on": first.disputed_on}
        facts |= {"dispute_id": first.dispute} | disputed
    facts["entries"] = [{"id": row.id, "on": row.day, "amount": Money(row.minor, currency)} for row in rows if row.id is not None]
    return facts


# The loan that is not over, if there is one, with its instalments; the savings and the box that say what may be asked.
_LOAN: Final[Statement[Any]] = Statement(f"""
SELECT g.name AS group, g.currency, -a.balance_minor AS savings, box.balance_minor AS box, {_RULES} AS rules,
       l.id, l.state, l.principal_minor AS principal, l.principal_minor + l.interest_minor AS total, owed.balance_minor AS owed,
       (SELECT array_agg(i.due_on ORDER BY i.n) FROM instalment i WHERE i.group_id = l.group_id AND i.loan_id = l.id) AS days,
       (SELECT array_agg(i.principal_minor + i.interest_minor ORDER BY i.n) FROM instalment i
        WHERE i.group_id = l.group_id AND i.loan_id = l.id) AS parts
{_MEMBER}
JOIN account box ON box.book_id = g.id AND box.code = 'cash'
LEFT JOIN loan l ON l.group_id = g.id AND l.member_id = m.id AND l.state IN ('applied', 'approved', 'active')
LEFT JOIN account owed ON owed.book_id = l.group_id AND owed.id = l.account_id
WHERE g.id = %(group)s
""")  # noqa: S608 our own words


def loan(look: Look) -> Facts:
    """The member's loan as it stands, or the most they may ask and why."""
    row = look.one(_LOAN, look.ids())
    if row.state is None:
        return _limits(row)
    facts: Facts = {"group": row.group, "loan_id": row.id, "principal": Money(row.principal, row.currency)}
    if row.state != LoanState.ACTIVE:
        return facts | {"asked": True, "approved": row.state == LoanState.APPROVED}
    due = next_due(list(zip(row.days, row.parts, strict=True)), paid=row.total - row.owed)
    assert due is not None, "an active loan has something due"
    owed = {"owed": Money(row.owed, row.currency), "due": due[0], "next": Money(due[1], row.currency)}
    return facts | {"active": True, "currency": row.currency} | owed


def _limits(row: Any) -> Facts:  # noqa: ANN401 a row by name
    rules, currency = rules_from(row.rules), row.currency
    standing = Standing(savings=Money(row.savings, currency), box=Money(row.box, currency), open_loan=None)
    limit, least = most(standing, rules), Money(rules.loan_minor_min, currency)
    return {
        "group": row.group,
        "currency": currency,
        "multiple": rules.loan_multiple,
        "none_possible": limit < least,
        "most": limit,
        "least": least,
        "savings": standing.savings,
        "box": standing.box,
        "most_months": rules.loan_months_max,
    }


def loan_limits(look: Look) -> Facts:
    """The most that the member may ask, and why.

    :raises LoanOpen: if a loan was asked for meanwhile
    """
    facts = loan(look)
    if "loan_id" in facts:
        raise LoanOpen
    return facts


_COST: Final[Statement[Any]] = Statement(f"SELECT g.timezone, {_RULES} AS rules FROM savings_group g WHERE g.id = %(group)s")  # noqa: S608


def loan_cost(look: Look) -> Facts:
    """What the loan will cost: interest, total, the first instalment."""
    answers = look.conversation.answers
    row = look.one(_COST, look.ids())
    amount, months = answers["amount"], answers["months"]
    interest = flat_interest(amount, bps_monthly=rules_from(row.rules).loan_rate_bps_monthly, months=months)
    today = look.at.astimezone(ZoneInfo(row.timezone)).date()
    first = instalments(amount, interest, months=months, start=today)[0]
    return {"amount": amount, "months": months, "interest": interest, "total": amount + interest, "first": first.total, "due": first.due_on}


def loan_owed(look: Look) -> Facts:
    """What is owed, and what of it is due next.

    :raises LoanNotActive: if nothing is owed any more
    """
    facts = loan(look)
    if "owed" not in facts:
        raise LoanNotActive
    return facts


def loan_left(look: Look) -> Facts:
    """What will be left of the debt.

    :raises LoanNotActive: if nothing is owed any more
    :raises PaysTooMuch: if less is owed by now
    """
    facts, amount = loan_owed(look), look.conversation.answers["amount"]
    if amount > facts["owed"]:
        raise PaysTooMuch(owed=facts["owed"])
    return facts | {"amount": amount, "left": facts["owed"] - amount}
