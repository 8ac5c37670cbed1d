"""Delivery: claim, write the sentences, call the gateway, record what came of it."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from threading import Event
from time import monotonic

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from channels.sms.sender import Accepted, Rejected, Result, Retry, Sender, Unknown
from channels.sms.sentence import sentence
from core.groups import caps
from core.outbox import operations as outbox
from core.outbox import outcomes
from core.outbox.operations import Claimed
from core.outbox.outcomes import Failed, Sent
from core.outbox.queries import database_time
from core.outbox.rules import LEASE, Outcome
from workers.breaker import Breaker
from workers.calls import Call, Written, plan
from workers.persist import DATABASE_AWAY, persistently

# While the leases of what still waits have some time left, so that another worker can have it at once.
BATCH_SECONDS_MAX = LEASE.total_seconds() * 2 / 3

log = logging.getLogger(__name__)


class Delivery:
    """How this process delivers: its database, its account at the gateway, its breaker."""

    def __init__(self, engine: Engine, sender: Sender, *, standing: Mapping[str, str], breaker: Breaker | None = None) -> None:
        self._engine = engine
        self._sender = sender
        self._standing = standing
        self._breaker = breaker or Breaker()
        self.stopping = Event()

    def run(self, ids: Sequence[int]) -> None:
        """Send what of these is still to be sent. What cannot be sent now stays in the outbox."""
        try:
            self.send(persistently(self._engine, lambda session: self._claim(session, ids), pauses=()))
        except DATABASE_AWAY as error:
            log.warning("delivery interrupted, the sweep takes it up", extra={"messages": len(ids), "why": type(error).__name__})

    def _claim(self, session: Session, ids: Sequence[int]) -> list[Claimed]:
        at = database_time(session)
        if left_out := caps.leave_out(session, ids=ids, at=at):
            log.info("left out: the SMS of their groups for this month are used up", extra={"messages": left_out})
        return outbox.claim(session, ids=ids, at=at)

    def send(self, claimed: Sequence[Claimed]) -> None:
        """Send messages that were claimed, as far as they are still ours, and put back what cannot be sent now."""
        began = monotonic()
        calls = plan(self._write(claimed))
        while calls and not self._breaker.wait and not self.stopping.is_set() and monotonic() - began < BATCH_SECONDS_MAX:
            self._call(calls.pop(0))
        self._put_back([each.message for call in calls for each in call.written])

    def _write(self, claimed: Sequence[Claimed]) -> list[Written]:
        """Make the sentences. A message without one goes to a person, and holds up nobody."""
        written, poison = [], []
        for message in claimed:
            try:
                made = sentence(message.language, message.template, {**self._standing, **message.facts})
            except Exception as error:  # noqa: BLE001 whatever is wrong with one message must not stop the others
                poison.append((message, _why(error)))
            else:
                written.append(Written(message, made.text, made.segments))
        if poison:
            dead = [message for message, _ in poison]
            begun = persistently(self._engine, lambda session: outbox.begin_unsendable(session, dead, at=database_time(session)))
            why = {message.id: reason for message, reason in poison}
            self._record([], [Failed(message, Outcome.REJECTED, why[message.id]) for message in begun])
        return written

    def _call(self, call: Call) -> None:
        wanted = [each.message for each in call.written]
        begun = {message.id: message for message in self._begin(wanted)}
        # One behind a message that could not be sent just now waits with it.
        self._put_back([message for message in wanted if message.id not in begun])
        ours = [Written(begun[each.message.id], each.text, each.segments) for each in call.written if each.message.id in begun]
        if not ours:
            return
        results = self._sender.send(call.text, [each.message.address for each in ours])
        sent = [
            Sent(each.message, result.provider_id, result.cost, each.segments)
            for each in ours
            if isinstance(result := results[each.message.address], Accepted)
        ]
        failed = [
            Failed(each.message, _outcome(result), result.code, each.segments)
            for each in ours
            if not isinstance(result := results[each.message.address], Accepted)
        ]
        self._record(sent, failed)
        self._judge(results.values())

    def _begin(self, messages: Sequence[Claimed]) -> list[Claimed]:
        return persistently(self._engine, lambda session: outbox.begin(session, messages, at=database_time(session)))

    def _record(self, sent: Sequence[Sent], failed: Sequence[Failed]) -> None:
        def write(session: Session) -> list[Failed]:
            at = database_time(session)
            outcomes.sent(session, sent, at=at)
            return outcomes.failed(session, failed, at=at)

        alarm(persistently(self._engine, write))

    def _put_back(self, messages: Sequence[Claimed]) -> None:
        if not messages:
            return

        def write(session: Session) -> None:
            outbox.put_back(session, messages, until=database_time(session) + timedelta(seconds=self._breaker.wait))

        persistently(self._engine, write)

    def _judge(self, results: Collection[Result]) -> None:
        """Learn from a call whether the gateway serves anybody."""
        if all(isinstance(result, Retry | Unknown) for result in results):
            self._breaker.trip()
            log.warning("the gateway serves nobody", extra={"why": next(iter(results)), "pause_seconds": round(self._breaker.wait, 1)})
        else:
            self._breaker.reset()


def _why(error: Exception) -> str:
    """Say why there is no sentence: a missing name, but never a value, which may be somebody's name or number."""
    return f"no sentence: {type(error).__name__}{f' {error}' if isinstance(error, KeyError) else ''}"


def _outcome(result: Result) -> Outcome:
    match result:
        case Accepted():
            return Outcome.SENT
        case Rejected(final=True):
            return Outcome.REJECTED
        case Rejected():
            return Outcome.RETRY
        case Retry():
            return Outcome.DOWN
        case Unknown():
            return Outcome.UNKNOWN


def alarm(dead: Sequence[Failed]) -> None:
    """Call a person: these messages were given up. Said after the commit, so that it is true."""
    for each in dead:
        message = each.message
        log.error(
            "message given up",
            extra={
                "outbox_id": message.id,
                "group_id": message.group_id,
                "template": message.template,
                "outcome": each.outcome.value,
                "detail": each.detail,
                "attempts": message.attempts,
            },
        )
