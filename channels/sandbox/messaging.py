"""The gateway's SMS side towards us, `POST /version1/messaging` and `GET /version1/user`: plain WSGI, for benchmarks pour through it."""

import json
import secrets
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hmac import compare_digest
from threading import Lock
from time import monotonic, perf_counter, sleep
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

from channels.sandbox.calls import Call, Calls, Gateway
from channels.sandbox.courier import Courier, Parcel
from channels.sandbox.faults import Faults, SmsFaults
from channels.sandbox.inboxes import Inboxes
from channels.sandbox.options import NUMBER, Options
from channels.sandbox.tariff import SEGMENT_COST, Account, shillings
from channels.words.gsm7 import Encoded, measure
from core import clock

BODY_BYTES_MAX = 4_000_000
FOOTER = "\nSTOP*456*9*5#"
SENT = 101
INVALID_NUMBER = 403
STATUSES = {
    100: "Processed",
    101: "Success",
    102: "Queued",
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the gateway answers. A cut one is begun and never finished."""

    status: str
    body: str
    kind: str = "application/json"  # exactly so: the SDK reads JSON under no other name
    cut: bool = False
    recipients: int = 0


class Cut(Exception):
    """The connection is cut, as somebody asked for."""


# The words a Node or JVM gateway of this kind uses; the SDK shows them to its caller.
UNAUTHORISED = Reply("401 Unauthorized", "The supplied authentication is invalid", "text/plain")
TOO_MANY = Reply("429 Too Many Requests", "Too many requests", "text/plain")
NOT_FOUND = Reply("404 Not Found", "The requested resource could not be found.", "text/plain")
NOT_ALLOWED = Reply("405 Method Not Allowed", "HTTP method not allowed", "text/plain")
TOO_LARGE = Reply("413 Content Too Large", "The request is too large", "text/plain")


class Messaging:
    """A WSGI application for everything under /version1/."""

    def __init__(self, options: Options, *, inboxes: Inboxes, faults: Faults, calls: Calls, courier: Courier, account: Account) -> None:
        self._options = options
        self._inboxes = inboxes
        self._faults = faults
        self._calls = calls
        self._courier = courier
        self._account = account
        self._lock = Lock()
        self._recent: deque[float] = deque()
        self._told: set[str] = set()  # how to opt out

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = perf_counter()
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].rstrip("/")
        gateway: Gateway = "account" if path == "/version1/user" else "sms"
        reply = self._answer(environ, method, path)
        status, took = 0 if reply.cut else int(reply.status[:3]), round((perf_counter() - started) * 1_000)
        self._calls.add(Call(clock.now(), gateway, path.removeprefix("/version1/"), status, took, recipients=reply.recipients))
        body = reply.body.encode()
        start_response(reply.status, [("Content-Type", reply.kind), ("Content-Length", str(len(body)))])
        return cut_short() if reply.cut else (body,)

    def _answer(self, environ: WSGIEnvironment, method: str, path: str) -> Reply:
        if path == "/version1/messaging" and method == "POST":
            return self._messaging(environ)
        if path == "/version1/user" and method == "GET":
            return self._user(environ)
        return NOT_ALLOWED if path in ("/version1/messaging", "/version1/user") else NOT_FOUND

    def _user(self, environ: WSGIEnvironment) -> Reply:
        if not self._known(environ, parse_qs(environ["QUERY_STRING"]).get("username", [""])[0]):
            return UNAUTHORISED
        return Reply("200 OK", json.dumps({"UserData": {"balance": self._faults.sms.balance or self._account.balance()}}))

    def _messaging(self, environ: WSGIEnvironment) -> Reply:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > BODY_BYTES_MAX:
            return TOO_LARGE
        text = environ["wsgi.input"].read(length).decode(errors="replace")
        form = {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}
        faults = self._faults.sms
        if faults.latency_ms:
            sleep(faults.latency_ms / 1_000)
        if not self._known(environ, form.get("username", "")):
            return UNAUTHORISED
        if missing := next((name for name in ("to", "message") if not form.get(name)), None):
            return Reply("400 Bad Request", f"Request is missing required form field '{missing}'", "text/plain")
        if faults.per_second and self._too_fast(faults.per_second):
            return TOO_MANY
        struck = (faults.status or faults.cut or faults.drop) and self._faults.strikes("sms")
        if struck and faults.status:
            return Reply(f"{faults.status} Injected", "Injected by the sandbox", "text/plain")
        return self._send(form, faults, cut=bool(struck and faults.cut), drop=bool(struck and faults.drop))

    def _send(self, form: dict[str, str], faults: SmsFaults, *, cut: bool, drop: bool) -> Reply:
        if faults.message:
            return Reply("201 Created", json.dumps({"SMSMessageData": {"Message": faults.message, "Recipients": []}}))
        numbers = [number.strip() for number in form["to"].split(",") if number.strip()]
        recipients: list[dict[str, Any]] = []
        for text, these in self._texts(form["message"], numbers, footer=faults.footer):
            encoded = measure(text)
            told = [_recipient(number, faults, encoded) for number in these]
            recipients += told
            if not drop:
                sender = form.get("from") or self._options.sender
                self._inboxes.deliver(_sent(told), sender=sender, text=text, encoded=encoded, at=clock.now())
        sent = _sent(recipients)
        total = sum(each["messageParts"] for each in recipients) * SEGMENT_COST
        self._account.spend(total)
        if not drop:
            self._report(sent, faults)
        summary = f"Sent to {len(sent)}/{len(numbers)} Total Cost: {shillings(total)}"
        body = json.dumps({"SMSMessageData": {"Message": summary, "Recipients": recipients}})
        return Reply("201 Created", body, cut=cut, recipients=len(numbers))

    def _texts(self, text: str, numbers: list[str], *, footer: bool) -> list[tuple[str, list[str]]]:
        """Say which text each number gets: whom we write to for the first time hears how to opt out, if that is switched on."""
        if not footer:
            return [(text, numbers)]
        with self._lock:
            new = [number for number in numbers if number not in self._told]
            self._told.update(new)
        return [(text + FOOTER, new), (text, [number for number in numbers if number not in new])]

    def _report(self, sent: list[tuple[str, str]], faults: SmsFaults) -> None:
        if not faults.reports:
            return
        url = self._options.callback("delivery")
        for number, message_id in sent:
            form = {"id": message_id, "status": "Success", "phoneNumber": number, "networkCode": self._options.network_code}
            parcel = Parcel("delivery", url, form, number)
            if faults.report_first:
                self._courier.post(parcel)
            for _ in range(faults.duplicates + (not faults.report_first)):
                self._courier.put(parcel, delay=faults.report_delay_ms / 1_000 + (self._faults.dice() if faults.shuffle else 0.0))

    def _known(self, environ: WSGIEnvironment, username: str) -> bool:
        key = environ.get("HTTP_APIKEY", "")
        return compare_digest(key.encode(), self._options.api_key.encode()) and username == self._options.username

    def _too_fast(self, per_second: int) -> bool:
        now = monotonic()
        with self._lock:
            while self._recent and self._recent[0] <= now - 1:
                self._recent.popleft()
            if len(self._recent) >= per_second:
                return True
            self._recent.append(now)
            return False


def _recipient(number: str, faults: SmsFaults, encoded: Encoded) -> dict[str, Any]:
    code = faults.statuses.get(number, SENT) if NUMBER.fullmatch(number) else INVALID_NUMBER
    accepted = code in (100, SENT, 102)
    return {
        "statusCode": code,
        "number": number,
        "status": STATUSES.get(code, "Unknown"),
        "cost": shillings(encoded.segments * SEGMENT_COST) if accepted else "0",
        "messageId": f"ATXid_{secrets.token_hex(16)}" if accepted else "None",
        "messageParts": encoded.segments if accepted else 0,
    }


def _sent(recipients: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Give number and message id of those that were accepted."""
    return [(each["number"], each["messageId"]) for each in recipients if each["statusCode"] in (100, SENT, 102)]


def cut_short() -> Iterator[bytes]:
    """Break off within the body that was promised; every WSGI server closes the connection then."""
    yield b"{"
    raise Cut
