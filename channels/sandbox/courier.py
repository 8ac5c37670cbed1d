"""What the gateway tells us by itself (delivery reports, inbound SMS, ends of sessions), from one background thread, in order of time."""

import heapq
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from threading import Condition, Thread
from time import monotonic, perf_counter

import httpx

from channels.sandbox.calls import Call, Calls
from core import clock

PARCELS_MAX = 200_000
RETRY_SECONDS_MAX = 60.0
RETRY_FOR_SECONDS = 12 * 3600.0
# Signed for; or there is no such door, and none will be before we are another program.
SETTLED = (httpx.codes.OK, httpx.codes.NOT_FOUND)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A form to be posted to us."""

    route: str
    url: str
    form: Mapping[str, str]
    phone: str = ""
    until_ok: bool = False  # the gateway re-delivers an inbound SMS until it hears 200
    tries: int = 0
    first_tried: float = field(default_factory=monotonic)


class Courier:
    """Posts parcels when they are due. A parcel that finds nobody at home is forgotten, unless it must be signed for."""

    def __init__(self, client: httpx.Client, calls: Calls) -> None:
        self._client = client
        self._calls = calls
        self._waiting: list[tuple[float, int, Parcel]] = []
        self._numbers = count()
        self._due = Condition()
        self._thread: Thread | None = None
        self._closed = False
        self._busy = False

    def put(self, parcel: Parcel, *, delay: float = 0.0) -> None:
        """Take a parcel; it is posted in the background."""
        with self._due:
            if self._closed:
                return
            if len(self._waiting) >= PARCELS_MAX:
                log.warning("callback forgotten, too many wait", extra={"route": parcel.route})
                return
            heapq.heappush(self._waiting, (monotonic() + delay, next(self._numbers), parcel))
            if self._thread is None:
                self._thread = Thread(target=self._run, name="sandbox-courier", daemon=True)
                self._thread.start()
            self._due.notify_all()

    def post(self, parcel: Parcel) -> int:
        """Post it now and say the status, 0 where nobody answered; what must be signed for is tried again later."""
        status = self._once(parcel)
        if parcel.until_ok and status not in SETTLED and monotonic() - parcel.first_tried < RETRY_FOR_SECONDS:
            again = Parcel(parcel.route, parcel.url, parcel.form, parcel.phone, True, parcel.tries + 1, parcel.first_tried)  # noqa: FBT003 all fields, in order
            self.put(again, delay=min(2.0**parcel.tries, RETRY_SECONDS_MAX))
        return status

    def idle(self, *, seconds: float = 30.0) -> bool:
        """Wait until nothing is due any more; for tests and for a clean end."""
        with self._due:
            return self._due.wait_for(lambda: not self._busy and not self._waiting, timeout=seconds)

    def close(self) -> None:
        with self._due:
            self._closed = True
            self._waiting.clear()
            self._due.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=1.0)

    def _run(self) -> None:
        while (parcel := self._next()) is not None:
            self.post(parcel)

    def _next(self) -> Parcel | None:
        with self._due:
            self._busy = False
            self._due.notify_all()
            while not self._closed:
                wait = self._waiting[0][0] - monotonic() if self._waiting else None
                if wait is not None and wait <= 0:
                    self._busy = True
                    return heapq.heappop(self._waiting)[2]
                self._due.wait(wait)
            return None

    def _once(self, parcel: Parcel) -> int:
        started = perf_counter()
        try:
            status = self._client.post(parcel.url, data=parcel.form).status_code
        except httpx.HTTPError as error:
            log.debug("callback not answered", extra={"route": parcel.route, "error": type(error).__name__})
            status = 0
        took = round((perf_counter() - started) * 1_000)
        self._calls.add(Call(clock.now(), "callbacks", parcel.route, status, took, phone=parcel.phone))
        return status
