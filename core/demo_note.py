"""The word that a demo leaves in its home, so that a command in another terminal finds it; it counts while the demo lives."""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

NAME: Final = "demo.env"


@contextmanager
def left(home: Path, settings: Mapping[str, int]) -> Iterator[None]:
    """Leave word of these settings, until done. The lock on the file goes with the process, even with one that is killed."""
    path = home / NAME
    with path.open("w", encoding="utf-8") as note:
        fcntl.flock(note, fcntl.LOCK_EX)
        note.write("".join(f"{name}={value}\n" for name, value in settings.items()))
        note.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def found(home: Path) -> Path | None:
    """The note of a demo that lives in this home, if one does."""
    try:
        with (home / NAME).open(encoding="utf-8") as note:
            fcntl.flock(note, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return home / NAME
    except OSError:
        return None
    return None
