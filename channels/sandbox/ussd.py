"""The gateway's USSD side: a handset dials, we are called hop by hop, the handset sees a screen."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any, Literal

from channels.sandbox.courier import Courier, Parcel
from channels.sandbox.faults import Faults, UssdFaults
from channels.sandbox.options import Options
from channels.sandbox.sessions import Session, split_dial
from channels.sandbox.tariff import HOP_COST, Account, shillings
from channels.sandbox.wire import Answer, Wire
from channels.words.gsm7 import measure
from core import clock

# What networks really say.
INVALID_CODE = "Connection problem or invalid MMI code."
APPLICATION_DOWN = "External application down. Please try again later."
TIMED_OUT = "Session timed out. Please dial again."

TIMED_OUT_MAX = 10_000
SWEEP_SECONDS = 0.5

Outcome = Literal["Success", "Incomplete", "Failed"]


class NoSuchSession(LookupError):
    """A reply to a session that is over, or never was."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What the handset shows, and what it took."""

    session: str
    text: str
    open: bool
    hops: int = 0
    septets: int = 0
    cost: str = ""
    seconds_left: int = 0


class UssdGateway:
    """All sessions. A handset has one line: a new dial ends the session before."""

    def __init__(self, options: Options, *, wire: Wire, faults: Faults, courier: Courier, account: Account) -> None:
        self._options = options
        self._wire = wire
        self._faults = faults
        self._courier = courier
        self._account = account
        self._lock = Lock()
        self._by_id: dict[str, Session] = {}
        self._by_phone: dict[str, Session] = {}
        self._timed_out: OrderedDict[str, None] = OrderedDict()
        self._closing = Event()
        self._sweeper: Thread | None = None

    def dial(self, phone: str, dialled: str) -> Screen:
        """Dial a code, with or without parameters."""
        found = split_dial(dialled.strip(), service_codes=self._options.service_codes, shape=self._faults.ussd.dial_shape)
        session = None if found is None else Session(phone, service_code=found[0], inputs=[found[1]] if found[1] else [])
        with self._lock:
            before = self._by_phone.pop(phone, None)
            if session is not None:
                self._by_id[session.id] = self._by_phone[phone] = session
                self._watch()
        if before is not None:
            self._end(before, "Incomplete")
        if session is None:
            return Screen("", INVALID_CODE, open=False)
        with session.lock:
            return self._hop(session)

    def reply(self, phone: str, session_id: str, text: str) -> Screen:
        """Answer the screen that is shown.

        :raises NoSuchSession: if the session is over, or belongs to another handset
        """
        session = self._by_id.get(session_id)
        if session is None or session.phone != phone:
            return self._late(session_id)
        with session.lock:
            if session.seconds_left(self._faults.ussd) <= 0:
                self._time_out(session)
            if session.over:
                return self._late(session_id)
            session.inputs.append(text)
            return self._hop(session)

    def hangup(self, phone: str, session_id: str) -> bool:
        """End a session from the handset; says whether there was one to end."""
        session = self._by_id.get(session_id)
        return session is not None and session.phone == phone and self._end(session, "Incomplete")

    def close(self) -> None:
        self._closing.set()
        if self._sweeper is not None:
            self._sweeper.join(timeout=1.0)

    def _late(self, session_id: str) -> Screen:
        if session_id not in self._timed_out:
            raise NoSuchSession(session_id)
        return Screen(session_id, TIMED_OUT, open=False)

    def _hop(self, session: Session) -> Screen:
        faults = self._faults.ussd
        session.shown = monotonic()
        answer = self._ask(session, faults)
        session.answered(answer.body, label=answer.label)
        self._account.spend(HOP_COST)
        if answer.error:
            self._end(session, "Failed", error=answer.error)
        elif answer.ends:
            self._end(session, "Success")
        session.shown = monotonic()
        return Screen(
            session.id,
            APPLICATION_DOWN if answer.error else answer.screen,
            open=not session.over,
            hops=session.hops,
            septets=_septets(answer.body),
            cost=shillings(session.hops * HOP_COST, digits=2),
            seconds_left=max(0, round(session.seconds_left(faults))),
        )

    def _ask(self, session: Session, faults: UssdFaults) -> Answer:
        form = {
            "sessionId": session.id,
            "phoneNumber": session.phone,
            "networkCode": self._options.network_code,
            "serviceCode": session.service_code,
            "text": session.text,
        }
        sleep(faults.latency_ms / 1_000)
        struck = (faults.drop or faults.cut) and self._faults.strikes("ussd")
        if struck and faults.drop:
            return Answer(error="The request was lost")
        label = session.label if faults.hop_metadata else ""
        answer = self._wire.ask(form, label=label, duplicates=faults.duplicates, at_once=faults.at_once)
        return Answer(answer.status, error="The answer was lost") if struck else answer

    def _end(self, session: Session, outcome: Outcome, *, error: str = "") -> bool:
        with self._lock:
            if session.over:
                return False
            session.over = True
            self._by_id.pop(session.id, None)
            if self._by_phone.get(session.phone) is session:
                del self._by_phone[session.phone]
        if self._faults.ussd.events:
            notice = Parcel("ussd-events", self._options.callback("ussd-events"), self._event(session, outcome, error), session.phone)
            for _ in range(1 + self._faults.ussd.duplicates):
                self._courier.put(notice)
        return True

    def _event(self, session: Session, outcome: Outcome, error: str) -> dict[str, Any]:
        event = {
            "date": clock.now().strftime("%Y-%m-%d %H:%M:%S"),
            "sessionId": session.id,
            "serviceCode": session.service_code,
            "networkCode": self._options.network_code,
            "phoneNumber": session.phone,
            "status": outcome,
            "cost": shillings(session.hops * HOP_COST, digits=2),
            "durationInMillis": str(round((monotonic() - session.started) * 1_000)),
            "hopsCount": str(session.hops),
            "hopsMetadata": "|".join(session.labels),
            "input": session.text,
            "lastAppResponse": session.last_answer,
        }
        return event | {"errorMessage": error} if error else event

    def _time_out(self, session: Session) -> None:
        with self._lock:
            self._timed_out[session.id] = None
            if len(self._timed_out) > TIMED_OUT_MAX:
                self._timed_out.popitem(last=False)
        self._end(session, "Incomplete")

    def _watch(self) -> None:
        """Start the sweeper with the first session; the lock is held."""
        if self._sweeper is None:
            self._sweeper = Thread(target=self._sweep, name="sandbox-sessions", daemon=True)
            self._sweeper.start()

    def _sweep(self) -> None:
        while not self._closing.wait(SWEEP_SECONDS):
            with self._lock:
                sessions = list(self._by_id.values())
            for session in sessions:
                if session.seconds_left(self._faults.ussd) <= 0:
                    self._time_out(session)


def _septets(body: str) -> int:
    """Count the room on the air; a character outside GSM-7 makes all of them 16 bits wide."""
    encoded = measure(body)
    return encoded.units if encoded.encoding == "GSM-7" else -(-encoded.units * 16 // 7)
