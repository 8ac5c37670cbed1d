"""The supervisor: what dies comes back, what should stop stops, and nothing is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from core.settings import PROJECT, Settings
from workers import processes
from workers.services import Running
from workers.supervisor import BACKOFF_SECONDS_FIRST, Process, Supervisor, told

SECONDS_MAX = 60.0  # the machine may be busy
SLEEP = ("/bin/sleep", "600")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
)


def until(holds: Callable[[], bool], seconds: float = SECONDS_MAX) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def supervise() -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []

    def start(*processes: Process, **more: bool) -> Supervisor:
        supervisor = Supervisor(processes, running=Running("postgresql://there/db", "redis://there"), env={"CANARY": "sings"}, **more)
        made.append(supervisor)
        supervisor.start()
        return supervisor

    yield start
    for supervisor in made:
        supervisor.stop()


def pid_of(process: Process) -> int:
    return process.child.pid if process.child is not None else 0


def test_a_dead_child_comes_back(supervise: Callable[..., Supervisor]) -> None:
    process = Process("sleeper", SLEEP)
    supervisor = supervise(process)
    before = pid_of(process)
    os.kill(before, signal.SIGKILL)
    assert supervisor.until(lambda: pid_of(process) not in {0, before}, seconds=SECONDS_MAX)


def test_who_dies_again_and_again_is_waited_for_longer(supervise: Callable[..., Supervisor]) -> None:
    process = Process("broken", ("/bin/false",))
    supervisor = supervise(process)
    assert supervisor.until(lambda: process.backoff >= 8 * BACKOFF_SECONDS_FIRST, seconds=SECONDS_MAX)


def heard(supervisor: Supervisor, capfd: pytest.CaptureFixture[str], words: str) -> bool:
    """Listen until one of the children has said this."""
    said: list[str] = []

    def ready() -> bool:
        said.append(capfd.readouterr().out)
        return words in "".join(said)

    return supervisor.until(ready, seconds=SECONDS_MAX)


def test_children_are_told_where_the_services_are(supervise: Callable[..., Supervisor], capfd: pytest.CaptureFixture[str]) -> None:
    show = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'], os.environ['CANARY'], flush=True)"
    supervisor = supervise(Process("child", (sys.executable, "-c", show)), prefixed=True)
    assert heard(supervisor, capfd, "child   | postgresql://there/db redis://there sings\n")


def test_who_does_not_stop_is_killed(
    supervise: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("workers.supervisor.STOP_SECONDS_MAX", 0.5)
    kind, stubborn = Process("kind", SLEEP), Process("stubborn", STUBBORN)
    supervisor = supervise(kind, stubborn, prefixed=True)
    # Only now it ignores what asks it to stop.
    assert heard(supervisor, capfd, "up\n")
    child = stubborn.child
    assert child is not None
    pids = pid_of(kind), child.pid
    supervisor.stop()
    assert child.returncode == -signal.SIGKILL
    assert [processes.command_of(pid) for pid in pids] == ["", ""]


def test_children_are_told_whether_this_is_a_demo(settings: Settings) -> None:
    assert settings.demo
    assert told(settings)["PAMOJA_DEMO"] == "1"
    assert told(replace(settings, demo=False, sandbox_port=9002)) == {
        "PAMOJA_DEMO": "0",
        "PAMOJA_WEB_PORT": "8000",
        "PAMOJA_DESK_PORT": "8001",
        "PAMOJA_SANDBOX_PORT": "9002",
    }


HOLD = """
from workers.services import Running
from workers.supervisor import Process, Supervisor, supervised
processes = [Process("one", ("/bin/sleep", "600")), Process("two", ("/bin/sleep", "600"))]
supervisor = Supervisor(processes, running=Running("", ""), env={})
with supervised(supervisor):
    print(*(process.child.pid for process in processes), flush=True)
    supervisor.run()
print("stopped", flush=True)
"""


@pytest.mark.parametrize(("signum", "last_word"), [(signal.SIGTERM, "stopped\n"), (signal.SIGINT, "stopped\n"), (signal.SIGKILL, "")])
def test_no_orphan_is_left(signum: int, last_word: str) -> None:
    with subprocess.Popen((sys.executable, "-c", HOLD), cwd=PROJECT, text=True, stdout=subprocess.PIPE) as supervisor:  # noqa: S603 our own
        assert supervisor.stdout is not None
        pids = [int(pid) for pid in supervisor.stdout.readline().split()]
        # Between its start and its own program a process has no command for a moment.
        lived = until(lambda: all(processes.command_of(pid) for pid in pids))
        supervisor.send_signal(signum)
        assert lived
        assert supervisor.stdout.read() == last_word
    assert until(lambda: not any(processes.command_of(pid) for pid in pids))
