"""Where something broke, for the log, without what was in hand there: the words of an error may be somebody's PIN."""

import traceback
from pathlib import Path


def where(error: Exception) -> list[str]:
    """Say file, line and function of each frame."""
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
