"""A Bot API of a few methods on a port of this machine, in Telegram's own wire format; what the chats show is kept."""

import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

TOKEN = "123456:a-token-of-the-tests"  # noqa: S105 of this Bot API only


@dataclass
class BotApi:
    """What Telegram holds: updates nobody took yet, messages by chat and number, and every call."""

    updates: list[dict[str, Any]] = field(default_factory=list)
    messages: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    away: int = 0  # so many calls fail as if Telegram were down
    last: int = 1_000
    port: int = 0

    def call(self, method: str, asked: dict[str, str]) -> Any:  # noqa: ANN401 a result of any method
        self.calls.append((method, asked))
        chat, number = int(asked.get("chat_id", 0)), int(asked.get("message_id", 0))
        if method == "getMe":
            return {"id": 1, "is_bot": True, "first_name": "Pamoja", "username": "PamojaBot"}
        if method == "getUpdates":
            self.updates = [update for update in self.updates if update["update_id"] >= int(asked.get("offset", 0))]
            if not self.updates:
                time.sleep(0.05)
            return self.updates
        if method == "sendMessage":
            self.last += 1
            number = self.last
        if method in {"sendMessage", "editMessageText"}:
            self.messages[chat, number] = {
                "text": asked["text"],
                "keys": json.loads(asked.get("reply_markup", "{}")).get("inline_keyboard", []),
            }
            return {"message_id": number, "date": 1, "chat": {"id": chat, "type": "private"}, "text": asked["text"]}
        if method == "editMessageReplyMarkup":
            self.messages[chat, number]["keys"] = []
        if method == "deleteMessage":
            self.messages.pop((chat, number), None)
        return True


def serve(api: BotApi) -> ThreadingHTTPServer:
    """Begin to serve it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            token, method = self.path.removeprefix("/bot").split("/")
            asked = dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()))
            status = 502 if api.away else 200 if token == TOKEN else 401
            api.away -= api.away > 0
            answer = (
                {"ok": True, "result": api.call(method, asked)}
                if status == 200
                else {"ok": False, "error_code": status, "description": "no"}
            )
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):  # a client that stops does not wait for its poll
                self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, api.port = True, server.server_port
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
