"""What waits for the bot: updates in the order they came, polled or pushed, until they are confirmed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Condition
from time import monotonic

from channels.sandbox.telegram_types import ApiError, Json

UPDATES_MAX = 200_000
POLLED_MAX = 100
POLL_SECONDS_MAX = 50
# What a bot gets that names nothing; chat_member must be asked for.
KINDS_BY_DEFAULT = frozenset({"message", "edited_message", "callback_query", "my_chat_member"})
KINDS = KINDS_BY_DEFAULT | {"chat_member"}
_OTHER_POLLER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK_ACTIVE = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


@dataclass(slots=True, eq=False)
class Pending:
    """An update that is not confirmed. A repeat comes once more, however far the confirmations are."""

    id: int
    update: Json
    repeat: bool = False
    handed_out: bool = False


class Updates:
    """The queue. One reader at a time: a new poll ends the one before it, a webhook ends polling."""

    def __init__(self, *, first_id: int, duplicates: Callable[[], int]) -> None:
        self.changed = Condition()
        self.webhook: Json = {}
        self._next_id = first_id
        self._duplicates = duplicates
        self._kinds = KINDS_BY_DEFAULT
        self._waiting: list[Pending] = []
        self._last: Pending | None = None
        self._poller = 0
        self._closed = False

    def put(self, kind: str, payload: Json) -> int | None:
        """Take an update and give its id; None if the bot did not ask for this kind."""
        with self.changed:
            if kind not in self._kinds:
                return None
            self._last = Pending(self._next_id, {"update_id": self._next_id, kind: payload})
            self._next_id += 1
            self._waiting.append(self._last)
            self._waiting += [Pending(self._last.id, self._last.update, repeat=True) for _ in range(self._duplicates())]
            del self._waiting[:-UPDATES_MAX]
            self.changed.notify_all()
            return self._last.id

    def repeat(self) -> int | None:
        """Let the last update come once more, with the same id; None before the first."""
        with self.changed:
            if self._last is None:
                return None
            self._waiting.append(Pending(self._last.id, self._last.update, repeat=True))
            self.changed.notify_all()
            return self._last.id

    def poll(self, *, offset: int, limit: int, seconds: float, kinds: list[str] | None) -> list[Json]:
        """Wait for updates and hand them out; what lies before the offset is confirmed and gone.

        :raises ApiError: if a webhook is set, or another poll comes while this one waits
        """
        with self.changed:
            if self.webhook:
                raise ApiError(409, _WEBHOOK_ACTIVE)
            self._poller += 1
            mine = self._poller
            self.changed.notify_all()
            self.ask_for(kinds)
            self._confirm(offset)
            deadline = monotonic() + min(max(seconds, 0), POLL_SECONDS_MAX)
            while not self._waiting and not self._closed and (left := deadline - monotonic()) > 0:
                self.changed.wait(left)
                if mine != self._poller:
                    raise ApiError(409, "Conflict: terminated by setWebhook request" if self.webhook else _OTHER_POLLER)
            handed = self._waiting[: min(max(limit, 1), POLLED_MAX)]
            for each in handed:
                each.handed_out = True
            return [each.update for each in handed]

    def ask_for(self, kinds: list[str] | None) -> None:
        """Set which kinds come from now on; None leaves it, an empty list is the default."""
        if kinds is not None:
            self._kinds = frozenset(kinds) & KINDS or KINDS_BY_DEFAULT

    def hook(self, facts: Json, *, drop: bool, kinds: list[str] | None = None) -> None:
        """Set the webhook, or delete it with {}."""
        with self.changed:
            self.webhook = facts
            self.ask_for(kinds)
            if facts:
                self._poller += 1
            if drop:
                self._waiting.clear()
            self.changed.notify_all()

    def head(self) -> Pending | None:
        """Wait for something to push; None when all is over."""
        with self.changed:
            self.changed.wait_for(lambda: self._closed or (self.webhook and self._waiting))
            return None if self._closed else self._waiting[0]

    def pushed(self, pending: Pending) -> None:
        with self.changed:
            if pending in self._waiting:
                self._waiting.remove(pending)
            self.changed.notify_all()

    def failed(self, status: int, *, at: datetime) -> None:
        """Remember why the last push was not taken, for whoever asks about the webhook."""
        why = f"Wrong response from the webhook: {status}" if status else "Connection refused"
        with self.changed:
            if self.webhook:
                self.webhook = self.webhook | {"last_error_date": int(at.timestamp()), "last_error_message": why}

    def pause(self, seconds: float) -> None:
        """Wait before the next try, unless all is over."""
        with self.changed:
            self.changed.wait_for(lambda: self._closed, timeout=seconds)

    def info(self) -> Json:
        with self.changed:
            hidden = ("secret_token",)
            facts = {name: value for name, value in self.webhook.items() if name not in hidden}
            kinds = {} if self._kinds == KINDS_BY_DEFAULT else {"allowed_updates": sorted(self._kinds)}
            return {"url": "", "has_custom_certificate": False, "pending_update_count": len(self._waiting)} | facts | kinds

    def close(self) -> None:
        with self.changed:
            self._closed = True
            self.changed.notify_all()

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self._waiting = self._waiting[offset:]
        else:
            self._waiting = [each for each in self._waiting if each.id >= offset or (each.repeat and not each.handed_out)]
