"""Becomes another program that dies with its parent: run as a file, with the signal, the parent, user, group and the program.

It imports nothing of ours, and takes no site-packages, so that it costs a few milliseconds only.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(signum: int, *, parent: int) -> None:
    """Ask the kernel for this signal when the parent dies. Only Linux can; elsewhere a killed parent may leave orphans."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signum, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signum)


def become(signum: int, parent: int, uid: int, gid: int, program: list[str]) -> None:
    """Change the user if one is given (-1 is none), then become the program."""
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user, which would clear it.
    die_with_parent(signum, parent=parent)
    os.execv(program[0], program)  # noqa: S606 no shell is wanted


if __name__ == "__main__":
    _signum, _parent, _uid, _gid = (int(argument) for argument in sys.argv[1:5])
    become(_signum, _parent, _uid, _gid, sys.argv[5:])
