"""What must be so after a bad day: every acknowledged command done once, nothing done twice, the books right, every receipt there."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString
from urllib.parse import quote

import psycopg

from bench.phones import Intent, Saving
from core.db import make_engine, transaction
from core.ids import CommandId
from core.ledger.receipts import receipt_code
from core.ledger.verify import first_broken
from core.verify import CHECKS

_KINDS: Final = {"save": "saving.declare", "confirm": "cash.decide"}
_DONE: Final = "SELECT id FROM command_record WHERE id = ANY(%s) AND kind = %s AND outcome = 'done'"
# By what only one session declares: the group's number as the benchmarks count, the member's, the amount.
_DECLARED: Final = """
SELECT substr(g.code, 2)::int, m.number, d.amount_minor, count(*)
FROM declaration d JOIN savings_group g ON g.id = d.group_id JOIN member m ON m.group_id = d.group_id AND m.id = d.member_id
WHERE d.purpose = 'saving' GROUP BY 1, 2, 3
"""
_POSTED: Final = "SELECT command_id, count(*) FROM entry WHERE command_id = ANY(%s) GROUP BY command_id"
_UNDECLARED: Final = """
SELECT count(*) FROM entry e WHERE e.kind = 'saving.deposit' AND e.command_id IS NOT NULL
AND NOT EXISTS (SELECT FROM declaration d WHERE d.group_id = e.book_id AND d.entry_id = e.id)
"""
# What may wait for the morning does so at night, and whether all is well must not depend on the hour.
_SLEEPS: Final = "state = 'ready' AND attempts = 0 AND next_at > now() + interval '10 minutes'"
_WAITING: Final = f"SELECT count(*) FROM outbox WHERE state = 'ready' AND NOT ({_SLEEPS})"  # noqa: S608 our own words
_OUTBOX: Final = f"SELECT CASE WHEN {_SLEEPS} THEN 'for the morning' ELSE state END, count(*) FROM outbox GROUP BY 1"  # noqa: S608
_ADDRESSED: Final = f"SELECT address, count(*) FROM outbox WHERE NOT ({_SLEEPS}) GROUP BY address"  # noqa: S608
# Each confirmed deposit, and the phone that is owed its receipt.
_RECEIPTS: Final = """
SELECT e.id, o.address FROM entry e JOIN outbox o ON o.group_id = e.book_id AND o.event_key = e.command_id || ':saving.received'
"""
_WITHOUT: Final = """
SELECT count(*) FROM entry e WHERE e.command_id = ANY(%s)
AND NOT EXISTS (SELECT FROM outbox o WHERE o.group_id = e.book_id AND o.event_key = e.command_id || ':saving.received')
"""


@dataclass(slots=True)
class Audit:
    """What was found: faults, which must be none, and figures."""

    faults: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    def expect(self, holds: bool, fault: str) -> None:  # noqa: FBT001 it reads as a sentence
        """Note a fault if something does not hold."""
        if not holds:
            self.faults.append(fault)


def waiting(url: str) -> int | None:
    """How many messages are still to be sent now; None while the database is away."""
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            return _count(connection, _WAITING)
    except psycopg.OperationalError:
        return None


def audit(url: str, sandbox: str, intents: Sequence[Intent], *, crashes: int) -> Audit:
    """Check everything."""
    found = Audit()
    with psycopg.connect(url) as connection:
        commands(found, connection, intents)
        _messages(found, connection, sandbox, crashes=crashes)
    engine = make_engine(url, pool_size=1)
    for check in CHECKS:
        with transaction(engine) as session:
            broken = first_broken(session, check)
        found.expect(broken is None, f"verify: {check.name}: {broken and broken.sentence}")
    engine.dispose()
    found.figures["checks of verify"] = len(CHECKS)
    return found


def commands(found: Audit, connection: psycopg.Connection, intents: Sequence[Intent]) -> None:
    """Check that what was acknowledged was done, that nothing was done twice, and that nothing was done by itself."""
    for what, effects in (("save", _declarations), ("confirm", _entries)):
        asked = [intent for intent in intents if intent.what == what]
        done = _done(connection, asked)
        made = effects(found, connection, asked)
        acked = [intent for intent in asked if intent.acked]
        lost = [intent for intent in acked if not done[intent] or not made[intent]]
        doubled = [intent for intent in asked if done[intent] > 1 or made[intent] > 1]
        apart = [intent for intent in asked if bool(done[intent]) != bool(made[intent])]
        found.expect(bool(acked), f"no {what} was acknowledged")
        found.expect(not lost, f"{len(lost)} acknowledged {what}s are lost, such as {lost[:1]}")
        found.expect(not doubled, f"{len(doubled)} {what}s were done twice, such as {doubled[:1]}")
        found.expect(not apart, f"{len(apart)} {what}s were recorded without effect, or had one without a record, such as {apart[:1]}")
        found.figures |= {
            f"{what}s acknowledged": len(acked),
            f"{what}s in doubt, done": sum(not intent.acked and made[intent] > 0 for intent in asked),
            f"{what}s in doubt, not done": sum(not intent.acked and made[intent] == 0 for intent in asked),
        }
    without = _count(connection, _WITHOUT, _ids(intent for intent in intents if intent.what == "confirm"))
    found.expect(without == 0, f"{without} postings have no receipt")
    undeclared = _count(connection, _UNDECLARED)
    found.expect(undeclared == 0, f"{undeclared} deposits were posted that nobody declared, or twice")


def _ids(intents: Iterable[Intent]) -> list[CommandId]:
    return [command_id for intent in intents for command_id in intent.command_ids]


def _count(connection: psycopg.Connection, statement: LiteralString, *parameters: object) -> int:
    row = connection.execute(statement, parameters).fetchone()
    assert row is not None
    return int(row[0])


def _done(connection: psycopg.Connection, asked: Sequence[Intent]) -> dict[Intent, int]:
    """How many of the commands that an intent may have become are recorded as done."""
    if not asked:
        return {}
    rows = connection.execute(_DONE, (_ids(asked), _KINDS[asked[0].what])).fetchall()
    done = Counter(row[0] for row in rows)
    return {intent: sum(done[command_id] for command_id in intent.command_ids) for intent in asked}


def _declarations(found: Audit, connection: psycopg.Connection, asked: Sequence[Intent]) -> dict[Intent, int]:
    """How many declarations each session made."""
    declared = {Saving(*row[:3]): int(row[3]) for row in connection.execute(_DECLARED).fetchall()}
    unasked = declared.keys() - {intent.saving for intent in asked}
    found.expect(not unasked, f"{len(unasked)} savings were declared that nobody asked for")
    return {intent: declared.get(intent.saving, 0) if intent.saving else 0 for intent in asked}


def _entries(_found: Audit, connection: psycopg.Connection, asked: Sequence[Intent]) -> dict[Intent, int]:
    """How many entries each session posted."""
    posted: dict[Any, int] = dict(connection.execute(_POSTED, (_ids(asked),)).fetchall())
    return {intent: sum(posted.get(command_id, 0) for command_id in intent.command_ids) for intent in asked}


def _messages(found: Audit, connection: psycopg.Connection, sandbox: str, *, crashes: int) -> None:
    states: dict[str, int] = dict(connection.execute(_OUTBOX).fetchall())
    found.figures |= {f"messages {state}": count for state, count in states.items()}
    found.expect(set(states) <= {"sent", "for the morning"}, f"not every message was sent: {states}")
    inboxes: dict[str, list[str]] = {}
    extra = 0
    for address, wanted in connection.execute(_ADDRESSED).fetchall():
        inboxes[address] = texts = _inbox(sandbox, address)
        found.expect(len(texts) >= wanted, f"{address[-4:]} got {len(texts)} of {wanted} messages")
        extra += max(0, len(texts) - wanted)
    found.figures["messages twice"] = extra
    found.expect(extra <= crashes, f"{extra} messages came twice, after {crashes} crashes")
    for entry_id, address in connection.execute(_RECEIPTS).fetchall():
        code = receipt_code(entry_id)
        found.expect(any(code in text for text in inboxes.get(address, ())), f"receipt {code} never came")


def _inbox(sandbox: str, address: str) -> list[str]:
    with urllib.request.urlopen(f"{sandbox}/api/handsets/{quote(address)}/sms", timeout=10) as answer:  # noqa: S310 our own sandbox
        return [sms["text"] for sms in json.load(answer)]


def histogram(names: Sequence[str]) -> str:
    """Count names, as text."""
    return ", ".join(f"{name} {count}" for name, count in sorted(Counter(names).items()))
