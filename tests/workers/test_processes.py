"""Real processes, killed and cut off: everything arrives, and almost nothing twice."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from redis import Redis
from sqlalchemy import Engine

from channels.sandbox.faults import FaultSet, SmsFaults
from core.db import transaction
from core.db.engine import driver
from core.outbox.queries import backlog, database_time
from core.settings import Settings
from tests.gateways import Served, served_sandbox
from tests.notices import AMINA, BARAKA, Notice, hello
from workers.children import spawn
from workers.health import workers_alive
from workers.services.place import place_of
from workers.services.redis import RedisServer

ROOT = Path(__file__).parents[2]
# Short enough to be waited for, long enough that a worker of a busy machine is not taken for dead.
LEASE_SECONDS = 8.0
SOON_SECONDS = 20.0  # half a second in truth
STOP_SECONDS_MAX = 30.0
Put = Callable[..., list[int]]


class Processes:
    """Workers and clocks of one test; none of them outlives it."""

    def __init__(self, database_url: str, redis_url: str, gateway: Served, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._urls = (database_url, redis_url)
        self._log = log
        monkeypatch.setenv("AT_BASE_URL", gateway.url)
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, what: str) -> subprocess.Popen[bytes]:
        """Start a worker or a clock."""
        argv = (sys.executable, "-m", "tests.workers.process", what, *self._urls, str(LEASE_SECONDS))
        with self._log.open("ab") as log:
            self.running.append(spawn(argv, death_signal=signal.SIGKILL, output=log, cwd=ROOT))
        return self.running[-1]

    def said(self, words: str) -> list[str]:
        """The lines of all logs with these words."""
        return [line for line in self._log.read_text().splitlines() if words in line]

    def stop(self) -> None:
        """End what still runs."""
        for process in self.running:
            process.kill()
            process.wait()


@pytest.fixture
def gateway() -> Iterator[Served]:
    """Serve a sandbox."""
    with served_sandbox() as served:
        yield served


@pytest.fixture
def own_redis(home: Path) -> Iterator[RedisServer]:
    """Start a Redis that this test may stop and empty."""
    server = RedisServer(place_of(home))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def processes(
    settings: Settings, own_redis: RedisServer, gateway: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Processes]:
    """Start processes against the test's database, Redis and gateway."""
    made = Processes(settings.database_url, own_redis.url, gateway, tmp_path / "log", monkeypatch)
    yield made
    made.stop()


def until(condition: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait for something to be so; long, because the machine may be busy."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline
        sleep(0.02)


def ready(engine: Engine) -> int:
    """Count what is still to be sent."""
    with transaction(engine) as session:
        return backlog(session, at=database_time(session)).ready


def no_longer_wait_for_the_dead(engine: Engine) -> None:
    """Let every lease be over, as it will be after a while by itself."""
    with transaction(engine) as session:
        driver(session).execute("UPDATE outbox SET lease_until = now() WHERE lease_until > now()")


def many(count: int) -> list[Notice]:
    """Make notices that each read differently, in turn to two phones."""
    return [Notice(f"{n}", (AMINA, BARAKA)[n % 2], name=f"n{n}") for n in range(count)]


def copies(gateway: Served, notices: list[Notice]) -> Counter[str]:
    """Count how often each notice reached its phone; none may be missing, none may be somebody else's."""
    texts = Counter(text for phone in (AMINA, BARAKA) for text in gateway.received(phone))
    assert set(texts) == {hello("en", notice.name) for notice in notices}
    return texts


def test_a_message_arrives_soon_and_in_order(engine: Engine, gateway: Served, processes: Processes, put: Put) -> None:
    processes.start("worker")
    processes.start("clock")
    notices = many(40)
    put(*notices)
    until(lambda: ready(engine) == 0)
    began = monotonic()
    put(Notice("last", AMINA, name="last"))
    until(lambda: hello("en", "last") in gateway.received(AMINA))
    assert monotonic() - began < SOON_SECONDS
    assert gateway.received(AMINA) == [hello("en", notice.name) for notice in notices[::2]] + [hello("en", "last")]


def test_a_worker_killed_in_a_batch_loses_nothing_and_doubles_at_most_one(
    engine: Engine, gateway: Served, processes: Processes, put: Put
) -> None:
    gateway.sandbox.faults.replace(FaultSet(sms=SmsFaults(latency_ms=20)))
    notices = many(120)
    put(*notices)
    processes.start("clock")
    kills = 2
    for n in range(kills):
        worker = processes.start("worker")
        until(lambda n=n: len(gateway.received(AMINA)) >= 8 * (n + 1))  # type: ignore[misc]
        worker.kill()
        worker.wait()
        no_longer_wait_for_the_dead(engine)
    processes.start("worker")
    until(lambda: ready(engine) == 0)
    doubled = sum(copies(gateway, notices).values()) - len(notices)
    assert doubled <= kills
    with transaction(engine) as session:
        (lost,) = driver(session).execute("SELECT count(*) FROM attempt WHERE outcome = 'lost'").fetchone() or (None,)
    assert lost is not None
    assert lost <= kills


def test_redis_emptied_again_and_again(engine: Engine, gateway: Served, own_redis: RedisServer, processes: Processes, put: Put) -> None:
    processes.start("worker")
    processes.start("clock")
    notices = many(90)
    with Redis.from_url(own_redis.url) as redis:
        until(lambda: workers_alive(redis) == 1)
        for start in range(0, 90, 10):
            put(*notices[start : start + 10])
            redis.flushall()
            sleep(0.3)
        until(lambda: ready(engine) == 0)
    assert sum(copies(gateway, notices).values()) == len(notices)


def test_redis_stopped_and_started(engine: Engine, gateway: Served, own_redis: RedisServer, processes: Processes, put: Put) -> None:
    worker, clock = processes.start("worker"), processes.start("clock")
    notices = many(20)
    put(*notices[:10])
    until(lambda: ready(engine) == 0)
    own_redis.stop()
    put(*notices[10:])
    # Both notice: the relay, and the worker.
    until(lambda: len(processes.said("redis is away")) >= 2)
    sleep(1)
    assert ready(engine) == 10
    own_redis.start()
    until(lambda: ready(engine) == 0)
    assert sum(copies(gateway, notices).values()) == len(notices)
    assert worker.poll() is None
    assert clock.poll() is None
    # One line each when it went, and one when it came back; a busy machine may have lost sight of it once more.
    until(lambda: len(processes.said("redis is back")) == len(processes.said("redis is away")))
    assert len(processes.said("redis is away")) <= 4
    assert processes.said("Traceback") == []
    with Redis.from_url(own_redis.url) as redis:
        until(lambda: workers_alive(redis) == 1)


def test_told_to_stop_they_stop_and_leave_nothing_behind(engine: Engine, gateway: Served, processes: Processes, put: Put) -> None:
    gateway.sandbox.faults.replace(FaultSet(sms=SmsFaults(latency_ms=250)))  # so all of them would take a quarter of a minute
    worker, clock = processes.start("worker"), processes.start("clock")
    notices = many(60)
    put(*notices)
    until(lambda: len(gateway.received(AMINA)) >= 1)
    for process in (worker, clock):
        process.send_signal(signal.SIGTERM)
    assert [worker.wait(STOP_SECONDS_MAX), clock.wait(STOP_SECONDS_MAX)] == [0, 0]
    with transaction(engine) as session:
        found = backlog(session, at=database_time(session))
    assert found.leased == 0
    assert found.ready > 0
    gateway.sandbox.faults.replace(FaultSet())
    processes.start("worker")
    processes.start("clock")
    until(lambda: ready(engine) == 0)
    assert sum(copies(gateway, notices).values()) == len(notices)


@pytest.mark.parametrize("rest", [0.0, 1.0])
@pytest.mark.parametrize(("what", "word"), [("worker", "worker started"), ("clock", "leads")])
def test_an_idle_process_stops_at_once(processes: Processes, what: str, word: str, rest: float) -> None:
    process = processes.start(what)
    until(lambda: bool(processes.said(word)))
    # Whoever says that it has started can be told to stop, at that moment as at any other.
    sleep(rest)
    process.send_signal(signal.SIGTERM)
    assert process.wait(STOP_SECONDS_MAX) == 0


def test_a_worker_stops_while_redis_is_away(own_redis: RedisServer, processes: Processes) -> None:
    worker = processes.start("worker")
    until(lambda: bool(processes.said("worker started")))
    own_redis.stop()
    until(lambda: bool(processes.said("redis is away")))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(STOP_SECONDS_MAX) == 0
    assert processes.said("Traceback") == []
