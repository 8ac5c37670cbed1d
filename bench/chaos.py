"""`make chaos`: the whole house under load while its parts are killed at random; afterwards nothing is lost, doubled or unbalanced.

python -m bench.chaos --seconds 60 --seed 7
python -m bench.chaos --messages --seconds 30     only what carries messages is harmed, and the gateway fails
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from admin_web.seeds.large import seed_large
from bench.audit import Audit, audit, histogram, waiting
from bench.lab import free_port
from bench.people import GROUP_SIZE
from bench.phones import GATEWAY_SECONDS, Phones
from bench.ready import answering, children_of
from core import clock
from core import settings as core_settings
from core.db.migrate import migrate
from core.settings import Settings
from workers.processes import command_of
from workers.services import Running, services
from workers.services.place import place_of
from workers.supervisor import Process, Supervisor, command, supervised

SECONDS: Final = 60.0
GROUPS: Final = 6
READY_SECONDS: Final = 120.0
RECEIPT_SECONDS: Final = 120.0
# After a kill of the web its phones may find nobody there for so long, on a busy machine.
WEB_AWAY_SECONDS: Final = 30.0
GRACE_SECONDS: Final = 30.0  # for the first turn to be completed
HEALED_SECONDS_MAX: Final = 60.0
CALM_SECONDS: Final = 3.0  # of everybody working as on a good day


@dataclass(slots=True)
class House:
    """The running house, and what was done to it."""

    settings: Settings
    running: Running
    supervisor: Supervisor
    processes: Mapping[str, Process]
    kills: list[tuple[float, str]] = field(default_factory=list)

    @property
    def sandbox(self) -> str:
        """Where the sandbox is."""
        return f"http://{self.settings.host}:{self.settings.sandbox_port}"

    def kill(self, name: str) -> bool:
        """Do one harm, if its victim is there."""
        done = KILLS[name](self)
        if done:
            self.kills.append((time.monotonic(), name))
        return done

    def may_be_lost(self, began_at: float) -> bool:
        """Whether a request that began then may have met a web process that was killed: in its hands, or nobody there."""
        return any(
            name.startswith("web") and killed - GATEWAY_SECONDS - 1 <= began_at < killed + WEB_AWAY_SECONDS for killed, name in self.kills
        )

    def is_whole(self) -> bool:
        """Whether each process is there again, all workers of the web too."""
        web = self.processes["web"].child
        return _ready(self) and web is not None and len(answering(web.pid, self.settings.web_port)) >= self.settings.web_workers


def _signal(pid: int | None, signum: int = signal.SIGKILL) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return False
    return True


def _child_of(pid: int | None, words: str = "") -> int | None:
    """One of the children of a process, by chance."""
    children = [child for child in children_of(pid) if words in command_of(child)] if pid else []
    return random.choice(children) if children else None  # noqa: S311 no secret


def _process(name: str) -> Callable[[House], bool]:
    def kill(house: House) -> bool:
        child = house.processes[name].child
        return _signal(child.pid if child else None)

    return kill


def _web_worker(house: House) -> bool:
    child = house.processes["web"].child
    return _signal(_child_of(child.pid if child else None))


def _postgres(house: House) -> bool:
    assert house.running.postgres is not None
    return _signal(house.running.postgres.pid)


def _postgres_backend(house: House) -> bool:
    assert house.running.postgres is not None
    return _signal(_child_of(house.running.postgres.pid, " pamoja pamoja "))


def _postgres_at_once(house: House) -> bool:
    assert house.running.postgres is not None
    return _signal(house.running.postgres.pid, signal.SIGQUIT)


def _redis(house: House) -> bool:
    assert house.running.redis is not None
    return _signal(house.running.redis.pid)


def _redis_emptied(house: House) -> bool:
    try:
        with Redis.from_url(house.running.redis_url, socket_timeout=2) as redis:
            redis.flushall()
    except RedisError:
        return False
    return True


KILLS: Final[Mapping[str, Callable[[House], bool]]] = {
    "web": _process("web"),
    "web worker": _web_worker,
    "worker": _process("worker"),
    "clock": _process("clock"),
    "postgres": _postgres,
    "postgres backend": _postgres_backend,
    "postgres at once": _postgres_at_once,
    "redis": _redis,
    "redis emptied": _redis_emptied,
}


@contextmanager
def house() -> Iterator[House]:
    """Start everything in a home of its own, with a sandbox for a gateway, and remove it afterwards."""
    home = Path(tempfile.mkdtemp(prefix="pamoja-chaos-"))
    ports = {f"PAMOJA_{name}_PORT": str(free_port()) for name in ("WEB", "SANDBOX", "DESK")}
    own = {"PAMOJA_ENV_FILE": os.devnull, "PAMOJA_HOME": str(home), "PAMOJA_DEMO": "1", "PAMOJA_LOG_LEVEL": "error", **ports}
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("PAMOJA_", "AT_")) or name in {"DATABASE_URL", "REDIS_URL", "PORT"}]:
        del os.environ[name]
    os.environ |= own
    try:
        given = core_settings.load()
        with services(given) as running:
            migrate(running.database_url)
            pepper, at = given.pepper, clock.now()
            seed_large(running.database_url, members=GROUPS * GROUP_SIZE, groups_of=GROUP_SIZE, pepper=pepper, at=at)
            processes = {name: command(name) for name in ("sandbox", "web", "worker", "clock")}
            supervisor = Supervisor(list(processes.values()), running=running, env={})
            with supervised(supervisor):
                made = House(given, running, supervisor, processes)
                if not supervisor.until(lambda: _ready(made), seconds=READY_SECONDS):
                    raise RuntimeError("the house does not get ready")
                yield made
    finally:
        os.environ.clear()
        os.environ |= before
        place_of(home).remove()


def _ready(made: House) -> bool:
    doors = (f"{made.sandbox}/healthz", f"http://{made.settings.host}:{made.settings.web_port}/readyz")
    try:
        for door in doors:
            urllib.request.urlopen(door, timeout=2).close()  # noqa: S310 our own
    except (urllib.error.URLError, OSError):
        return False
    return True


def run(*, seconds: float, seed: int, every: float | None = None) -> bool:
    """Make a bad day, and say whether all went well."""
    chance = random.Random(seed)  # noqa: S311 no secret
    with house() as made:
        phones = Phones(made.settings, groups=GROUPS, intents=made.settings.home / "intents.jsonl")
        phones.start()
        whole = _torment(made, chance, seconds=seconds, every=every)
        healed_at = time.monotonic()
        phones.stop()
        drained = made.supervisor.until(lambda: _ready(made) and waiting(made.running.database_url) == 0, seconds=RECEIPT_SECONDS)
        took = time.monotonic() - healed_at
        found = audit(made.running.database_url, made.sandbox, phones.seen.intents, crashes=len(made.kills))
        found.expect(whole, f"after {HEALED_SECONDS_MAX:.0f} s not every process was there again")
        found.expect(drained, f"messages still wait after {RECEIPT_SECONDS:.0f} s")
        found.expect(not phones.seen.invalid, f"{len(phones.seen.invalid)} answers were no CON or END: {phones.seen.invalid[:3]}")
        astray = [at for at in phones.seen.broken if not made.may_be_lost(at)]
        found.expect(not astray, f"{len(astray)} requests were not answered while no web process was killed")
        _say(made, phones, found, took)
        return not found.faults


def _torment(made: House, chance: random.Random, *, seconds: float, every: float | None) -> bool:
    """Kill each at least once, then any, while the supervisor heals; say whether in the end all were there again."""
    until = time.monotonic() + seconds
    turn = sorted(KILLS)
    chance.shuffle(turn)
    pause = every or seconds / (2 * len(KILLS))
    while time.monotonic() < until or (turn and time.monotonic() < until + GRACE_SECONDS):
        if made.supervisor.stopping.is_set():
            raise KeyboardInterrupt
        heal(made, chance.uniform(0.5, 1.5) * pause)
        if not made.kill(turn[-1] if turn else chance.choice(sorted(KILLS))):
            turn[:0] = turn[-1:]  # its victim was dead already: later
        del turn[-1:]
    # The server starts its own workers again after 3.5 s.
    whole = made.supervisor.until(made.is_whole, seconds=HEALED_SECONDS_MAX)
    heal(made, CALM_SECONDS)
    return whole


def heal(made: House, seconds: float) -> None:
    """Let the supervisor do its work for so long."""
    done_at = time.monotonic() + seconds
    made.supervisor.until(lambda: time.monotonic() >= done_at, seconds=seconds + 30)


def _say(made: House, phones: Phones, found: Audit, took: float) -> None:
    lines = {
        "killed": histogram([name for _, name in made.kills]),
        "answers": ", ".join(f"{name} {count}" for name, count in sorted(phones.seen.answers.items())),
        "slowest answer": f"{phones.seen.slowest:.1f} s",
        "all messages sent": f"{took:.1f} s after the last harm was healed",
        **{name: str(figure) for name, figure in found.figures.items()},
    }
    print("\n".join(f"{name:<26} {line}" for name, line in lines.items()))  # noqa: T201 the report
    print("\n".join(("FAULTS", *(f"  {fault}" for fault in found.faults[:20])) if found.faults else ("No faults.",)))  # noqa: T201


def main() -> None:
    """Make a bad day; exit 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long things are killed")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="the same seed, the same order of kills")  # noqa: S311 no secret
    parser.add_argument("--messages", action="store_true", help="harm only what carries messages")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)  # noqa: T201
    if given.messages:
        from bench import outage  # noqa: PLC0415 it uses the house of this file

        sys.exit(0 if outage.run(seconds=given.seconds, seed=given.seed) else 1)
    sys.exit(0 if run(seconds=given.seconds, seed=given.seed) else 1)


if __name__ == "__main__":
    main()
