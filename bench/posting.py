"""Bare posting: `post_entry` from Python against pgbench that calls the same function, on the same database, by turns.

    python -m bench.posting DATABASE_URL

Both have 16 connections and post to 200 books; pgbench (C, prepared statements) is what the database can do.
"""

import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Engine

from core.db import Work, make_engine, transaction
from core.ids import AccountId, new_id
from core.ledger.operations import open_account, open_book, post_entry
from core.settings import PROJECT
from workers.services.postgres import binaries

PROCESSES: Final = 2
THREADS: Final = 8
CLIENTS: Final = PROCESSES * THREADS
BOOKS: Final = 200
SAVERS: Final = 10
ROUNDS: Final = 3
SECONDS: Final = 4.0
WARM_SECONDS: Final = 0.5
_READY: Final = b"ready\n"
_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_DAY: Final = date(2026, 1, 1)
_SCRIPT: Final = r"""
\set book random(0, {books} - 1)
\set saver random(1, {savers})
\set amount random(1, 100000)
\set box {account} + :book * ({savers} + 1)
\set book {book} + :book
SELECT * FROM post_entry(:book, gen_random_uuid()::text, 'saving.deposit', NULL, '2026-01-01', '2026-01-01 00:00+00',
  ARRAY[:box::bigint, :box::bigint + :saver], ARRAY[:amount::bigint, -:amount::bigint], NULL, NULL, NULL);
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """The books to post to: numbered one after the other, and so are their accounts (the box first, then the savers)."""

    book: int
    account: int


def run(url: str, *, rounds: int = ROUNDS, seconds: float = SECONDS) -> dict[str, Any]:
    """Measure both, by turns; print a line for each, and give postings a second, the ratio, and Python's p50 and p99."""
    ground = _lay(url)
    pgbench: list[float] = []
    python: list[float] = []
    times: list[float] = []
    for _ in range(rounds):
        pgbench.append(_pgbench(url, ground, seconds))
        rate, took = _python(url, ground, seconds)
        python.append(rate)
        times += took
    ratio = statistics.median(python) / statistics.median(pgbench)
    percentiles = statistics.quantiles(times, n=100)
    for name, rates in (("pgbench", pgbench), ("post_entry from Python", python)):
        print(f"{name:<24} {statistics.median(rates):>8.0f}/s   ({', '.join(f'{rate:.0f}' for rate in rates)})")  # noqa: T201
    print(f"{'ratio':<24} {ratio:>8.2f}     p50 {percentiles[49] * 1e3:.1f} ms, p99 {percentiles[98] * 1e3:.1f} ms")  # noqa: T201
    return {
        "pgbench_per_second": statistics.median(pgbench),
        "python_per_second": statistics.median(python),
        "ratio": ratio,
        "p50_ms": percentiles[49] * 1e3,
        "p99_ms": percentiles[98] * 1e3,
    }


def _lay(url: str) -> Ground:
    engine = make_engine(url, pool_size=1)
    with transaction(engine) as session:
        name = new_id().hex
        books = [open_book(session, book_id=None, organisation_id=None, name=f"bench-{name}-{n}", currency="KES") for n in range(BOOKS)]
        accounts = [
            open_account(session, book_id=book, code=f"a:{n}", kind="liability" if n else "asset", floor_minor=0)
            for book in books
            for n in range(SAVERS + 1)
        ]
    engine.dispose()
    assert books[-1] - books[0] == BOOKS - 1, "books are opened by nobody else meanwhile"
    assert accounts[-1] - accounts[0] == BOOKS * (SAVERS + 1) - 1, "accounts are opened by nobody else meanwhile"
    return Ground(books[0], accounts[0])


def _pgbench(url: str, ground: Ground, seconds: float) -> float:
    parts = conninfo_to_dict(url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_SCRIPT.format(books=BOOKS, savers=SAVERS, book=ground.book, account=ground.account))
        script.flush()
        Path(script.name).chmod(0o644)
        options = ("-n", "-M", "prepared", "-c", str(CLIENTS), "-j", str(PROCESSES), "-T", str(round(seconds)), "-f", script.name)
        conninfo = make_conninfo("", **{**parts, "options": "-c role=pamoja_app"})
        done = subprocess.run((str(binaries() / "pgbench"), *options, conninfo), capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"pgbench failed: {done.stderr[-500:]}")
    return float(found[1])


def _python(url: str, ground: Ground, seconds: float) -> tuple[float, list[float]]:
    argv = (sys.executable, "-m", "bench.posting", url, str(ground.book), str(ground.account), str(seconds))
    children = [
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT)  # noqa: S603 ourselves
        for _ in range(PROCESSES)
    ]
    # None begins before all are warm: alone on the machine it would be quicker.
    for child in children:
        assert child.stdout is not None
        if child.stdout.readline() != _READY:
            raise RuntimeError("a process that posts does not get ready; it says why above")
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"go\n")
        child.stdin.flush()
    answers = [json.loads(child.communicate()[0]) for child in children]
    return sum(len(answer) for answer in answers) / seconds, [took for answer in answers for took in answer]


def _threads(url: str, ground: Ground, seconds: float) -> list[float]:
    """Post from as many threads as there are connections, once told to begin; give the time of each posting."""
    engine = make_engine(url, pool_size=THREADS, turns=True)  # as the public side does
    times: list[list[float]] = [[] for _ in range(THREADS)]
    together = threading.Barrier(THREADS + 1)
    threads = [threading.Thread(target=_post, args=(engine, ground, seconds, together, took)) for took in times]
    for thread in threads:
        thread.start()
    together.wait()
    sys.stdout.buffer.write(_READY)
    sys.stdout.flush()
    sys.stdin.readline()
    together.wait()
    for thread in threads:
        thread.join()
    engine.dispose()
    return [each for took in times for each in took]


def _post(engine: Engine, ground: Ground, seconds: float, together: threading.Barrier, times: list[float]) -> None:
    chance, run_id = random.Random(), new_id().hex  # noqa: S311 no secret
    try:
        _post_for(WARM_SECONDS, engine, ground, f"{run_id}-warm", chance)
        together.wait()  # all are warm
        together.wait()  # and so are those of the other process
        times += _post_for(seconds, engine, ground, run_id, chance)
    except BaseException:
        together.abort()
        raise


def _post_for(seconds: float, engine: Engine, ground: Ground, key: str, chance: random.Random) -> list[float]:
    times: list[float] = []
    until = time.perf_counter() + seconds
    for n in count():
        started = time.perf_counter()
        if started >= until:
            break
        _one(engine, ground, f"{key}-{n}", chance)
        times.append(time.perf_counter() - started)
    return times


def _one(engine: Engine, ground: Ground, key: str, chance: random.Random) -> None:
    book, saver, minor = chance.randrange(BOOKS), chance.randint(1, SAVERS), chance.randint(1, 100_000)
    box = ground.account + book * (SAVERS + 1)
    with Work(engine) as work:
        post_entry(
            work.session,
            book_id=ground.book + book,
            key=key,
            kind="saving.deposit",
            lines=[(AccountId(box), minor), (AccountId(box + saver), -minor)],
            effective_on=_DAY,
            at=_AT,
        )
        work.commit()


if __name__ == "__main__":
    if len(sys.argv) == 2:  # noqa: PLR2004 only the address
        run(sys.argv[1])
    else:
        json.dump(_threads(sys.argv[1], Ground(int(sys.argv[2]), int(sys.argv[3])), float(sys.argv[4])), sys.stdout)
