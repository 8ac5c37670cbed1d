"""What must hold between the ledger and the rest of the house, beyond the ledger's own checks."""

from typing import Final

from core.ledger import verify as ledger
from core.ledger.rules import UNEARNED_INTEREST
from core.ledger.verify import Check

# What each loan's instalments have earned by what was paid: each instalment's interest is paid before its principal.
_EARNED: Final = """
SELECT group_id, loan_id, sum(least(greatest(paid - before, 0), interest_minor)) AS earned
FROM (
  SELECT i.group_id, i.loan_id, i.interest_minor, l.principal_minor + l.interest_minor - a.balance_minor AS paid,
         coalesce(sum(i.principal_minor + i.interest_minor) OVER (PARTITION BY i.group_id, i.loan_id ORDER BY i.n
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
  FROM instalment i JOIN loan l ON l.group_id = i.group_id AND l.id = i.loan_id
  JOIN account a ON a.book_id = l.group_id AND a.id = l.account_id
) instalment GROUP BY group_id, loan_id
"""

_CASH: Final = (
    Check(
        "confirmed-is-posted",
        "declaration {declaration} of {amount} was confirmed by entry {entry}, which does not post it to the member's account",
        """
        SELECT d.group_id AS book_id, d.id AS declaration, d.amount_minor AS amount, d.entry_id AS entry
        FROM declaration d
        LEFT JOIN member m ON m.group_id = d.group_id AND m.id = d.member_id
        LEFT JOIN loan l ON l.group_id = d.group_id AND l.id = d.loan_id AND l.member_id = d.member_id
        WHERE d.state = 'confirmed' AND NOT EXISTS (
          SELECT FROM posting p JOIN account a ON a.book_id = p.book_id AND a.id = p.account_id
          WHERE p.book_id = d.group_id AND p.entry_id = d.entry_id AND p.amount_minor = -d.amount_minor AND a.member_id = d.member_id
            AND CASE d.purpose WHEN 'saving' THEN a.code = 'savings:' || m.number ELSE a.id = l.account_id END)
           OR (d.state = 'confirmed') <> (d.entry_id IS NOT NULL)
        """,
    ),
    Check(
        "cash-maker-is-not-checker",
        "declaration {declaration} was decided by person {person}, whose own it is (or it names another person than its member)",
        """
        SELECT d.group_id AS book_id, d.id AS declaration, d.decided_by AS person
        FROM declaration d LEFT JOIN member m ON m.group_id = d.group_id AND m.id = d.member_id
        WHERE d.person_id IS DISTINCT FROM m.person_id OR d.decided_by = d.person_id OR d.state <> 'declared' AND d.decided_by IS NULL
        """,
    ),
)
_LOANS: Final = (
    Check(
        "loan-schedule",
        "the instalments of loan {loan} sum to {scheduled}, the loan to {total}",
        """
        SELECT l.group_id AS book_id, l.id AS loan, coalesce(sum(i.principal_minor + i.interest_minor), 0) AS scheduled,
               l.principal_minor + l.interest_minor AS total
        FROM loan l LEFT JOIN instalment i ON i.group_id = l.group_id AND i.loan_id = l.id
        WHERE l.state IN ('active', 'settled') GROUP BY l.group_id, l.id
        HAVING (coalesce(sum(i.principal_minor), 0), coalesce(sum(i.interest_minor), 0)) <> (l.principal_minor, l.interest_minor)
        """,
    ),
    Check(
        "loan-owed",
        "loan {loan} ({state}) owes {owed} by its account; of {total}, {paid} was paid",
        """
        SELECT l.group_id AS book_id, l.id AS loan, l.state, a.balance_minor AS owed, l.principal_minor + l.interest_minor AS total,
               coalesce(d.paid, 0) AS paid
        FROM loan l
        LEFT JOIN account a ON a.book_id = l.group_id AND a.id = l.account_id AND a.code = 'loan:' || l.number
        LEFT JOIN (
          SELECT d.group_id, d.loan_id, sum(d.amount_minor) AS paid FROM declaration d
          WHERE d.state = 'confirmed' AND d.loan_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM entry r WHERE r.book_id = d.group_id AND r.reverses = d.entry_id)
          GROUP BY d.group_id, d.loan_id
        ) d ON d.group_id = l.group_id AND d.loan_id = l.id
        WHERE l.state IN ('active', 'settled') AND (
          l.principal_minor + l.interest_minor - coalesce(d.paid, 0) IS DISTINCT FROM a.balance_minor
          OR a.balance_minor < 0 OR a.balance_minor > l.principal_minor + l.interest_minor
          OR (l.state = 'settled') <> (a.balance_minor = 0))
        """,
    ),
    Check(
        "loan-account",
        "loan {loan} is {state}, but account {account} is open for it",
        """
        SELECT l.group_id AS book_id, l.id AS loan, l.state, a.id AS account
        FROM loan l JOIN account a ON a.book_id = l.group_id AND (a.id = l.account_id OR a.code = 'loan:' || l.number)
        WHERE l.state NOT IN ('active', 'settled')
        """,
    ),
    Check(
        "loan-account-has-loan",
        "account {code} (number {account}) is no loan's",
        """
        SELECT a.book_id, a.id AS account, a.code FROM account a JOIN savings_group g ON g.id = a.book_id
        WHERE a.code LIKE 'loan:%' AND NOT EXISTS (SELECT FROM loan l WHERE l.group_id = a.book_id AND l.account_id = a.id)
        """,
    ),
    Check(
        "unearned-interest",
        "the book says {booked} of interest is not yet earned; its loans say {unearned}",
        f"""
        SELECT g.id AS book_id, coalesce(a.booked, 0) AS booked, coalesce(l.unearned, 0) AS unearned
        FROM savings_group g
        LEFT JOIN (SELECT book_id, -balance_minor AS booked FROM account WHERE code = '{UNEARNED_INTEREST}') a ON a.book_id = g.id
        LEFT JOIN (
          SELECT l.group_id, sum(l.interest_minor - e.earned) AS unearned
          FROM loan l JOIN ({_EARNED}) e ON e.group_id = l.group_id AND e.loan_id = l.id GROUP BY l.group_id
        ) l ON l.group_id = g.id
        WHERE coalesce(a.booked, 0) <> coalesce(l.unearned, 0)
        """,  # noqa: S608 put together from our own words
    ),
    Check(
        "loan-maker-is-not-checker",
        "loan {loan} was decided or paid out by person {person}, whose own it is (or it names another person than its member)",
        """
        SELECT l.group_id AS book_id, l.id AS loan, l.person_id AS person
        FROM loan l LEFT JOIN member m ON m.group_id = l.group_id AND m.id = l.member_id
        WHERE l.person_id IS DISTINCT FROM m.person_id OR l.disbursed_by = l.person_id
           OR l.decided_by = l.person_id AND l.state <> 'cancelled'
           OR l.state IN ('approved', 'active', 'settled', 'rejected') AND l.decided_by IS NULL
           OR l.state IN ('active', 'settled') AND l.disbursed_by IS NULL
        """,
    ),
)
_DISPUTES: Final = (
    Check(
        "upheld-is-reversed",
        "dispute {dispute} of entry {entry} is {state} and names reversal {named}; the entry was reversed by {by}",
        """
        SELECT d.group_id AS book_id, d.id AS dispute, d.entry_id AS entry, d.state, d.reversal_id AS named, r.id AS by
        FROM dispute d LEFT JOIN entry r ON r.book_id = d.group_id AND r.reverses = d.entry_id
        WHERE CASE d.state WHEN 'upheld' THEN d.reversal_id IS DISTINCT FROM r.id OR r.id IS NULL
                           WHEN 'open' THEN d.reversal_id IS NOT NULL OR r.id IS NOT NULL
                           ELSE d.reversal_id IS NOT NULL END
        """,
    ),
    Check(
        "dispute-of-own-entry",
        "dispute {dispute} is of entry {entry}, which moves no account of its member {member}",
        """
        SELECT d.group_id AS book_id, d.id AS dispute, d.entry_id AS entry, d.member_id AS member FROM dispute d
        WHERE NOT EXISTS (
          SELECT FROM posting p JOIN account a ON a.book_id = p.book_id AND a.id = p.account_id
          WHERE p.book_id = d.group_id AND p.entry_id = d.entry_id AND a.member_id = d.member_id)
        """,
    ),
    Check(
        "dispute-maker-is-not-checker",
        "dispute {dispute} was decided by person {person}, who recorded its entry or disputes it (or it names others than those who did)",
        """
        SELECT d.group_id AS book_id, d.id AS dispute, d.decided_by AS person
        FROM dispute d
        LEFT JOIN member m ON m.group_id = d.group_id AND m.id = d.member_id
        LEFT JOIN entry e ON e.book_id = d.group_id AND e.id = d.entry_id
        WHERE d.person_id IS DISTINCT FROM m.person_id OR d.recorded_by IS DISTINCT FROM e.actor_id
           OR d.decided_by IN (d.person_id, e.actor_id) OR (d.state IN ('upheld', 'rejected')) <> (d.decided_by IS NOT NULL)
        """,
    ),
)
_PEOPLE: Final = (
    Check(
        "group-has-book",
        "group {code} has no book of its own number, name and currency",
        """
        SELECT g.id AS book_id, g.code FROM savings_group g
        WHERE NOT EXISTS (SELECT FROM book b WHERE b.id = g.id AND b.name = g.code AND b.currency = g.currency
                          AND b.organisation_id = g.organisation_id)
        """,
    ),
    Check(
        "member-has-savings",
        "member {member} (number {number}) has no savings account",
        """
        SELECT m.group_id AS book_id, m.id AS member, m.number FROM member m
        WHERE m.state = 'active' AND NOT EXISTS (
          SELECT FROM account a WHERE a.book_id = m.group_id AND a.member_id = m.id AND a.code = 'savings:' || m.number)
        """,
    ),
    Check(
        "member-maker-is-not-checker",
        "member {member} was let in by person {person}: themselves",
        """
        SELECT group_id AS book_id, id AS member, person_id AS person FROM member WHERE decided_by = person_id
        """,
    ),
    Check(
        "entry-was-commanded",
        "entry {entry} was posted by no command (it names {command}) of which there is a record that it was done",
        # What is in a group's own book was asked in the group's name. Another book may also be filled past the door.
        """
        SELECT e.book_id, e.id AS entry, e.command_id AS command
        FROM entry e LEFT JOIN savings_group g ON g.id = e.book_id
        WHERE (g.id IS NOT NULL OR e.command_id IS NOT NULL) AND NOT EXISTS (
          SELECT FROM command_record c WHERE c.group_id = coalesce(g.id, 0) AND c.id = e.command_id AND c.outcome = 'done')
        """,
    ),
    Check(
        "pin-tries",
        "the PIN of person {person} counts {failures} wrong tries; it must be 0 to 3, and locked at 3",
        """
        SELECT NULL::bigint AS book_id, person_id AS person, failures FROM pin
        WHERE failures NOT BETWEEN 0 AND 3 OR (failures = 3) <> (locked_until IS NOT NULL)
        """,
    ),
)

CHECKS: Final = (*ledger.CHECKS, *_CASH, *_LOANS, *_DISPUTES, *_PEOPLE)
