"""Whoever changes rows past the functions is found: the first bad row is named."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.commands import DecideDispute, OpenDispute, ReverseEntry
from core.db import Work
from core.db.engine import driver
from core.handlers import EntryOfALoan
from core.ledger.verify import verify
from core.verify import CHECKS
from tests.builders import AT, Town


@pytest.fixture
def owner(owner_engine: Engine) -> Iterator[Session]:
    """Give a session of the owner, past whom no trigger stands; all is undone after the test."""
    with Work(owner_engine) as work:
        yield work.session


@pytest.fixture
def town(owner: Session) -> Town:
    """Give a group in which every kind of money has moved, one entry was reversed, and disputes stand in every way."""
    town = Town(owner)
    town.saves("amina", 1_000)
    town.saves("daudi", 2_000)
    town.saves("baraka", 500)
    town.borrows("amina", 1_500)
    town.repays("amina", 700)
    town.borrows("daudi", 600, months=1)
    town.repays("daudi", 630)
    saved = driver(owner).execute("SELECT max(id) FROM entry WHERE book_id = %s AND kind = 'saving.deposit'", (town.group_id,)).fetchone()
    assert saved is not None
    town.asks(ReverseEntry, None, entry_id=saved[0], reason="counted twice", effective_on=AT.date())
    for major, agree in ((60, True), (70, False), (80, None)):
        dispute = town.asks(OpenDispute, "amina", code=town.saves("amina", major)["code"])["dispute_id"]
        if agree is not None:
            town.asks(DecideDispute, "chausiku", dispute_id=dispute, agree=agree)
    return town


def found(town: Town) -> dict[str, str]:
    """What verify names: check -> sentence."""
    return {broken.check: broken.sentence for broken in verify(town.session, CHECKS)}


def test_nothing_is_wrong_with_what_the_house_did(town: Town) -> None:
    assert found(town) == {}


@pytest.mark.parametrize("kind", ["loan.disbursed", "loan.repaid"])
def test_an_entry_of_a_loan_is_not_reversed_beside_the_loan(town: Town, kind: str) -> None:
    entry = driver(town.session).execute("SELECT max(id) FROM entry WHERE book_id = %s AND kind = %s", (town.group_id, kind)).fetchone()
    assert entry is not None
    with pytest.raises(EntryOfALoan):
        town.asks(ReverseEntry, None, entry_id=entry[0], reason="no", effective_on=AT.date())
    assert found(town) == {}


# Each changes one thing, as one who can switch the triggers off; several checks may see it.
TAMPERED = [
    ("entry-has-postings", "DELETE FROM posting WHERE book_id = %(g)s AND entry_id = (SELECT max(id) FROM entry WHERE book_id = %(g)s)"),
    ("entry-has-postings", "UPDATE posting SET line = line + 5 WHERE book_id = %(g)s AND line = 3"),
    ("entry-balances", "UPDATE posting SET amount_minor = amount_minor + 1 WHERE book_id = %(g)s AND line = 1"),
    ("posting-has-entry", "DELETE FROM entry WHERE book_id = %(g)s AND kind = 'loan.repaid'"),
    ("posting-has-entry", "UPDATE posting SET book_id = 0 WHERE book_id = %(g)s AND line = 2"),
    ("posting-has-account", "UPDATE posting SET account_id = -entry_id WHERE book_id = %(g)s AND line = 3"),
    ("posting-has-account", "DELETE FROM account WHERE book_id = %(g)s AND code = 'cash'"),
    ("account-balance", "UPDATE account SET balance_minor = balance_minor + 1 WHERE book_id = %(g)s AND code = 'cash'"),
    ("account-version", "UPDATE account SET version = version + 1 WHERE book_id = %(g)s AND code = 'cash'"),
    ("versions-gapless", "UPDATE posting SET account_version = account_version + 100 WHERE book_id = %(g)s AND account_version = 1"),
    ("balance-after", "UPDATE posting SET balance_after_minor = balance_after_minor - 1 WHERE book_id = %(g)s AND account_version = 2"),
    ("book-balances", "UPDATE account SET balance_minor = 0 WHERE book_id = %(g)s AND code = 'cash'"),
    ("account-side", "UPDATE account SET kind = 'asset' WHERE book_id = %(g)s AND code LIKE 'savings:%%'"),
    (
        "reversal-mirrors",
        "UPDATE posting p SET amount_minor = 2 * amount_minor FROM entry e"  # noqa: ISC004 one statement
        " WHERE p.book_id = %(g)s AND e.book_id = %(g)s AND e.id = p.entry_id AND e.reverses IS NOT NULL",
    ),
    ("reversal-mirrors", "UPDATE entry SET reverses = id WHERE book_id = %(g)s AND reverses IS NOT NULL"),
    ("confirmed-is-posted", "UPDATE declaration SET amount_minor = amount_minor + 1 WHERE group_id = %(g)s"),
    (
        "confirmed-is-posted",
        "UPDATE declaration SET member_id = (SELECT id FROM member WHERE group_id = %(g)s AND number = 4) WHERE group_id = %(g)s",
    ),
    ("cash-maker-is-not-checker", "UPDATE declaration SET person_id = person_id + 1 WHERE group_id = %(g)s"),
    ("loan-schedule", "UPDATE instalment SET interest_minor = interest_minor + 1 WHERE group_id = %(g)s AND n = 1"),
    ("loan-owed", "UPDATE loan SET state = 'active' WHERE group_id = %(g)s AND state = 'settled'"),
    ("loan-owed", "UPDATE declaration SET state = 'refused', entry_id = NULL WHERE group_id = %(g)s AND purpose = 'repayment'"),
    ("loan-owed", "UPDATE loan SET principal_minor = principal_minor + 100 WHERE group_id = %(g)s"),
    ("loan-account", "UPDATE loan SET state = 'approved', account_id = NULL WHERE group_id = %(g)s AND state = 'active'"),
    ("loan-account-has-loan", "UPDATE account SET code = 'loan:99' WHERE book_id = %(g)s AND code = 'savings:4'"),
    ("unearned-interest", "UPDATE account SET balance_minor = balance_minor - 5 WHERE book_id = %(g)s AND code = 'unearned-interest'"),
    ("loan-maker-is-not-checker", "UPDATE loan SET person_id = decided_by, decided_by = person_id WHERE group_id = %(g)s"),
    ("loan-maker-is-not-checker", "UPDATE loan SET decided_by = NULL WHERE group_id = %(g)s"),
    ("upheld-is-reversed", "UPDATE dispute SET state = 'rejected' WHERE group_id = %(g)s AND state = 'upheld'"),
    ("upheld-is-reversed", "UPDATE dispute SET state = 'open' WHERE group_id = %(g)s AND state = 'upheld'"),
    ("upheld-is-reversed", "UPDATE dispute SET state = 'upheld' WHERE group_id = %(g)s AND state = 'rejected'"),
    ("upheld-is-reversed", "UPDATE dispute SET reversal_id = entry_id WHERE group_id = %(g)s AND state = 'upheld'"),
    (
        "upheld-is-reversed",
        "UPDATE dispute d SET entry_id = r.reverses, recorded_by = NULL FROM entry r"  # noqa: ISC004 one statement
        " WHERE d.group_id = %(g)s AND d.state = 'open' AND r.book_id = d.group_id AND r.reverses IS NOT NULL",
    ),
    (
        "dispute-of-own-entry",
        "UPDATE dispute SET member_id = (SELECT id FROM member WHERE group_id = %(g)s AND number = 4) WHERE group_id = %(g)s",
    ),
    ("dispute-maker-is-not-checker", "UPDATE dispute SET recorded_by = NULL WHERE group_id = %(g)s AND state = 'open'"),
    ("dispute-maker-is-not-checker", "UPDATE dispute SET person_id = recorded_by WHERE group_id = %(g)s AND state = 'open'"),
    ("group-has-book", "UPDATE book SET currency = 'UGX' WHERE id = %(g)s"),
    ("member-has-savings", "UPDATE account SET member_id = NULL WHERE book_id = %(g)s AND code = 'savings:2'"),
    ("entry-was-commanded", "UPDATE command_record SET outcome = 'loan.open' WHERE group_id = %(g)s AND kind = 'cash.decide'"),
    ("entry-was-commanded", "UPDATE entry SET command_id = gen_random_uuid() WHERE book_id = %(g)s"),
    ("entry-was-commanded", "UPDATE entry SET command_id = NULL WHERE book_id = %(g)s"),
    ("entry-was-commanded", "UPDATE command_record SET group_id = 0 WHERE group_id = %(g)s AND kind = 'cash.decide'"),
    ("pin-tries", "UPDATE pin SET failures = 3"),
    # The constraints stand in the way of these, until somebody drops them.
    ("posting-moves-money", "UPDATE posting SET amount_minor = 0 WHERE book_id = %(g)s AND line = 1"),
    ("no-overdraft", "UPDATE account SET balance_minor = -1 WHERE book_id = %(g)s AND code = 'cash'"),
    ("cash-maker-is-not-checker", "UPDATE declaration SET decided_by = person_id WHERE group_id = %(g)s"),
    ("loan-maker-is-not-checker", "UPDATE loan SET disbursed_by = person_id WHERE group_id = %(g)s"),
    ("member-maker-is-not-checker", "UPDATE member SET decided_by = person_id WHERE group_id = %(g)s"),
    ("confirmed-is-posted", "UPDATE declaration SET entry_id = NULL WHERE group_id = %(g)s"),
    ("pin-tries", "UPDATE pin SET failures = 4"),
    ("dispute-maker-is-not-checker", "UPDATE dispute SET decided_by = person_id WHERE group_id = %(g)s AND state = 'rejected'"),
    ("dispute-maker-is-not-checker", "UPDATE dispute SET decided_by = recorded_by WHERE group_id = %(g)s AND state = 'rejected'"),
    ("dispute-maker-is-not-checker", "UPDATE dispute SET decided_by = NULL WHERE group_id = %(g)s AND state = 'upheld'"),
]
DROP_CHECKS = """
DO $$ DECLARE c record; BEGIN
  FOR c IN SELECT conrelid::regclass AS tab, conname FROM pg_constraint
           WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conname <> 'debit_or_credit' LOOP
    EXECUTE format('ALTER TABLE %%s DROP CONSTRAINT %%I', c.tab, c.conname);
  END LOOP;
END $$
""".replace("%%", "%")


@pytest.mark.parametrize(("check", "tampering"), TAMPERED)
def test_what_is_tampered_with_is_named(town: Town, check: str, tampering: str) -> None:
    connection = driver(town.session)
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    connection.execute("SET LOCAL session_replication_role = replica")
    connection.execute("SELECT set_config('lock_timeout', '5s', true)")
    connection.execute(DROP_CHECKS)
    assert connection.execute(tampering, {"g": town.group_id}).rowcount > 0
    broken = found(town)
    assert check in broken
    assert broken[check].startswith((f"book {town.code}: ", "book 0: ")) or check == "pin-tries"
    connection.undo()


def test_every_check_was_made_to_fail() -> None:
    assert {check for check, _ in TAMPERED} == {check.name for check in CHECKS}


def test_the_first_bad_row_is_named(town: Town) -> None:
    connection = driver(town.session)
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    connection.execute(
        "UPDATE account SET balance_minor = balance_minor + 5 WHERE book_id = %s AND code IN ('cash', 'savings:4')", (town.group_id,)
    )
    first = next(verify(town.session, CHECKS))
    assert (first.check, first.book, first.row["code"]) == ("account-balance", town.code, "cash")
    row = first.row
    assert (
        first.sentence
        == f"book {town.code}: account cash (number {row['account']}) says {row['balance']}, its postings sum to {row['sum']}"
    )
