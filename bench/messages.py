"""Messages under measurement: the outbox drained into the sandbox gateway, SMS that come in, and what a deposit's messages cost it."""

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import urlencode

import psycopg
from africastalking.SMS import SMSService
from sqlalchemy import Engine

from bench import people
from bench.lab import Lab, free_port
from bench.report import Report, Row, percentile
from channels.sms.sender import Sender
from channels.sms.sentence import standing_facts
from core import clock
from core.commands import DecideCash
from core.db import Work, make_engine
from core.execute import execute
from core.ids import CommandId, DeclarationId, GroupId, PersonId, new_id
from core.outbox import operations as outbox
from core.outbox.rules import BATCH_MAX
from core.savings import operations as savings
from core.settings import PROJECT
from workers.children import spawn, stop
from workers.delivery import Delivery

SENDERS: Final = 2
SDK_LEAST: Final = 0.5
CALLS_MOST: Final = 1 / 100  # of the gateway, for one message of many with the same text
DRAIN_SECONDS_MAX: Final = 900.0
COUNTED: Final = 1_000  # messages whose waits for the database are counted
TEXTS_PER_SECOND: Final = 200
TEXTERS: Final = 24
TEXT_P99_MS_MAX: Final = 100.0
TEXTS: Final = ("BAL", "SAVE 500", "STMT", "HELP", "GROUP", "LANG SW", "weka 700", "solde", "what is this")
DEPOSITS: Final = 400
ENQUEUE_MOST: Final = 1.15
_PUT: Final = """
INSERT INTO outbox (group_id, address, language, template, facts, event_key, created_at)
SELECT (SELECT min(id) FROM savings_group), '+2547' || 10000000 + n, 'en', 'sms.reply',
       jsonb_build_object('text', 'Umoja meets tomorrow at 14:00' || CASE WHEN %(single)s THEN ', ' || n ELSE '' END),
       'bench:' || %(run)s || ':' || n, now()
FROM generate_series(1, %(count)s) n
"""
_LEFT: Final = "SELECT count(*) FROM outbox WHERE event_key LIKE 'bench:' || %(run)s || ':%%' AND state <> 'sent'"
_IDS: Final = "SELECT array_agg(id ORDER BY id) FROM outbox WHERE event_key LIKE 'bench:' || %(run)s || ':%%'"
_DECLARED: Final = """
SELECT d.group_id, d.id, t.person_id FROM declaration d JOIN member t ON t.group_id = d.group_id AND t.number = 1
JOIN savings_group g ON g.id = d.group_id
WHERE d.state = 'declared' AND d.person_id <> t.person_id AND g.code = ANY(%s) ORDER BY random() LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Gateway:
    """The sandbox, which takes messages and tells nobody what became of them."""

    url: str

    def asked(self, path: str, *, method: str = "GET", body: object = None) -> Any:  # noqa: ANN401 JSON
        """Ask its API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data=data, method=method)  # noqa: S310 our own
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 our own
            return json.loads(answer.read() or b"null")


def run(lab: Lab, report: Report, *, web_port: int, quick: bool) -> None:
    """Measure all of it, and add the lines."""
    count = report.members // 10 if quick else report.members
    with _gateway(lab) as gateway:
        _drains(lab, report, gateway, count=count)
        _round_trips(lab, report, gateway)
    _inbound(lab, report, web_port=web_port, seconds=5.0 if quick else 20.0)
    _enqueue(lab, report)


@contextmanager
def _gateway(lab: Lab) -> Iterator[Gateway]:
    port = free_port()
    with _children(lab, "sandbox", port=port):
        gateway = Gateway(f"http://127.0.0.1:{port}")
        _wait(lambda: gateway.asked("/healthz"), seconds=30.0)
        gateway.asked("/api/faults", method="PUT", body={"sms": {"reports": False}})
        yield gateway


@contextmanager
def _children(lab: Lab, *names: str, port: int) -> Iterator[None]:
    """Run some of our own processes."""
    env = {"DATABASE_URL": lab.running.database_url, "REDIS_URL": lab.running.redis_url, "PAMOJA_SANDBOX_PORT": str(port)}
    with ExitStack() as stack:
        for n, name in enumerate(names):
            log = stack.enter_context((lab.home / f"messages-{name}-{n}.log").open("ab"))
            child = spawn((sys.executable, "-m", "admin_web", name), output=log, env={**os.environ, **env}, cwd=PROJECT)
            stack.callback(stop, child, (15, 10.0))
        yield


def _wait(done: Callable[[], object], *, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            if done():
                return
        except OSError:
            pass
        if time.monotonic() > until:
            raise RuntimeError("it takes too long")
        time.sleep(0.05)


# Out


def _drains(lab: Lab, report: Report, gateway: Gateway, *, count: int) -> None:
    """Drain texts of their own, and one text for all, beside a loop that only calls the SDK."""
    with psycopg.connect(lab.running.database_url) as connection:
        connection.execute("TRUNCATE outbox, attempt")  # what earlier parts left would be sent before
    bare = _bare(gateway, seconds=3.0)
    port = int(gateway.url.rpartition(":")[2])
    with _children(lab, *["worker"] * SENDERS, "clock", port=port):
        time.sleep(3.0)  # all are up
        single, _ = _drain(lab, gateway, count=count, single=True)
        same, calls = _drain(lab, gateway, count=count, single=False)
    report.compare(
        "(e) single texts drained", [single], "a loop of the SDK", [bare], least=SDK_LEAST, times=[], note=f"{count:,}; 2 workers"
    )
    met = calls <= CALLS_MOST
    report.add(
        Row("(e) one text for all drained", same, wanted="<= 0.01 calls each", met=met, note=f"{count:,}; {calls:.4f} calls a message")
    )


def _drain(lab: Lab, gateway: Gateway, *, count: int, single: bool) -> tuple[float, float]:
    """Put messages, and say how many a second went out, and how many calls of the gateway there were for each."""
    gateway.asked("/api/calls", method="DELETE")
    run_id = new_id().hex
    with psycopg.connect(lab.running.database_url, autocommit=True) as connection:
        began = time.monotonic()
        connection.execute(_PUT, {"run": run_id, "count": count, "single": single})

        def drained() -> bool:
            row = connection.execute(_LEFT, {"run": run_id}).fetchone()
            return row is not None and row[0] == 0

        _wait(drained, seconds=DRAIN_SECONDS_MAX)
    took = time.monotonic() - began
    return count / took, len(gateway.asked("/api/calls?gateway=sms")) / count


def _bare(gateway: Gateway, *, seconds: float) -> float:
    """Call the SDK from as many processes as there are workers, and do nothing else; messages a second."""
    argv = (sys.executable, "-m", "bench.messages", "bare", gateway.url, str(seconds))
    with ThreadPoolExecutor(SENDERS) as pool:
        return sum(float(said) for said in pool.map(lambda _: _said(argv), range(SENDERS)))


def _said(argv: tuple[str, ...]) -> str:
    return subprocess.run(argv, stdout=subprocess.PIPE, check=True, cwd=PROJECT, text=True).stdout  # noqa: S603 ourselves


def _call_sdk(url: str, seconds: float) -> float:
    sdk = SMSService("sandbox", "sandbox")
    sdk._baseUrl = f"{url}/version1"  # noqa: SLF001 the SDK has no other way to another address
    began, n = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        n += 1
        sdk.send(f"Umoja meets tomorrow at 14:00, {n}", [f"+2547{n:08}"])
    return n / (time.monotonic() - began)


def _round_trips(lab: Lab, report: Report, gateway: Gateway) -> None:
    """Count how often a delivery waits for the database, for each message."""
    engine = make_engine(lab.running.database_url, pool_size=1)
    sender = Sender(base_url=gateway.url, username=lab.settings.at_username, api_key=lab.settings.at_api_key)
    delivery = Delivery(engine, sender, standing=standing_facts(lab.settings))
    for single, name in ((True, "single texts"), (False, "one text for all")):
        waits = _waits(lab, delivery, single=single)
        report.add(
            Row(f"(e) waits for the database, {name}", 0.0, note=f"{waits / COUNTED:.2f} a message, {COUNTED:,} in batches of {BATCH_MAX}")
        )
    engine.dispose()


def _waits(lab: Lab, delivery: Delivery, *, single: bool) -> int:
    run_id = new_id().hex
    with psycopg.connect(lab.running.database_url, autocommit=True) as connection:
        connection.execute(_PUT, {"run": run_id, "count": COUNTED, "single": single})
        row = connection.execute(_IDS, {"run": run_id}).fetchone()
    assert row is not None
    waits, wait = 0, psycopg.Connection.wait

    def counted(self: Any, *arguments: Any, **more: Any) -> Any:  # noqa: ANN401 as the driver has it
        nonlocal waits
        waits += 1
        return wait(self, *arguments, **more)

    with patch.object(psycopg.Connection, "wait", counted):
        for start in range(0, COUNTED, BATCH_MAX):
            delivery.run(row[0][start : start + BATCH_MAX])
    return waits


# In


def _inbound(lab: Lab, report: Report, *, web_port: int, seconds: float) -> None:
    """Text the house at an even rate; it is answered when the reply is in the outbox."""
    argv = (sys.executable, "-m", "bench.messages", "text", str(web_port), str(TEXTS_PER_SECOND), str(seconds), str(report.members))
    found = json.loads(_said(argv))
    if found["wrong"]:
        raise RuntimeError(f"{len(found['wrong'])} texts were not taken, such as {found['wrong'][:3]}")
    with psycopg.connect(lab.running.database_url) as connection:
        row = connection.execute("SELECT count(*) FROM outbox WHERE template = 'sms.reply' AND event_key LIKE 'sms:bench-%'").fetchone()
    assert row is not None
    if row[0] != len(found["times"]):
        raise RuntimeError(f"{row[0]} replies to {len(found['times'])} texts")
    p99 = percentile(found["times"], 0.99)
    rate = len(found["times"]) / found["seconds"]
    p50 = percentile(found["times"], 0.5)
    report.add(Row("(f) SMS to reply queued", rate, wanted="< 100 ms", met=p99 < TEXT_P99_MS_MAX, p50_ms=p50, p99_ms=p99))


def _text(port: int, rate: float, seconds: float, members: int) -> dict[str, Any]:
    """Send texts at an even rate, each timed from when it was due: one that had to wait for another counts as slow."""
    times, wrong, numbers = [], [], iter(range(int(rate * seconds)))
    lock, run_id, began = threading.Lock(), new_id().hex, time.monotonic() + 0.5

    def texter(seed: int) -> None:
        chance, line = random.Random(seed), http.client.HTTPConnection("127.0.0.1", port, timeout=30)  # noqa: S311 no secret
        while True:
            with lock:
                n = next(numbers, None)
            if n is None:
                return
            due = began + n / rate
            time.sleep(max(0.0, due - time.monotonic()))
            sender = people.phone(1 + n * 7 % members)
            form = {"id": f"bench-{run_id}-{n}", "from": sender, "to": "38477", "text": chance.choice(TEXTS), "date": "2026-03-02 06:00:00"}
            line.request("POST", "/at/demo/sms", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
            answer = line.getresponse()
            answer.read()
            with lock:
                times.append(time.monotonic() - due)
                if answer.status != http.client.OK:
                    wrong.append(answer.status)

    threads = [threading.Thread(target=texter, args=(seed,)) for seed in range(TEXTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"times": times, "wrong": wrong, "seconds": time.monotonic() - began}


# What a deposit's messages cost it


def _receipts(lab: Lab) -> int:
    with psycopg.connect(lab.running.database_url) as connection:
        row = connection.execute("SELECT count(*) FROM outbox WHERE template = 'saving.received'").fetchone()
    assert row is not None
    return int(row[0])


def _enqueue(lab: Lab, report: Report) -> None:
    """Confirm deposits by turns with their two messages and without, in this process, and compare the medians."""
    groups = range(41, 81)
    people.declare(lab.running.database_url, groups=groups, each=2 * DEPOSITS // len(groups) + 2)
    codes = [f"L{group:07d}" for group in groups]
    with psycopg.connect(lab.running.database_url) as connection:
        rows = connection.execute(_DECLARED, (codes, 2 * DEPOSITS)).fetchall()
    before = _receipts(lab)
    engine = make_engine(lab.running.database_url, pool_size=1, turns=True)
    times: dict[bool, list[float]] = {True: [], False: []}
    for n, (group, declaration, treasurer) in enumerate(rows):
        told = bool(n % 2)
        put = outbox.put if told else _tell_nobody
        with patch.object(savings, "put", put):
            times[told].append(_confirm(engine, group, declaration, treasurer, at=clock.now()))
    engine.dispose()
    if (put_now := _receipts(lab) - before) != len(times[True]):
        raise RuntimeError(f"{put_now} receipts of {len(times[True])} deposits that have one")
    with_rows, without = (statistics.median(times[told][20:]) for told in (True, False))
    ratio = with_rows / without
    report.add(
        Row(
            "(g) deposit with its messages",
            1 / with_rows,
            "without",
            1 / without,
            ratio,
            "<= 1.15 of the time",
            ratio <= ENQUEUE_MOST,
            with_rows * 1e3,
            percentile(times[True], 0.99),
            "the command alone, no menus",
        )
    )


def _tell_nobody(*_: object) -> None:
    """What a deposit would do without an outbox."""


def _confirm(engine: Engine, group: int, declaration: int, treasurer: int, *, at: datetime) -> float:
    began = time.perf_counter()
    command = DecideCash(
        id=CommandId(new_id()),
        at=at,
        channel="ussd",
        group_id=GroupId(group),
        actor_id=PersonId(treasurer),
        declaration_id=DeclarationId(declaration),
        agree=True,
        pin_given=True,
    )
    with Work(engine) as work:
        work.begin()
        execute(work.session, command)
        work.commit()
    return time.perf_counter() - began


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "bare":
        print(_call_sdk(rest[0], float(rest[1])))  # noqa: T201 the answer
    else:
        json.dump(_text(int(rest[0]), float(rest[1]), float(rest[2]), int(rest[3])), sys.stdout)
