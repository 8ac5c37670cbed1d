"""How much a bot may say: so many messages a second over all, so many a minute in one group."""

import math
from collections import defaultdict, deque
from threading import Lock
from time import monotonic

from channels.sandbox.faults import Faults
from channels.sandbox.telegram_types import ApiError, Chat

GROUP_WINDOW_SECONDS = 60.0
WINDOW_SECONDS = 1.0


class Limits:
    """Sliding windows. What is refused does not count."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._lock = Lock()
        self._all: deque[float] = deque()
        self._groups: defaultdict[int, deque[float]] = defaultdict(deque)

    def take(self, chat: Chat) -> None:
        """Count one message.

        :raises ApiError: 429, with the seconds to wait
        """
        now, faults = monotonic(), self._faults.telegram
        with self._lock:
            windows = [(self._all, WINDOW_SECONDS, faults.per_second)]
            if chat.is_group:
                windows.append((self._groups[chat.id], GROUP_WINDOW_SECONDS, faults.group_per_minute))
            wait = max(_wait(window, now=now, seconds=seconds, most=most) for window, seconds, most in windows)
            if wait > 0:
                raise too_many(math.ceil(wait))
            for window, _, most in windows:
                if most:
                    window.append(now)


def too_many(seconds: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def _wait(window: "deque[float]", *, now: float, seconds: float, most: int) -> float:
    while window and window[0] <= now - seconds:
        window.popleft()
    return window[-most] + seconds - now if most and len(window) >= most else 0.0
