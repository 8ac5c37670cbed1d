"""The laboratory: servers of its own for one run, every peer under the same conditions, and load against each of them."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

from bench.load import Order, Tally
from bench.ready import wait_for_all
from core import settings as core_settings
from core.db.migrate import migrate
from core.settings import PROJECT, Settings
from workers.children import spawn, stop
from workers.services import Running, services
from workers.services.place import place_of

WORKERS: Final = 2
CLIENTS: Final = 16
READY_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Lab:
    """A database and a Redis of our own, and where the logs are."""

    settings: Settings
    running: Running
    stack: ExitStack
    home: Path

    @property
    def sockets(self) -> str:
        """The folder of the database's socket."""
        return str(place_of(self.home).sockets)


@contextmanager
def lab() -> Iterator[Lab]:
    """Start PostgreSQL and Redis with the settings of the house, migrate, and remove everything afterwards."""
    for name in [name for name in os.environ if name.startswith(("PAMOJA_", "AT_")) or name in {"DATABASE_URL", "REDIS_URL", "PORT"}]:
        del os.environ[name]
    home = Path(tempfile.mkdtemp(prefix="pamoja-bench-"))
    os.environ |= {
        "PAMOJA_ENV_FILE": os.devnull,
        "PAMOJA_HOME": str(home),
        "PAMOJA_DEMO": "1",
        "PAMOJA_LOG_LEVEL": "warning",
        "PAMOJA_WEB_WORKERS": str(WORKERS),
    }
    with ExitStack() as stack:
        stack.callback(place_of(home).remove)
        given = core_settings.load()
        running = stack.enter_context(services(given))
        migrate(running.database_url)
        yield Lab(given, running, stack, home)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Server:
    """A server under measurement."""

    port: int
    path: str
    child: subprocess.Popen[bytes]


def serve(lab: Lab, name: str, argv: Sequence[str], *, port: int, path: str, env: Mapping[str, str], cwd: Path = PROJECT) -> Server:
    """Start a server and wait until each of its workers answers: a benchmark of one of two would flatter nobody, or everybody."""
    log: IO[bytes] = lab.stack.enter_context((lab.home / f"{name}.log").open("ab"))
    child = spawn(argv, output=log, env={**os.environ, **env}, cwd=cwd)
    lab.stack.callback(stop, child, (15, 5.0))
    if wait_for_all(child.pid, port, count=WORKERS, seconds=READY_SECONDS, alive=lambda: child.poll() is None):
        return Server(port, path, child)
    raise RuntimeError(f"{name} does not start: {(lab.home / f'{name}.log').read_text()[-2000:]}")


def serve_ours(lab: Lab) -> Server:
    """Serve the public side, as `pamoja web` does."""
    port = free_port()
    env = {"DATABASE_URL": lab.running.database_url, "REDIS_URL": lab.running.redis_url, "PAMOJA_WEB_PORT": str(port)}
    return serve(lab, "web", (sys.executable, "-m", "admin_web", "web"), port=port, path="/at/demo/ussd", env=env)


def serve_floor(lab: Lab) -> Server:
    """Serve the floor, by the same server with the same settings."""
    port = free_port()
    return serve(lab, "floor", (sys.executable, "-m", "bench.floor", str(port)), port=port, path="/ussd", env={})


def load(order: Order) -> Tally:
    """Play an order, in a process of its own."""
    done = subprocess.run(
        (sys.executable, "-m", "bench.load"), input=json.dumps(asdict(order)).encode(), stdout=subprocess.PIPE, check=True, cwd=PROJECT
    )
    return Tally(**json.loads(done.stdout))
