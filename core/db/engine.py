"""The engine, and the one transaction of a turn, a desk request or a job."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, cast

import psycopg
from psycopg.errors import error_from_result
from psycopg.rows import TupleRow
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.orm import Session

STATEMENT_TIMEOUT_MS = 6_000  # a phone is answered within 8 s, whatever hangs
LOCK_TIMEOUT_MS = 4_000
CONNECT_TIMEOUT_S = 3
_DRIVER = "driver"
_IDLE = psycopg.pq.TransactionStatus.IDLE


def make_engine(url: str, *, role: str | None = "pamoja_app", pool_size: int = 8, turns: bool = False) -> Engine:
    """Open a pool to PostgreSQL.

    The application connects as the role `pamoja_app`, which may read everything but change the ledger only
    through its functions; migrations pass `role=None` and stay the owner. An engine for `turns` is tuned to many
    short ones: a transaction begins only where `Work.begin` says so, and a statement is planned once.
    """
    options = [f"-c statement_timeout={STATEMENT_TIMEOUT_MS}", f"-c lock_timeout={LOCK_TIMEOUT_MS}", "-c timezone=UTC"]
    if role is not None:
        options.append(f"-c role={role}")
    else:
        options = ["-c timezone=UTC"]
    if turns:
        # PostgreSQL would else plan some of our joins anew each time, at five times the cost of running them.
        options.append("-c plan_cache_mode=force_generic_plan")
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_use_lifo=True,
        pool_reset_on_return=None if turns else "rollback",
        isolation_level="AUTOCOMMIT" if turns else None,
        connect_args={"options": " ".join(options), "connect_timeout": CONNECT_TIMEOUT_S, "application_name": "pamoja"},
    )


Driver = psycopg.Connection[TupleRow]


# What a query reads from: a hot path has no session, which costs as much as the query.
Reader = Session | Driver


def driver(reader: Reader) -> Driver:
    """The driver's connection under a session, for statements on a hot path."""
    if isinstance(reader, psycopg.Connection):
        return reader
    # Asking the session for it each time would cost as much as half a statement.
    found: Driver = reader.info.get(_DRIVER) or cast("Driver", reader.connection().connection.driver_connection)
    return found


def roll_back(connection: Driver, command: bytes = b"ROLLBACK") -> None:
    """Roll back, or back to a savepoint, past psycopg: it would throw away every prepared statement of the connection with it."""
    result = connection.pgconn.exec_(command)
    if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
        raise error_from_result(result)


class _Session(Session):
    """The session of a `Work`. Hot statements pass it by, so what it commits and undoes is the driver's transaction itself."""

    def commit(self) -> None:
        super().commit()
        _keep(self.info[_DRIVER])

    def rollback(self) -> None:
        super().rollback()
        _undo(self.info[_DRIVER])


def _keep(connection: Driver) -> None:
    if connection.pgconn.transaction_status != _IDLE:
        connection.commit()


def _undo(connection: Driver) -> None:
    if connection.pgconn.transaction_status != _IDLE:
        roll_back(connection)


class Work:
    """One transaction on one connection.

    `driver` is psycopg's own connection, for hot statements; `session` is SQLAlchemy's, made when first asked for,
    on the same connection and in the same transaction. On an engine for turns the transaction begins with the session,
    or with `begin`: each statement before that stands for itself. Leaving without `commit` rolls back.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pooled = engine.raw_connection()
        self.driver = cast("Driver", self._pooled.driver_connection)
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The session of this transaction."""
        if self._session is None:
            self.begin()
            connection = Connection(self._engine, connection=self._pooled)
            self._session = _Session(bind=connection, autoflush=False, info={_DRIVER: self.driver})
        return self._session

    def begin(self) -> None:
        """Begin the transaction, unless the driver does that by itself."""
        if self.driver.autocommit and self.driver.pgconn.transaction_status == _IDLE:
            self.driver.pgconn.exec_(b"BEGIN")

    def commit(self) -> None:
        """Keep what was done."""
        if self._session is not None:
            self._session.flush()
        _keep(self.driver)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if not self.driver.closed:
                _undo(self.driver)
        except psycopg.Error:
            self._pooled.invalidate()
        finally:
            if self.driver.closed:
                self._pooled.invalidate()
            self._pooled.close()


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Run one transaction: committed at the end, rolled back on any error."""
    with Work(engine) as work:
        yield work.session
        work.commit()


__all__: list[Any] = ["Driver", "Reader", "Work", "driver", "make_engine", "roll_back", "transaction"]
