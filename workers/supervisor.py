"""The supervisor: keeps the processes of the house running, and takes them all with it when it goes."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import IO, Final

from core.settings import PROJECT, Settings
from workers.children import spawn
from workers.services import Running

TICK_SECONDS: Final = 0.1
SERVICES_SECONDS: Final = 0.5
BACKOFF_SECONDS_FIRST: Final = 0.2
BACKOFF_SECONDS_MAX: Final = 5.0
STEADY_SECONDS: Final = 5.0  # who ran that long is not in a loop of crashes
STOP_SECONDS_MAX: Final = 12.0
NAME_CHARS: Final = 7

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Process:
    """One process to keep running: its name, and what to run."""

    name: str
    argv: Sequence[str]
    child: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0  # it waits until then to be started again
    backoff: float = field(default=BACKOFF_SECONDS_FIRST)


def command(name: str) -> Process:
    """Make the process of one of our own commands."""
    return Process(name, (sys.executable, "-m", "admin_web", name))


def told(settings: Settings) -> dict[str, str]:
    """Give what each child must read as its parent did, even where a demo left word of other things in the home."""
    ports = {"WEB": settings.web_port, "DESK": settings.desk_port, "SANDBOX": settings.sandbox_port}
    return {"PAMOJA_DEMO": str(int(settings.demo)), **{f"PAMOJA_{name}_PORT": str(port) for name, port in ports.items()}}


class Supervisor:
    """Starts processes, starts again those that die, and stops all of them."""

    def __init__(self, processes: Sequence[Process], *, running: Running, env: Mapping[str, str], prefixed: bool = False) -> None:
        self._processes = list(processes)
        self._running = running
        path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
        self._env = {
            **os.environ,
            **env,
            "DATABASE_URL": running.database_url,
            "REDIS_URL": running.redis_url,
            "PYTHONPATH": path,
            "PYTHONUNBUFFERED": "1",
        }
        self._prefixed = prefixed
        self._services_at = 0.0
        self.stopping = threading.Event()

    def start(self) -> None:
        """Start all of them."""
        for process in self._processes:
            self._start(process)

    def add(self, processes: Sequence[Process]) -> None:
        """Start some more, and watch over them too."""
        for process in processes:
            self._processes.append(process)
            self._start(process)

    def until(self, ready: Callable[[], bool], *, seconds: float) -> bool:
        """Watch over them until something is ready; say whether it was, in time."""
        deadline = time.monotonic() + seconds
        while not self.stopping.wait(TICK_SECONDS) and time.monotonic() < deadline:
            self._tick()
            if ready():
                return True
        return False

    def run(self) -> None:
        """Watch over them until told to stop."""
        while not self.stopping.wait(TICK_SECONDS):
            self._tick()

    def stop(self) -> None:
        """Ask all of them to stop, wait for it, and kill who does not."""
        living = [process.child for process in self._processes if process.child is not None]
        for child in living:
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP_SECONDS_MAX
        for child in living:
            with suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, deadline - time.monotonic()))
            if child.poll() is None:
                child.kill()
                child.wait()

    def _tick(self) -> None:
        for process in self._processes:
            self._watch(process)
        if self._services_at <= (now := time.monotonic()):
            self._services_at = now + SERVICES_SECONDS
            self._keep_services()

    def _watch(self, process: Process) -> None:
        now = time.monotonic()
        if process.child is None:
            if process.start_at <= now:
                self._start(process)
            return
        code = process.child.poll()
        if code is None:
            return
        if now - process.started_at > STEADY_SECONDS:
            process.backoff = BACKOFF_SECONDS_FIRST
        log.warning("process ended, starting it again", extra={"child": process.name, "exit": code, "seconds": process.backoff})
        process.child, process.start_at = None, now + process.backoff
        process.backoff = min(process.backoff * 2, BACKOFF_SECONDS_MAX)

    def _start(self, process: Process) -> None:
        process.started_at = time.monotonic()
        process.child = spawn(process.argv, env=self._env, cwd=PROJECT, output=subprocess.PIPE if self._prefixed else None)
        if process.child.stdout is not None:
            threading.Thread(target=self._carry, args=(process.name, process.child.stdout), daemon=True).start()

    def _carry(self, name: str, lines: IO[bytes]) -> None:
        with lines:
            for line in lines:
                print(f"{name:<{NAME_CHARS}} | {line.decode(errors='replace').rstrip()}", flush=True)  # noqa: T201 the child's log

    def _keep_services(self) -> None:
        for name in self._running.keep():
            log.warning("service ended, started it again", extra={"child": name})


@contextmanager
def supervised(supervisor: Supervisor) -> Iterator[None]:
    """Start everything, and stop it in the end; SIGTERM and SIGINT ask for the end."""

    def stop(_signum: int, _frame: FrameType | None) -> None:
        supervisor.stopping.set()

    before = {signum: signal.signal(signum, stop) for signum in (signal.SIGTERM, signal.SIGINT)}
    try:
        supervisor.start()
        yield
    finally:
        supervisor.stop()
        for signum, handler in before.items():
            signal.signal(signum, handler)
