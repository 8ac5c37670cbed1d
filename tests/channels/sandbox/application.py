"""A tiny application at the other end of the gateway, inside this process."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

TARGET = "http://pamoja.test"
MENU = "CON Umoja\n1 Save\n2 Loan"


@dataclass
class Seen:
    """A request as it reached the application."""

    path: str
    kind: str
    body: str
    label: str | None

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body, keep_blank_values=True).items()}


@dataclass
class Application:
    """Answers USSD with `answer`, an SMS with `sms`, everything with `status` (first requests with `statuses`); remembers what came."""

    answer: Callable[[dict[str, str]], str | bytes | Iterable[bytes]] = lambda _: MENU
    sms: Callable[[dict[str, str]], str] = lambda _: ""
    status: str = "200 OK"
    statuses: list[str] = field(default_factory=list)
    label: str = ""
    seen: list[Seen] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        seen = Seen(environ["PATH_INFO"], environ.get("CONTENT_TYPE", ""), body, environ.get("HTTP_AT_USSD_HOP_METADATA"))
        with self.lock:
            self.seen.append(seen)
            status = self.statuses.pop(0) if self.statuses else self.status
        told = {"ussd": self.answer, "sms": self.sms}.get(seen.path.rpartition("/")[2])
        answer = told(seen.form) if told else ""
        headers = [("Content-Type", "text/plain")] + ([("at-ussd-hop-metadata", self.label)] if self.label else [])
        start_response(status, headers)
        if isinstance(answer, str):
            return [answer.encode()]
        return [answer] if isinstance(answer, bytes) else answer

    def forms(self, route: str) -> list[dict[str, str]]:
        return [each.form for each in self.seen if each.path == f"/at/demo/{route}"]
