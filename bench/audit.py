"""What must be so after a bad day: every acknowledged command done once, nothing done twice, the books right, every receipt there."""

import json
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import psycopg

from bench.phones import Intent
from core.db import make_engine, transaction
from core.ledger.receipts import receipt_code
from core.ledger.verify import first_broken
from core.verify import CHECKS

_DONE: Final = "SELECT id, count(*) FROM command_record WHERE id = ANY(%s) AND outcome = 'done' GROUP BY id"
_POSTED: Final = "SELECT command_id, count(*) FROM entry WHERE command_id = ANY(%s) GROUP BY command_id"
_OUTBOX: Final = "SELECT state, count(*) FROM outbox GROUP BY state"
_ADDRESSED: Final = "SELECT address, count(*) FROM outbox GROUP BY address"
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
    """How many messages are still to be sent; None while the database is away."""
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            row = connection.execute("SELECT count(*) FROM outbox WHERE state = 'ready'").fetchone()
    except psycopg.OperationalError:
        return None
    assert row is not None
    return int(row[0])


def audit(url: str, sandbox: str, intents: Sequence[Intent], *, crashes: int) -> Audit:
    """Check everything."""
    found = Audit()
    with psycopg.connect(url) as connection:
        _commands(found, connection, intents)
        _messages(found, connection, sandbox, crashes=crashes)
    engine = make_engine(url, pool_size=1)
    for check in CHECKS:
        with transaction(engine) as session:
            broken = first_broken(session, check)
        found.expect(broken is None, f"verify: {check.name}: {broken and broken.sentence}")
    engine.dispose()
    found.figures["checks of verify"] = len(CHECKS)
    return found


def _commands(found: Audit, connection: psycopg.Connection, intents: Sequence[Intent]) -> None:
    for what, statement in (("save", _DONE), ("confirm", _POSTED)):
        asked = [intent for intent in intents if intent.what == what]
        done: dict[Any, int] = dict(connection.execute(statement, ([intent.command_id for intent in asked],)).fetchall())
        lost = [intent for intent in asked if intent.acked and intent.command_id not in done]
        doubled = [command_id for command_id, times in done.items() if times > 1]
        found.expect(not lost, f"{len(lost)} acknowledged {what}s are lost, such as {lost[:1]}")
        found.expect(not doubled, f"{len(doubled)} {what}s were done twice")
        found.figures |= {
            f"{what}s acknowledged": sum(intent.acked for intent in asked),
            f"{what}s in doubt, done": sum(not intent.acked and intent.command_id in done for intent in asked),
            f"{what}s in doubt, not done": sum(not intent.acked and intent.command_id not in done for intent in asked),
        }
    confirmed = [intent.command_id for intent in intents if intent.what == "confirm"]
    (without,) = connection.execute(_WITHOUT, (confirmed,)).fetchone() or (0,)
    found.expect(without == 0, f"{without} postings have no receipt")


def _messages(found: Audit, connection: psycopg.Connection, sandbox: str, *, crashes: int) -> None:
    states: dict[str, int] = dict(connection.execute(_OUTBOX).fetchall())
    found.figures |= {f"messages {state}": count for state, count in states.items()}
    found.expect(set(states) <= {"sent"}, f"not every message was sent: {states}")
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
