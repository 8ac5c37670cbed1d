"""Savings, the balance, loans."""

from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from channels.lookups.look import MEMBER, Facts, Look
from core.db.statement import Statement
from core.groups import queries
from core.groups.rules import rules_from
from core.ids import GroupId, MemberId
from core.ledger import queries as books
from core.ledger.rules import savings_code
from core.loans import queries as loans
from core.loans.rules import flat_interest, instalments, most
from core.money import Money

STATEMENT_LINES: Final = 3
SAME_AGAIN: Final = timedelta(minutes=10)


_SAVING: Final[Statement[Any]] = Statement("""
SELECT g.name AS group, g.currency, p.name, -a.balance_minor AS balance,
       (SELECT k.rules FROM constitution k WHERE k.group_id = g.id ORDER BY k.version DESC LIMIT 1) AS rules
FROM savings_group g JOIN member m ON m.group_id = g.id AND m.id = %(member)s
JOIN person p ON p.id = m.person_id
JOIN account a ON a.book_id = g.id AND a.code = 'savings:' || m.number
WHERE g.id = %(group)s
""")
_SAME: Final[Statement[Any]] = Statement("""
SELECT ceil(extract(epoch FROM %(at)s::timestamptz - max(declared_at)) / 60)::int AS minutes FROM declaration
WHERE group_id = %(group)s AND member_id = %(member)s AND declared_at > %(since)s
  AND purpose = 'saving' AND amount_minor = %(minor)s AND state <> 'refused'
""")


def saving(look: Look) -> Facts:
    """What the group's rules let a member save."""
    row = look.one(_SAVING, look.ids())
    rules, currency = rules_from(row.rules), row.currency
    limits = {"low": Money(rules.saving_minor_min, currency), "high": Money(rules.saving_minor_max, currency)}
    return {"group": row.group, "currency": currency, "name": row.name, "balance": Money(row.balance, currency), **limits}


def saving_total(look: Look) -> Facts:
    """What the savings will be, and whether the same was asked a moment ago."""
    facts, amount = saving(look), look.conversation.answers["amount"]
    same = look.one(_SAME, look.ids() | {"since": look.at - SAME_AGAIN, "minor": amount.minor})
    return facts | {"amount": amount, "total": facts["balance"] + amount, "minutes": same.minutes}


def balance(look: Look) -> Facts:
    """Savings, debt, and the last entries of the savings account."""
    ids = look.ids()
    row = look.one(MEMBER, ids)
    session, code = look.work.driver, savings_code(row.number)
    held = books.balances(session, book_id=ids["group"], codes=(code,))[code]
    loan = loans.open_loan(session, group_id=ids["group"], member_id=ids["member"])
    lines = books.statement(session, book_id=ids["group"], code=code, limit=STATEMENT_LINES)
    facts: Facts = {"group": row.group, "savings": Money(held.minor, row.currency)}
    if loan and loan.owed_minor:
        facts["owed"] = Money(loan.owed_minor, row.currency)
    facts["entries"] = [{"id": line.entry_id, "on": line.effective_on, "amount": Money(line.minor, row.currency)} for line in lines]
    return facts


def loan(look: Look) -> Facts:
    """The member's loan as it stands, or the most they may ask and why."""
    ids = look.ids()
    session = look.work.driver
    group = queries.group_card(session, group_id=GroupId(ids["group"]))
    open_loan = loans.open_loan(session, group_id=group.id, member_id=MemberId(ids["member"]))
    facts: Facts = {"group": group.name, "currency": group.currency, "multiple": group.rules.loan_multiple}
    if open_loan is not None:
        facts |= {"loan_id": int(open_loan.id), "principal": Money(open_loan.principal_minor, group.currency)}
        if open_loan.state != "active":
            return facts | {"asked": True, "approved": open_loan.state == "approved"}
        due = loans.due_next(session, group_id=group.id, loan=open_loan)
        assert due is not None, "an active loan has something due"
        return facts | {
            "active": True,
            "owed": Money(open_loan.owed_minor, group.currency),
            "due": due[0],
            "next": Money(due[1], group.currency),
        }
    number = look.one(MEMBER, ids).number
    standing = loans.standing(session, group=group, member_id=MemberId(ids["member"]), number=number)
    limit, least = most(standing, group.rules), Money(group.rules.loan_minor_min, group.currency)
    return facts | {
        "none_possible": limit < least,
        "most": limit,
        "least": least,
        "savings": standing.savings,
        "box": standing.box,
        "most_months": group.rules.loan_months_max,
    }


def loan_cost(look: Look) -> Facts:
    """What the loan will cost: interest, total, the first instalment."""
    answers = look.conversation.answers
    group = queries.group_card(look.work.driver, group_id=GroupId(look.conversation.group_id))
    amount, months = answers["amount"], answers["months"]
    interest = flat_interest(amount, bps_monthly=group.rules.loan_rate_bps_monthly, months=months)
    today = look.at.astimezone(ZoneInfo(group.timezone)).date()
    first = instalments(amount, interest, months=months, start=today)[0]
    return {"amount": amount, "months": months, "interest": interest, "total": amount + interest, "first": first.total, "due": first.due_on}


def loan_left(look: Look) -> Facts:
    """What will be left of the debt."""
    facts = loan(look)
    amount = look.conversation.answers["amount"]
    return facts | {"amount": amount, "left": facts["owed"] - amount}
