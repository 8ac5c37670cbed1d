"""Phones for a bad day: members who save, treasurers who confirm, over HTTP in the gateway's own form; each keeps what it meant to do.

A phone sends a request again when it was not answered, as the gateway does. What it intends is written to a file before
it is sent, and what came of it after: a phone knows no more than this.
"""

import http.client
import itertools
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlencode

from bench.people import PIN, member, phone
from bench.words import BROKEN_OFF, FAILED, menu, screen
from core.ids import CommandId, id_from
from core.settings import Settings

SENT_AGAIN: Final = 3  # times
GATEWAY_SECONDS: Final = 10.0
PAUSE_SECONDS: Final = 0.2
STOP_SECONDS_MAX: Final = 120.0  # for what a phone is at
CHANNEL: Final = "ussd"
SAVERS: Final = 20  # of each group, from member number 2 on
AMOUNT_LEAST: Final = 100  # in whole units
Act = Callable[[int, int], None]
_HEADERS: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_numbers = itertools.count(1)
_CASH: Final = menu("received")
# What is always said, whatever the facts are, when it is done.
_DONE: Final = {"save": (screen("save.done", "END"),), "confirm": tuple(screen("inbox.cash.done.yes", start) for start in ("CON", "END"))}


@dataclass(frozen=True, slots=True)
class Saving:
    """What a session declares. No two sessions of a run declare the same, so that declarations can be counted by session."""

    group: int
    number: int
    minor: int

    @classmethod
    def nth(cls, group: int, n: int) -> "Saving":
        """Think of the n-th saving in a group."""
        return cls(group, 2 + n % SAVERS, (AMOUNT_LEAST + n // SAVERS) * 100)


@dataclass(frozen=True, slots=True)
class Intent:
    """A command that a phone asked for, once in its session."""

    what: str  # save or confirm
    session: str
    turns: int  # of the session as the phone counts them, the one that asks included
    acked: bool
    saving: Saving | None = None

    @property
    def command_ids(self) -> tuple[CommandId, ...]:
        """The ids that the house may have given it.

        The house counts the turns too, but a turn that only moves through menus does not wait for the disk: after a
        crash of the database the house may have forgotten some, and then it counts fewer than the phone.
        """
        return tuple(id_from(CHANNEL, self.session, turn) for turn in range(1, self.turns + 1))


@dataclass(slots=True)
class Seen:
    """What all phones saw."""

    answers: Counter[str] = field(default_factory=Counter)
    intents: list[Intent] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    broken: list[float] = field(default_factory=list)  # when each request began that was not answered
    slowest: float = 0.0


class Session:
    """A session as the gateway knows it: its id, and all that was typed."""

    def __init__(self, number: str) -> None:
        self.id = f"chaos-{os.getpid()}-{next(_numbers)}"
        self._number = number
        self._text = ""
        self.turns = 0

    def with_reply(self, reply: str) -> str:
        """All that was typed, with one more reply."""
        return f"{self._text}*{reply}" if self._text and reply else self._text + reply

    def keep(self, text: str) -> None:
        """Note that this was answered."""
        self._text = text
        self.turns += 1

    def form(self, text: str) -> str:
        """The form that the gateway posts."""
        return urlencode(
            {"sessionId": self.id, "phoneNumber": self._number, "networkCode": "63902", "serviceCode": "*384*77#", "text": text}
        )


class Phones:
    """A member and a treasurer for each group, each in a thread of its own, until told to stop."""

    def __init__(self, settings: Settings, *, groups: int, intents: Path) -> None:
        self._settings = settings
        self.seen = Seen()
        self._file: IO[str] = intents.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._again, args=(act, group), daemon=True)
            for group in range(1, groups + 1)
            for act in (self.save, self.confirm)
        ]

    def start(self) -> None:
        """Switch them on."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each end what it is at."""
        self._stop.set()
        deadline = time.monotonic() + STOP_SECONDS_MAX
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join(timeout=max(0.0, deadline - time.monotonic()))
        assert not any(thread.is_alive() for thread in self._threads), "every request of a phone has its time-out"
        self._file.close()

    def _again(self, act: Act, group: int) -> None:
        n = 0
        while not self._stop.is_set():
            act(group, n)
            n += 1
            self._stop.wait(random.uniform(0, PAUSE_SECONDS))  # noqa: S311 no secret

    def save(self, group: int, n: int) -> None:
        """Let a member of the group declare its n-th saving."""
        saving = Saving.nth(group, n)
        session = Session(phone(member(group, saving.number)))
        if self._opened(session) is None:
            return
        for reply in ("1", str(saving.minor // 100)):
            if self._answered(session, reply) is None:
                return
        self._ask("save", session, "1", saving)

    def confirm(self, group: int, _n: int) -> None:
        """Let the treasurer confirm what waits, if anything does."""
        session = Session(phone(member(group, 1)))
        shown = self._opened(session) or ""
        if _CASH.met_by(shown) and self._answered(session, "1"):
            self._ask("confirm", session, PIN)

    def _opened(self, session: Session) -> str | None:
        """Dial; what was broken off in an earlier session stays so."""
        shown = self._answered(session, "")
        return self._answered(session, "2") if shown is not None and BROKEN_OFF.met_by(shown) else shown

    def _ask(self, what: str, session: Session, reply: str, saving: Saving | None = None) -> None:
        turns = session.turns + 1
        self._note({"what": what, "session": session.id, "turns": turns, "state": "sent"})
        answer = self._answered(session, reply) or ""
        # Another screen is an answer too: after a crash the last moves may be forgotten, and are asked for again.
        acked = any(done.met_by(answer) for done in _DONE[what])
        self._note({"session": session.id, "state": "acked" if acked else "unknown"})
        with self._lock:
            self.seen.intents.append(Intent(what, session.id, turns, acked, saving))

    def _note(self, line: dict[str, str | int]) -> None:
        with self._lock:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def _answered(self, session: Session, reply: str) -> str | None:
        """Send a reply until it is answered with a screen; give that, or nothing if the phone gave up."""
        text = session.with_reply(reply)
        for _ in range(SENT_AGAIN):
            answer = self.send(session, text)
            if answer is not None and not FAILED.met_by(answer):
                session.keep(text)
                return answer
            if self._stop.wait(random.uniform(0.05, 0.5)):  # noqa: S311 no secret
                break
        return None

    def send(self, session: Session, text: str) -> str | None:
        """Send one request; give the answer, if one came."""
        began = time.monotonic()
        line = http.client.HTTPConnection(self._settings.host, self._settings.web_port, timeout=GATEWAY_SECONDS)
        try:
            line.request("POST", f"/at/{self._settings.secret_path}/ussd", session.form(text), _HEADERS)
            response = line.getresponse()
            body, status = response.read().decode(), response.status
        except (OSError, http.client.HTTPException):
            with self._lock:
                self.seen.answers["no answer"] += 1
                self.seen.broken.append(began)
            return None
        finally:
            line.close()
        with self._lock:
            self.seen.slowest = max(self.seen.slowest, time.monotonic() - began)
            if status != http.HTTPStatus.OK or not body.startswith(("CON ", "END ")):
                self.seen.invalid.append(f"{status} {body[:60]!r}")
            self.seen.answers["END, try again" if FAILED.met_by(body) else body[:3]] += 1
        return body
