"""`pamoja up`, for real: everything starts on nothing, survives murders, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from core.settings import PROJECT
from workers import processes
from workers.services.place import place_of
from workers.services.postgres import Postgres
from workers.services.redis import RedisServer

SECRET_PATH = "a-path-that-is-long-enough"  # noqa: S105 of this test alone
SECONDS_MAX = 60.0


def until(holds: Callable[[], object]) -> bool:
    deadline = time.monotonic() + SECONDS_MAX
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


class House:
    """A house that runs, and what belongs to it."""

    def __init__(self, home: Path, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = os.environ | {
            "PAMOJA_HOME": str(home),
            "PAMOJA_WEB_PORT": str(self.port),
            "PAMOJA_SECRET_PATH": SECRET_PATH,
            "AT_BASE_URL": "http://127.0.0.1:9",
        }
        self._home, self._log = home, log
        self.supervisor = self.run(log)

    def run(self, log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            return subprocess.Popen(
                (sys.executable, "-m", "admin_web", "up"), cwd=PROJECT, env=self.environment, stdout=output, stderr=output
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def ready(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def everybody(self) -> dict[int, str]:
        """All processes of this house: each was started with its port, or names its place."""
        mark = place_of(self._home).mark
        found = {pid: command for pid, command in processes.commands() if mark in command or mark.removeprefix("pamoja-") in command}
        return found | {pid: command for pid, command in processes.commands() if "admin_web" in command and self._is_ours(pid)}

    def _is_ours(self, pid: int) -> bool:
        try:
            return f"PAMOJA_WEB_PORT={self.port}\0".encode() in Path("/proc", str(pid), "environ").read_bytes()
        except OSError:
            return False

    def of(self, name: str) -> list[int]:
        return [pid for pid, command in self.everybody().items() if command.endswith(f"admin_web {name}")]

    def services(self) -> tuple[int | None, int | None]:
        place = place_of(self._home)
        return Postgres(place).pid, RedisServer(place).pid


@pytest.fixture
def house(home: Path, tmp_path: Path) -> Iterator[House]:
    made = House(home, tmp_path / "log")
    yield made
    if made.supervisor.poll() is None:
        made.supervisor.terminate()
    made.supervisor.wait(60)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has died")
def test_it_starts_on_nothing_survives_murders_and_leaves_nothing(house: House, tmp_path: Path) -> None:
    assert until(house.ready), house.log
    assert until(lambda: house.of("worker") and house.of("clock")), house.log

    # Nobody else may share its port.
    second = house.run(tmp_path / "second")
    assert second.wait(30) == 1
    assert f"Port {house.port}" in (tmp_path / "second").read_text()

    for name in ("web", "worker", "clock"):
        before = house.of(name)
        os.kill(min(before), signal.SIGKILL)
        assert until(lambda: house.of(name) and not set(before) & set(house.of(name))), name  # noqa: B023 used at once
    postgres, redis = house.services()
    assert postgres is not None
    assert redis is not None
    os.kill(postgres, signal.SIGKILL)
    os.kill(redis, signal.SIGKILL)
    assert until(lambda: None not in house.services() and not {postgres, redis} & set(house.services()))
    assert until(house.ready), house.log

    house.supervisor.kill()
    house.supervisor.wait()
    assert until(lambda: not house.everybody()), house.everybody()


def test_it_stops_cleanly(house: House) -> None:
    assert until(house.ready), house.log
    house.supervisor.send_signal(signal.SIGINT)
    assert house.supervisor.wait(60) == 0
    assert "Stopped." in house.log
    assert house.everybody() == {}
    assert SECRET_PATH not in house.log
