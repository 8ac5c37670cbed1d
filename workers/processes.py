"""What runs on this machine, as far as one must know to clear up after a crash."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


def command_of(pid: int) -> str:
    """Say what a process is; '' if there is none."""
    if _PROC.joinpath("self").exists():
        return _read(_PROC / str(pid))
    return dict(commands()).get(pid, "")


def commands() -> Iterator[tuple[int, str]]:
    """Say what every process is."""
    if _PROC.joinpath("self").exists():
        yield from ((int(each.name), _read(each)) for each in _PROC.iterdir() if each.name.isdigit())
        return
    listed = subprocess.run((shutil.which("ps") or "ps", "-axo", "pid=,command="), check=True, capture_output=True, text=True)  # noqa: S603
    for line in listed.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        yield int(pid), command


def _read(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""
