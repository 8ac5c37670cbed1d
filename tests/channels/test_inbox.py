"""The inbox shows an official exactly what the door would let them decide, in an order that lets nothing block the rest."""

from datetime import timedelta
from itertools import pairwise
from typing import Final

import pytest

from channels.conversations import Conversation
from channels.lookups import LOOKUPS, Look
from core.commands import Command, DecideCash, DecideDispute, DecideJoin, DecideLoan, DecidePinReset, DisburseLoan, OpenDispute
from core.db.engine import Work
from core.ledger.receipts import receipt_code

from .test_rights import Things, outcome
from .town import AMINA, MORNING, Town

# Why a payout is theirs, and yet cannot be made.
_NOT_NOW: Final = {"loan.box_too_small", "loan.borrower_left", "loan.no_longer_covered"}
OFFICIALS: Final = ("Amina", "Baraka", "Chausiku", "Daudi")
KINDS: Final = {"saving": 1, "repayment": 1, "join": 2, "pin_reset": 3, "dispute": 4, "loan": 5, "payout": 6}
_OF_KIND: Final[dict[str, tuple[type[Command], str]]] = {
    "saving": (DecideCash, "declaration_id"),
    "join": (DecideJoin, "member_id"),
    "pin_reset": (DecidePinReset, "reset_id"),
    "dispute": (DecideDispute, "dispute_id"),
    "loan": (DecideLoan, "loan_id"),
    "payout": (DisburseLoan, "loan_id"),
}


def look_of(town: Town, work: Work, who: str) -> Look:
    """Let somebody look, in Umoja."""
    member = town.members["UMOJA", who]
    conversation = Conversation("ussd", "s", AMINA, MORNING, MORNING, "en", person_id=town.people[who], member_id=member)
    conversation.group_id = town.groups["UMOJA"]
    return Look(work, conversation, town.now, "")


def shown_to(town: Town, who: str) -> list[tuple[str, int]]:
    """Go through an inbox, putting everything off; the root menu must say the same."""
    with Work(town.engine) as work:
        look = look_of(town, work, who)
        found = []
        begun = LOOKUPS["beginning"](look)
        facts = LOOKUPS["inbox"](look)
        while facts:
            found.append((facts["kind"], facts["item_id"]))
            look.conversation.shown = facts
            facts = LOOKUPS["inbox_later"](look)
    assert bool(found) == begun["inbox"]
    return found


def decidable_by(town: Town, who: str) -> set[tuple[str, int]]:
    """Try everything that waits in Umoja at the door."""
    group = town.groups["UMOJA"]
    everything = {
        *(("saving", row[0]) for row in town.sql("SELECT id FROM declaration WHERE group_id = %(g)s AND state = 'declared'", g=group)),
        *(("join", row[0]) for row in town.sql("SELECT id FROM member WHERE group_id = %(g)s AND state = 'asked'", g=group)),
        *(("dispute", row[0]) for row in town.sql("SELECT id FROM dispute WHERE group_id = %(g)s AND state = 'open'", g=group)),
        *(("pin_reset", row[0]) for row in town.sql("SELECT id FROM pin_reset WHERE group_id = %(g)s AND state = 'asked'", g=group)),
        *(("loan", row[0]) for row in town.sql("SELECT id FROM loan WHERE group_id = %(g)s AND state = 'applied'", g=group)),
        *(("payout", row[0]) for row in town.sql("SELECT id FROM loan WHERE group_id = %(g)s AND state = 'approved'", g=group)),
    }
    found = set()
    for kind, id_ in everything:
        command, name = _OF_KIND[kind]
        agree = {} if kind == "payout" else {"agree": True}
        if outcome(town, command, {name: id_, **agree}, group=group, who=who) in {"done", *_NOT_NOW}:
            found.add((kind, id_))
    return found


@pytest.fixture
def waiting(town: Town) -> Town:
    """Let something of each kind wait: of a member, of the treasurer, of the secretary."""
    Things(town, "UMOJA", saver="Amina", borrower="Daudi", chair="Chausiku")
    town.sql(
        "INSERT INTO declaration (group_id, member_id, person_id, purpose, amount_minor, state, declared_at)"
        " SELECT m.group_id, m.id, m.person_id, 'saving', 70000, 'declared', now() FROM member m JOIN person p ON p.id = m.person_id"
        " WHERE p.name IN ('Baraka', 'Chausiku')"
    )
    town.sql(
        "INSERT INTO loan (group_id, number, member_id, person_id, state, principal_minor, interest_minor, months, rate_bps_monthly,"
        " applied_at) SELECT m.group_id, 90 + m.id, m.id, m.person_id, 'approved', 10000, 0, 1, 0, now()"
        " FROM member m JOIN person p ON p.id = m.person_id WHERE p.name = 'Baraka'"
    )
    # Of a member (by Things), of the treasurer, of the secretary; and what both Amina and the secretary dispute.
    for who, kind in (("Baraka", "saving.deposit"), ("Daudi", "saving.deposit"), ("Amina", "test"), ("Daudi", "test")):
        town.do(OpenDispute, channel="ussd", group_id=town.groups["UMOJA"], actor_id=town.people[who], code=receipt_of(town, who, kind))
    # The treasurer asks about somebody who has left since, the secretary asked about Amina a day ago, the chair asked for
    # the secretary (see Things).
    for whose, by, age in (("Esther", "Baraka", 0), ("Faraji", "Baraka", 0), ("Amina", "Daudi", 1)):
        town.sql(
            "INSERT INTO pin_reset (group_id, member_id, person_id, asked_by, asked_at, state)"
            " SELECT m.group_id, m.id, m.person_id, %(by)s, %(at)s, 'asked' FROM member m WHERE m.id = %(m)s",
            m=town.members["UMOJA", whose],
            by=town.people[by],
            at=town.now - timedelta(days=age),
        )
    town.sql("UPDATE member SET state = 'left' WHERE id = %(m)s", m=town.members["UMOJA", "Faraji"])
    return town


def receipt_of(town: Town, who: str, kind: str) -> str:
    """The newest entry of a kind on somebody's account; the `test` one is of two, which no command posts, recorded by the chair."""
    if kind == "test":
        town.sql(
            "SELECT post_entry(%(g)s, 'two', 'test', %(by)s, '2026-03-02', now(), array_agg(id ORDER BY id), ARRAY[300, -100, -200])"
            " FROM account WHERE book_id = %(g)s AND code IN ('cash', 'savings:1', 'savings:4')",
            g=town.groups["UMOJA"],
            by=town.people["Chausiku"],
        )
    own = "SELECT max(p.entry_id) FROM posting p JOIN account a ON a.id = p.account_id JOIN entry e ON e.id = p.entry_id"
    ((entry,),) = town.sql(own + " WHERE a.member_id = %(m)s AND e.kind = %(k)s", m=town.members["UMOJA", who], k=kind)
    return receipt_code(entry)


ROLES: Final = {
    "as they are": {},
    "two treasurers": {"Daudi": "{treasurer}"},
    "no treasurer": {"Baraka": "{}"},
    "the chair is the treasurer too": {"Baraka": "{}", "Chausiku": "{chair,treasurer}"},
    "the treasurer has left": {"Baraka": None},
    "a key holder beside leaders": {"Daudi": "{key_holder}"},
    "key holders stand in": {"Amina": "{key_holder}", "Chausiku": "{}", "Daudi": "{key_holder}"},
    "nobody but who recorded it": {"Chausiku": "{}", "Daudi": "{}"},
    "nobody but who disputes it": {"Amina": "{key_holder}", "Baraka": "{}", "Chausiku": "{}"},
}


@pytest.mark.parametrize("case", ROLES)
def test_what_an_inbox_shows_is_what_its_owner_may_decide(waiting: Town, case: str) -> None:
    for name, roles in ROLES[case].items():
        change = "state = 'left'" if roles is None else f"roles = '{roles}'"
        waiting.sql(f"UPDATE member SET {change} WHERE id = %(m)s", m=waiting.members["UMOJA", name])  # noqa: S608 our own words
    for who in OFFICIALS:
        shown = shown_to(waiting, who) if ROLES[case].get(who, "") is not None else []
        assert len(shown) == len(set(shown)), who
        assert set(shown) == decidable_by(waiting, who), (case, who)
        assert all(KINDS[kind] <= KINDS[after] for (kind, _), (after, _) in pairwise(shown)), shown


def test_a_payout_that_the_box_cannot_pay_comes_after_those_it_can(waiting: Town) -> None:
    (big,) = waiting.sql("UPDATE loan SET principal_minor = 99999999 WHERE state = 'approved' AND number < 90 RETURNING id")[0]
    payouts = [id_ for kind, id_ in shown_to(waiting, "Baraka") if kind == "payout"]
    assert payouts == [big]
    waiting.sql("UPDATE member SET roles = '{treasurer}' WHERE id = %(m)s", m=waiting.members["UMOJA", "Daudi"])
    payouts = [id_ for kind, id_ in shown_to(waiting, "Daudi") if kind == "payout"]
    assert payouts[-1] == big
    assert len(payouts) == 2
