"""The connection under turns, desk requests and jobs: psycopg's own, with a queue in front of it.

A trip to the server costs as much as most of our statements. So a `Statement` whose rows nobody waits for yet is kept
back (`Statement.later`), and travels with the next one that somebody waits for, or with the COMMIT: several in one trip,
in their order, by libpq's pipeline mode. After one that fails none of the same trip is carried out, a COMMIT neither.
Whatever psycopg itself sends takes along what waits, so nothing is ever overtaken.
"""

import select
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

import psycopg
from psycopg import pq
from psycopg.abc import Buffer, PQGen
from psycopg.errors import OperationalError, error_from_result
from psycopg.rows import TupleRow

# The server cancels a statement before that (see the engine): who is silent longer on a trip of several hangs, or is no
# longer there. A statement that travels alone is waited for by libpq, as long as the kernel holds the line for alive.
ANSWER_MS_MAX: Final = 6_500
_OK: Final = frozenset({pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK})
_ABORTED: Final = pq.ExecStatus.PIPELINE_ABORTED
_IDLE: Final = pq.TransactionStatus.IDLE
_BEGIN: Final = (b"house_begin", b"BEGIN")
_COMMIT: Final = (b"house_commit", b"COMMIT")
_SAVEPOINT: Final = (b"house_savepoint", b"SAVEPOINT house")
_BACK: Final = b"ROLLBACK TO SAVEPOINT house"


class Waiting(Protocol):
    """Something in the queue: a prepared statement with its values, and where its result goes."""

    name: bytes
    values: Sequence[Buffer | None]
    result: pq.abc.PGresult | None


class _Word:
    """A statement without values or rows, such as COMMIT."""

    __slots__ = ("name", "result", "values")

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.values: Sequence[Buffer | None] = ()
        self.result: pq.abc.PGresult | None = None


class Driver(psycopg.Connection[TupleRow]):
    """A connection that can keep statements back, and its transaction."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 as psycopg has it
        super().__init__(*given, **named)
        self._queue: list[Waiting] = []
        self._planned: set[bytes] = set()
        self._begins = False  # a BEGIN is in the queue
        self._poll = select.poll()
        self._poll.register(self.pgconn.socket, select.POLLIN)
        self.values = psycopg.adapt.Transformer(self)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction was begun, or will be with the next trip."""
        return self._begins or self.pgconn.transaction_status != _IDLE

    def begin(self) -> None:
        """Begin a transaction, unless there is one."""
        if not self.in_transaction:
            self._say(_BEGIN)
            self._begins = True

    def set_savepoint(self) -> None:
        """Mark where `undo_to_savepoint` goes back to; there is one at a time."""
        self._say(_SAVEPOINT)

    def undo_to_savepoint(self) -> None:
        """Undo what was done since the savepoint; what was not even sent never will be."""
        marked = [n for n, waiting in enumerate(self._queue) if waiting.name == _SAVEPOINT[0]]
        if marked:
            del self._queue[marked[-1] :]
            return
        self._queue.clear()
        self._command(_BACK)

    def keep(self) -> None:
        """Send what waits, and commit the transaction if there is one."""
        if self.in_transaction:
            self._say(_COMMIT)
        self.flush()

    def undo(self) -> None:
        """Forget what waits, and roll back past psycopg, which would throw away every prepared statement with it."""
        self._forget()
        if self.pgconn.transaction_status != _IDLE:
            self._command(b"ROLLBACK")

    def prepare(self, name: bytes, text: bytes) -> None:
        """Have a statement planned once on this connection."""
        if name not in self._planned:
            result = self.pgconn.prepare(name, text)
            self._check(result)
            self._planned.add(name)

    def put(self, waiting: Waiting) -> None:
        """Put a statement into the queue."""
        self._queue.append(waiting)

    def flush(self) -> None:
        """Send what waits, in one trip, and wait for the results.

        :raises psycopg.Error: that of the first one that failed
        """
        queue, self._queue, self._begins = self._queue, [], False
        if queue:
            self._travel(queue)

    def wait(self, gen: PQGen[Any], *given: Any, **named: Any) -> Any:  # noqa: ANN401 as psycopg has it
        """Do what psycopg wants done, after what waits."""
        if self._queue:
            self.flush()
        return super().wait(gen, *given, **named)

    def rollback(self) -> None:
        """Roll back as psycopg does, but for the prepared statements; what waits is forgotten."""
        if not self.closed:
            self.undo()
        super().rollback()

    def close(self) -> None:
        """Close; what waits is forgotten."""
        self._forget()
        super().close()

    def _forget(self) -> None:
        self._queue.clear()
        self._begins = False

    def _say(self, word: tuple[bytes, bytes]) -> None:
        self.prepare(*word)
        self._queue.append(_Word(word[0]))

    def _command(self, command: bytes) -> None:
        self._check(self.pgconn.exec_(command))

    def _travel(self, queue: list[Waiting]) -> None:
        if len(queue) == 1:
            self._send_one(queue[0])
        else:
            self._send_all(queue)
        for waiting in queue:
            assert waiting.result is not None
            if waiting.result.status not in _OK:
                assert waiting.result.status != _ABORTED, "one before it failed"
                self._check(waiting.result)

    def _send_one(self, waiting: Waiting) -> None:
        # One call, which gives up Python's lock once: with several threads each more time costs more than the statement.
        waiting.result = self.pgconn.exec_prepared(waiting.name, waiting.values)  # type: ignore[arg-type]  # None is NULL

    def _send_all(self, queue: list[Waiting]) -> None:
        server = self.pgconn
        server.enter_pipeline_mode()
        try:
            for waiting in queue:
                server.send_query_prepared(waiting.name, waiting.values)
            server.pipeline_sync()
            self._push()
            for waiting in queue:
                waiting.result = self._result()
                self._result()  # the end of its results
            self._result()  # the end of the trip
        finally:
            with suppress(OperationalError):  # where the connection is lost, which says so itself
                server.exit_pipeline_mode()

    def _push(self) -> None:
        server = self.pgconn
        while server.flush():
            # More than the socket holds: the server must read, and may have to write first.
            self._poll.modify(server.socket, select.POLLIN | select.POLLOUT)
            self._await()
            self._poll.modify(server.socket, select.POLLIN)

    def _result(self) -> pq.abc.PGresult | None:
        server = self.pgconn
        while server.is_busy():
            self._await()
        return server.get_result()

    def _await(self) -> None:
        events = self._poll.poll(ANSWER_MS_MAX)
        if not events:
            self.close()
            raise OperationalError("the database does not answer")
        if events[0][1] & ~select.POLLOUT:
            self.pgconn.consume_input()

    def _check(self, result: pq.abc.PGresult) -> None:
        if result.status in _OK:
            return
        if self.closed:
            raise OperationalError("the connection was lost")
        raise error_from_result(result, encoding=self.info.encoding)
