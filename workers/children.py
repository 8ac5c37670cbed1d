"""Child processes: none outlives its parent, whatever kills that."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from workers import tether

_TETHER: Final = (sys.executable, "-I", "-S", tether.__file__)


@dataclass(frozen=True, slots=True)
class Account:
    """A system user that a child runs as."""

    name: str
    uid: int
    gid: int


def spawn(
    argv: Sequence[str],
    *,
    death_signal: int = signal.SIGTERM,
    output: IO[bytes] | int | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches the parent alone, who stops its children in order.

    Call it from the main thread: the kernel means the thread when it says parent.
    """
    uid, gid = (account.uid, account.gid) if account else (-1, -1)
    return subprocess.Popen(  # noqa: S603 our own programs
        (*_TETHER, str(int(death_signal)), str(os.getpid()), str(uid), str(gid), *argv),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        env=env,
        cwd=cwd,
        start_new_session=True,
    )


def stop(child: subprocess.Popen[bytes], *steps: tuple[int, float]) -> None:
    """Stop a child: each step is a signal and the seconds to wait for its effect; in the end it is killed."""
    for signum, seconds in (*steps, (signal.SIGKILL, 5.0)):
        if child.poll() is not None:
            return
        child.send_signal(signum)
        with suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
