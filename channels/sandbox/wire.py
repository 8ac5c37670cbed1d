"""One USSD callback on the wire: the five form fields out, CON or END back, within the gateway's patience."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

import httpx

from channels.sandbox.calls import Call, Calls
from channels.sandbox.options import Options
from core import clock

HOP_HEADER = "at-ussd-hop-metadata"
HOP_LABEL_MAX = 99
ANSWER_BYTES_MAX = 65_536
_ANSWER = re.compile(r"(CON|END) (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Answer:
    """What our application answered; `error` says why it is not good enough."""

    status: int = 0
    body: str = ""
    label: str = ""
    error: str = ""

    @property
    def ends(self) -> bool:
        return self.body.startswith("END ")

    @property
    def screen(self) -> str:
        """What the handset shows: the answer without its first word."""
        return self.body[len("CON ") :]


class Wire:
    """Calls our USSD callback."""

    def __init__(self, options: Options, *, calls: Calls, client: httpx.Client) -> None:
        self._url = options.callback("ussd")
        self._patience = options.answer_seconds_max
        self._calls = calls
        self._client = client

    def ask(self, form: Mapping[str, str], *, label: str, duplicates: int, at_once: bool) -> Answer:
        """Make one hop. The handset sees the first answer; duplicates are only compared with it."""
        copies = range(duplicates + 1)
        if duplicates and at_once:
            with ThreadPoolExecutor(max_workers=len(copies)) as crowd:
                answers = list(crowd.map(lambda _: self._post(form, label=label), copies))
        else:
            answers = [self._post(form, label=label) for _ in copies]
        first = answers[0][0]
        for number, (answer, took) in enumerate(answers):
            self._record(form, answer, took, same=None if number == 0 else answer == first)
        return first

    def _record(self, form: Mapping[str, str], answer: Answer, took: float, *, same: bool | None) -> None:
        milliseconds, phone, session = round(took * 1_000), form["phoneNumber"], form["sessionId"]
        self._calls.add(Call(clock.now(), "ussd", "ussd", answer.status, milliseconds, phone, session, same=same))

    def _post(self, form: Mapping[str, str], *, label: str) -> tuple[Answer, float]:
        started = perf_counter()
        try:
            answer = self._read(form, label=label, started=started)
        except httpx.TimeoutException:
            answer = Answer(error="The application did not answer in time")
        except httpx.HTTPError as error:
            answer = Answer(error=f"The application could not be reached ({type(error).__name__})")
        return answer, perf_counter() - started

    def _read(self, form: Mapping[str, str], *, label: str, started: float) -> Answer:
        headers = {HOP_HEADER: label} if label else {}
        with self._client.stream("POST", self._url, data=form, headers=headers, timeout=self._patience) as response:
            received = bytearray()
            for chunk in response.iter_bytes():
                received += chunk
                # The client's own time-out counts from byte to byte; a slow drip would never meet it.
                if perf_counter() - started > self._patience or len(received) > ANSWER_BYTES_MAX:
                    break
        body = received.decode("utf-8", errors="replace")
        late = perf_counter() - started > self._patience
        label = _label_of(response.headers.get(HOP_HEADER, ""))
        return Answer(response.status_code, body, label, _fault(response.status_code, body, late=late))


def _label_of(header: str) -> str:
    return header if len(header) <= HOP_LABEL_MAX and "|" not in header else ""


def _fault(status: int, body: str, *, late: bool) -> str:
    if late:
        return "The application did not answer in time"
    if status != httpx.codes.OK:
        return f"The application answered {status}"
    return "" if _ANSWER.fullmatch(body) else "The application did not answer with CON or END"
