"""The sandbox's Telegram as tests use it: the bot's calls over raw HTTP, and the deeds of people."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any
from wsgiref.types import WSGIApplication

import httpx
from werkzeug.serving import make_server

from channels.sandbox.telegram_world import FIRST_GROUP, FIRST_PERSON
from core.settings import DEMO_TELEGRAM_TOKEN as TELEGRAM_TOKEN

AMINA, BARAKA, CHAUSIKU, DAUDI = range(FIRST_PERSON, FIRST_PERSON + 4)
UMOJA = FIRST_GROUP
BOT = 1


@dataclass
class Town:
    """What both sides do: `bot` calls a method, `do` is a deed, `chat` is what a chat shows."""

    http: httpx.Client

    def bot(self, method: str, **params: object) -> Any:  # noqa: ANN401 each method has its own result
        """Call a method that must be answered well."""
        body = self.http.post(f"/bot{TELEGRAM_TOKEN}/{method}", json=params).json()
        assert body["ok"], body
        return body["result"]

    def refused(self, method: str, **params: object) -> tuple[int, str, dict[str, int]]:
        """Call a method that is refused, and say how."""
        response = self.http.post(f"/bot{TELEGRAM_TOKEN}/{method}", json=params)
        body = response.json()
        assert (body["ok"], body["error_code"]) == (False, response.status_code), body
        return body["error_code"], body["description"], body.get("parameters", {})

    def do(self, deed: str, user: int, **more: object) -> dict[str, Any]:
        response = self.http.post("/api/telegram/updates", json={"do": deed, "user": user, **more})
        assert response.status_code == 201, response.text
        return dict(response.json())

    def cannot(self, deed: str, user: int, **more: object) -> str:
        response = self.http.post("/api/telegram/updates", json={"do": deed, "user": user, **more})
        assert response.status_code == 400, response.text
        return str(response.json()["error"])

    def chat(self, chat: int) -> dict[str, Any]:
        return dict(self.http.get(f"/api/telegram/chats/{chat}").json())

    def updates(self, **params: object) -> list[dict[str, Any]]:
        """What waits for the bot; it is confirmed with that."""
        waiting = self.bot("getUpdates", **params)
        if waiting:
            self.bot("getUpdates", offset=waiting[-1]["update_id"] + 1, limit=1)
        return list(waiting)

    def kinds(self) -> list[str]:
        """What waits for the bot, by the words that tell it from others."""
        return [_kind(each) for each in self.updates()]


def _kind(update: dict[str, Any]) -> str:
    (kind,) = set(update) - {"update_id"}
    facts = update[kind]
    told = ("new_chat_members", "left_chat_member", "migrate_to_chat_id", "migrate_from_chat_id", "pinned_message", "contact")
    return next((each for each in told if each in facts), kind)


@contextmanager
def served(application: WSGIApplication) -> Iterator[str]:
    """Serve it over real HTTP, and say where."""
    server = make_server("127.0.0.1", 0, application, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]  # of the threaded kind
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
