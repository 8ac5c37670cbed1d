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
from channels.words.catalogue import LANGUAGES, say
from core.ids import CommandId, id_from
from core.settings import Settings

SENT_AGAIN: Final = 3  # times
GATEWAY_SECONDS: Final = 10.0
PAUSE_SECONDS: Final = 0.2
Act = Callable[[int, int], None]
_HEADERS: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_numbers = itertools.count(1)
_RECEIVED: Final = tuple(say(language, "choice.received") for language in LANGUAGES)
_AFRESH: Final = tuple(say(language, "choice.start_again") for language in LANGUAGES)
_FACTS: Final = dict.fromkeys(("amount", "keeper", "name", "group"), "*")
# What is always said, whatever the facts are, when it is done.
_DONE: Final = {
    what: [say(language, key, **_FACTS).split("*") for language in LANGUAGES]
    for what, key in (("save", "save.done"), ("confirm", "inbox.saving.done"))
}
_FAILED: Final = tuple(say(language, "session.try_again").partition(".")[0] for language in LANGUAGES)


@dataclass(frozen=True, slots=True)
class Intent:
    """A command that a phone asked for: its id is made as the house makes it."""

    what: str  # save or confirm
    command_id: CommandId
    group: int
    acked: bool


@dataclass(slots=True)
class Seen:
    """What all phones saw."""

    answers: Counter[str] = field(default_factory=Counter)
    intents: list[Intent] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    broken_at: list[float] = field(default_factory=list)  # when a connection failed
    slowest: float = 0.0


class _Session:
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
            for act in (self._save, self._confirm)
        ]

    def start(self) -> None:
        """Switch them on."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each end what it is at."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=SENT_AGAIN * GATEWAY_SECONDS)
        self._file.close()

    def _again(self, act: Act, group: int) -> None:
        n = 0
        while not self._stop.is_set():
            n += 1
            act(group, n)
            self._stop.wait(random.uniform(0, PAUSE_SECONDS))  # noqa: S311 no secret

    def _save(self, group: int, n: int) -> None:
        session = _Session(phone(member(group, 2 + n % 20)))
        for reply in ("", "1", str(100 + n % 900)):
            if not self._answered(session, reply):
                return
        self._ask("save", session, "1", group)

    def _confirm(self, group: int, _n: int) -> None:
        session = _Session(phone(member(group, 1)))
        shown = self._answered(session, "") or ""
        if any(words in shown for words in _AFRESH):
            shown = self._answered(session, "2") or ""  # what was broken off stays so
        if any(words in shown for words in _RECEIVED) and self._answered(session, "1"):
            self._ask("confirm", session, PIN, group)

    def _ask(self, what: str, session: _Session, reply: str, group: int) -> None:
        command_id = id_from("ussd", session.id, session.turns + 1)
        self._note({"what": what, "session": session.id, "command": str(command_id), "state": "sent"})
        answer = self._answered(session, reply) or ""
        # Another screen is an answer too: after a crash the last moves may be forgotten, and are asked for again.
        answered = any(all(piece in answer for piece in pieces) for pieces in _DONE[what])
        self._note({"command": str(command_id), "state": "acked" if answered else "unknown"})
        with self._lock:
            self.seen.intents.append(Intent(what, command_id, group, answered))

    def _note(self, line: dict[str, str]) -> None:
        with self._lock:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def _answered(self, session: _Session, reply: str) -> str | None:
        """Send a reply until it is answered with a screen; give that, or nothing if the phone gave up."""
        text = session.with_reply(reply)
        for _ in range(SENT_AGAIN):
            answer = self._send(session, text)
            if answer is not None and not answer[4:].startswith(_FAILED):
                session.keep(text)
                return answer
            if self._stop.wait(random.uniform(0.05, 0.5)):  # noqa: S311 no secret
                break
        return None

    def _send(self, session: _Session, text: str) -> str | None:
        began = time.monotonic()
        line = http.client.HTTPConnection(self._settings.host, self._settings.web_port, timeout=GATEWAY_SECONDS)
        try:
            line.request("POST", f"/at/{self._settings.secret_path}/ussd", session.form(text), _HEADERS)
            response = line.getresponse()
            body, status = response.read().decode(), response.status
        except (OSError, http.client.HTTPException):
            with self._lock:
                self.seen.answers["no answer"] += 1
                self.seen.broken_at.append(time.monotonic())
            return None
        finally:
            line.close()
        with self._lock:
            self.seen.slowest = max(self.seen.slowest, time.monotonic() - began)
            if status != http.HTTPStatus.OK or not body.startswith(("CON ", "END ")):
                self.seen.invalid.append(f"{status} {body[:60]!r}")
            self.seen.answers["END, try again" if body[4:].startswith(_FAILED) else body[:3]] += 1
        return body
