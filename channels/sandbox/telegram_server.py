"""The Bot API over HTTP, `/bot<token>/<method>`, as plain WSGI, and the thread that pushes updates to a webhook."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hmac import compare_digest
from threading import Thread
from time import perf_counter, sleep
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import httpx

from channels.sandbox import telegram_params
from channels.sandbox.calls import Call, Calls
from channels.sandbox.faults import Faults, TelegramFaults
from channels.sandbox.messaging import cut_short
from channels.sandbox.options import Options
from channels.sandbox.telegram_limits import too_many
from channels.sandbox.telegram_methods import Methods
from channels.sandbox.telegram_params import Params
from channels.sandbox.telegram_send import Sender
from channels.sandbox.telegram_types import ApiError, Json
from channels.sandbox.telegram_updates import Updates
from channels.sandbox.telegram_world import World
from core import clock

RETRY_SECONDS_MAX = 30.0
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 a name
_REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests"}


@dataclass(slots=True)
class _Answer:
    """What a call got, and how it goes down in the list of calls."""

    body: Json
    method: str = ""
    chat: int = 0
    cut: bool = False

    @property
    def status(self) -> int:
        return int(self.body.get("error_code", 200))


class Telegram:
    """A WSGI application for everything under /bot, with the world behind it."""

    def __init__(self, options: Options, *, faults: Faults, calls: Calls, client: httpx.Client) -> None:
        self._token = options.telegram_token
        self._faults = faults
        self._calls = calls
        # From the clock, so that ids rise from one run to the next, as a bot that goes on running expects.
        self.updates = Updates(first_id=int(clock.now().timestamp()), duplicates=lambda: faults.telegram.duplicates)
        self.world = World(token=options.telegram_token, people=options.people, updates=self.updates)
        self.sender = Sender(self.world, faults=faults)
        self._methods = Methods(self.world, self.sender)
        self._pusher = Thread(target=self._push, args=(client,), name="sandbox-telegram-webhook", daemon=True)
        self._pusher.start()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = perf_counter()
        answer = self._answer(environ)
        status, took = 0 if answer.cut else answer.status, round((perf_counter() - started) * 1_000)
        self._calls.add(Call(clock.now(), "telegram", answer.method, status, took, chat=answer.chat))
        body = json.dumps(answer.body).encode()
        line = f"{answer.status} {_REASONS.get(answer.status, 'OK' if answer.body['ok'] else 'Error')}"
        start_response(line, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return cut_short() if answer.cut else (body,)

    def close(self) -> None:
        self.updates.close()
        self._pusher.join(timeout=1.0)

    def _answer(self, environ: WSGIEnvironment) -> _Answer:
        token, _, name = environ["PATH_INFO"].removeprefix("/bot").partition("/")
        answer = _Answer({})
        try:
            self._known(token)
            answer.body = {"ok": True, "result": self._call(name.rstrip("/"), telegram_params.read(environ), answer)}
        except ApiError as refused:
            answer.body = refused.dump()
        return answer

    def _known(self, token: str) -> None:
        if not compare_digest(token.encode(), self._token.encode()):
            raise ApiError(401, "Unauthorized")

    def _call(self, name: str, params: Params, answer: _Answer) -> Any:  # noqa: ANN401 each method has its own result
        if name.lower() == "getupdates":
            answer.method = "getUpdates"
        elif found := self._methods.named(name):
            answer.method = found[0]
        else:
            raise ApiError(404, "Not Found")
        if params.text("chat_id").lstrip("-").isdigit():
            answer.chat = params.chat_id()
        struck = self._struck(self._faults.telegram, answer.method)
        result = self._poll(params) if answer.method == "getUpdates" else self._do(answer.method, params)
        answer.cut = struck
        return result

    def _do(self, name: str, params: Params) -> Any:  # noqa: ANN401 each method has its own result
        found = self._methods.named(name)
        assert found is not None, name
        with self.world.lock:
            return found[1](params)

    def _poll(self, params: Params) -> list[Json]:
        limit, seconds = params.whole("limit", 100), params.whole("timeout")
        return self.updates.poll(offset=params.whole("offset"), limit=limit, seconds=seconds, kinds=params.listed("allowed_updates"))

    def _struck(self, faults: TelegramFaults, method: str) -> bool:
        """Do what a bad day does to this call; says whether its answer is to be cut."""
        named = method.lower() == faults.method.lower() if faults.method else method != "getUpdates"
        if not named:
            return False
        sleep(faults.latency_ms / 1_000)
        if not (faults.status or faults.cut or faults.drop) or not self._faults.strikes("telegram"):
            return False
        if faults.status == httpx.codes.TOO_MANY_REQUESTS:
            raise too_many(faults.retry_after)
        if faults.status or faults.drop:
            raise ApiError(faults.status or 504, _REASONS.get(faults.status, "Gateway Timeout" if faults.drop else "Bad Gateway"))
        return faults.cut

    def _push(self, client: httpx.Client) -> None:
        tries = 0
        while (pending := self.updates.head()) is not None:
            status = self._post(client, pending.update)
            if httpx.codes.is_success(status):
                self.updates.pushed(pending)
                tries = 0
            else:
                self.updates.failed(status, at=clock.now())
                self.updates.pause(min(0.25 * 2.0**tries, RETRY_SECONDS_MAX))
                tries = min(tries + 1, 10)

    def _post(self, client: httpx.Client, update: Json) -> int:
        hook, started, status = self.updates.webhook, perf_counter(), 0
        if not hook:
            return status
        # Exactly so: the library's own server refuses any other content type.
        headers = {"Content-Type": "application/json"} | ({SECRET_HEADER: hook["secret_token"]} if hook["secret_token"] else {})
        try:
            status = client.post(hook["url"], content=json.dumps(update).encode(), headers=headers).status_code
        except (httpx.HTTPError, RuntimeError):  # a client that is closed says so with the latter
            status = 0
        self._calls.add(Call(clock.now(), "callbacks", "telegram", status, round((perf_counter() - started) * 1_000)))
        return status
