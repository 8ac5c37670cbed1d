"""A bad day for messages: the gateway fails, Redis forgets, workers die in the middle of a batch; afterwards each message has its end.

python -m bench.chaos --messages --seconds 30 --seed 7
"""

import json
import random
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import psycopg

from bench.chaos import GROUPS, House, heal, house
from bench.people import GROUP_SIZE, phone

HEALTHY_SECONDS: Final = 10.0
TICK_SECONDS: Final = 0.5
EACH_TICK: Final = 10
GATEWAY_FAILS: Final = 0.3
FLUSH_SECONDS: Final = 5.0
KILL_SECONDS: Final = 6.0
DRAINED_SECONDS_MAX: Final = 60.0
HEALTHY_P95_SECONDS_MAX: Final = 5.0
_PUT: Final = """
INSERT INTO outbox (group_id, address, language, template, facts, event_key, created_at)
SELECT (SELECT min(id) FROM savings_group), a.address, 'en', 'sms.reply', jsonb_build_object('text', a.text), a.text, clock_timestamp()
FROM unnest(%s::text[], %s::text[]) AS a (address, text)
"""
_OURS: Final = "event_key LIKE 'outage %%'"
_OPEN: Final = f"SELECT count(*) FROM outbox WHERE state = 'ready' AND {_OURS}"  # noqa: S608 our own words
_ALL: Final = f"SELECT event_key, address, state, extract(epoch FROM sent_at - created_at)::float FROM outbox WHERE {_OURS}"  # noqa: S608
_MESSAGES_ASKED: Final = 100


@dataclass(slots=True)
class Put:
    """What was put, and when it stopped being a good day."""

    count: int = 0
    healthy: int = 0
    faults: list[str] = field(default_factory=list)


def run(*, seconds: float, seed: int) -> bool:
    """Make the day, and say whether every message has its end."""
    chance, put = random.Random(seed), Put()  # noqa: S311 no secret
    with house() as made:
        _write(made, put, chance, seconds=HEALTHY_SECONDS, bad=False)
        made.supervisor.until(lambda: _open(made) == 0, seconds=DRAINED_SECONDS_MAX)
        put.healthy = put.count
        _gateway(made, {"sms": {"status": 503, "share": GATEWAY_FAILS}})
        _write(made, put, chance, seconds=seconds, bad=True)
        _gateway(made, {})
        began = time.monotonic()
        drained = made.supervisor.until(lambda: _open(made) == 0, seconds=DRAINED_SECONDS_MAX)
        took = time.monotonic() - began
        figures = _audit(made, put)
        if not drained:
            put.faults.append(f"{_open(made)} messages still wait {DRAINED_SECONDS_MAX:.0f} s after the gateway was well again")
        _say(made, figures | {"all at their end": f"{took:.1f} s after the gateway was well again"}, put.faults)
    return not put.faults


def _write(made: House, put: Put, chance: random.Random, *, seconds: float, bad: bool) -> None:
    """Put messages at an even rate; on a bad day harm what carries them meanwhile."""
    began = time.monotonic()
    flush_at, kill_at = began + FLUSH_SECONDS, began + KILL_SECONDS / 2
    while (now := time.monotonic()) < began + seconds:
        texts = [f"outage {put.count + n}" for n in range(EACH_TICK)]
        phones = [phone(chance.randint(1, GROUPS * GROUP_SIZE)) for _ in texts]
        with psycopg.connect(made.running.database_url) as connection:
            connection.execute(_PUT, (phones, texts))
        put.count += len(texts)
        if bad and now >= flush_at:
            made.kill("redis emptied")
            flush_at += FLUSH_SECONDS
        if bad and now >= kill_at:
            made.kill("worker")
            kill_at += KILL_SECONDS * chance.uniform(0.7, 1.3)
        heal(made, TICK_SECONDS)


def _open(made: House) -> int:
    with psycopg.connect(made.running.database_url) as connection:
        row = connection.execute(_OPEN).fetchone()
    assert row is not None
    return int(row[0])


def _gateway(made: House, faults: object) -> None:
    body = json.dumps(faults).encode()
    request = urllib.request.Request(f"{made.sandbox}/api/faults", data=body, method="PUT")  # noqa: S310 our own
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 our own


def _received(made: House) -> Counter[str]:
    """Count each text over all inboxes."""
    phones, found = [phone(n) for n in range(1, GROUPS * GROUP_SIZE + 1)], Counter[str]()
    for start in range(0, len(phones), _MESSAGES_ASKED):
        asked = ",".join(each.removeprefix("+") for each in phones[start : start + _MESSAGES_ASKED])
        with urllib.request.urlopen(f"{made.sandbox}/api/inboxes?phones={asked}", timeout=30) as answer:  # noqa: S310 our own
            found.update(sms["text"] for inbox in json.load(answer)["inboxes"].values() for sms in inbox)
    return found


def _audit(made: House, put: Put) -> dict[str, str]:
    """Compare what was put, what the outbox says of it, and what the phones have."""
    with psycopg.connect(made.running.database_url) as connection:
        rows = connection.execute(_ALL).fetchall()
    received = _received(made)
    states = Counter(state for _, _, state, _ in rows)
    lost = [text for text, _, state, _ in rows if state == "sent" and not received[text]]
    twice = sum(received[text] - 1 for text, _, _, _ in rows if received[text] > 1)
    crashes = sum(name == "worker" for _, name in made.kills)
    took = sorted(age for text, _, _, age in rows if age is not None and int(text.split()[1]) < put.healthy)
    p95 = took[int(0.95 * (len(took) - 1))] if took else float("inf")
    checks = (
        (len(rows) == put.count, f"{put.count} were put, {len(rows)} are there"),
        (set(states) <= {"sent", "dead"}, f"not every message has its end: {dict(states)}"),
        (not lost, f"{len(lost)} messages count as sent and never came, such as {lost[:3]}"),
        (twice <= crashes, f"{twice} came twice, after {crashes} crashes"),
        (p95 < HEALTHY_P95_SECONDS_MAX, f"p95 of a good day is {p95:.1f} s"),
    )
    put.faults += [fault for holds, fault in checks if not holds]
    return {
        "messages": ", ".join(f"{state} {count}" for state, count in sorted(states.items())),
        "came twice": f"{twice}, after {crashes} workers killed",
        "p95 on the good day": f"{p95:.2f} s, of {len(took)}",
    }


def _say(made: House, figures: dict[str, str], faults: list[str]) -> None:
    harms = ", ".join(f"{name} {count}" for name, count in sorted(Counter(name for _, name in made.kills).items()))
    lines = {"harmed": harms, "gateway": f"{GATEWAY_FAILS:.0%} of its calls failed", **figures}
    print("\n".join(f"{name:<26} {line}" for name, line in lines.items()))  # noqa: T201 the report
    print("\n".join(("FAULTS", *(f"  {fault}" for fault in faults)) if faults else ("No faults.",)))  # noqa: T201
