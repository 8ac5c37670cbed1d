"""The engine, and the one transaction of a turn, a desk request or a job."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self, cast

import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.orm import Session

from core.db.connection import Driver

STATEMENT_TIMEOUT_MS = 6_000  # a phone is answered within 8 s, whatever hangs
LOCK_TIMEOUT_MS = 4_000
CONNECT_TIMEOUT_S = 3
IDLE_TIMEOUT_MS = 30_000  # a process that hangs inside a transaction must not keep its locks
# A network that swallows everything is noticed in seconds, not in the quarter of an hour that a kernel waits by itself.
_LINE: Final[Mapping[str, Any]] = {"tcp_user_timeout": 6_000, "keepalives_idle": 10, "keepalives_interval": 2, "keepalives_count": 3}
_DRIVER = "driver"


def make_engine(url: str, *, role: str | None = "pamoja_app", pool_size: int = 8, turns: bool = False) -> Engine:
    """Open a pool to PostgreSQL.

    The application works as the role `pamoja_app`, which may read everything but change the ledger only
    through its functions; migrations pass `role=None` and stay the owner. An engine for `turns` is tuned to many
    short ones: a transaction begins only where `Work.begin` says so, and a statement is planned once.
    """
    options = ["-c timezone=UTC"]
    if role is not None:
        options += [f"-c statement_timeout={STATEMENT_TIMEOUT_MS}", f"-c lock_timeout={LOCK_TIMEOUT_MS}", f"-c role={role}"]
        options.append(f"-c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS}")
    if turns:
        # PostgreSQL would else plan some of our joins anew each time, at five times the cost of running them.
        # And a plan made while a table was empty would read all of it for as long as the connection lives.
        options += ["-c plan_cache_mode=force_generic_plan", "-c enable_seqscan=off"]

    def connect() -> Driver:
        return Driver.connect(url, options=" ".join(options), connect_timeout=CONNECT_TIMEOUT_S, application_name="pamoja", **_LINE)

    return create_engine(
        "postgresql+psycopg://",
        creator=connect,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_use_lifo=True,
        pool_reset_on_return=None if turns else "rollback",
        isolation_level="AUTOCOMMIT" if turns else None,
    )


# What a query reads from: a hot path has no session, which costs as much as the query.
Reader = Session | Driver


def driver(reader: Reader) -> Driver:
    """The driver's connection under a session, for statements on a hot path."""
    if isinstance(reader, Driver):
        return reader
    # Asking the session for it each time would cost as much as half a statement.
    found: Driver = reader.info.get(_DRIVER) or cast("Driver", reader.connection().connection.driver_connection)
    return found


class _Session(Session):
    """The session of a `Work`. Hot statements pass it by, so what it commits and undoes is the driver's transaction itself."""

    def commit(self) -> None:
        super().commit()
        self.info[_DRIVER].keep()

    def rollback(self) -> None:
        super().rollback()
        self.info[_DRIVER].undo()


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
        if self.driver.autocommit:
            self.driver.begin()

    def commit(self) -> None:
        """Keep what was done."""
        if self._session is not None:
            self._session.flush()
        self.driver.keep()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if not self.driver.closed:
                self.driver.undo()
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


__all__: list[Any] = ["Driver", "Reader", "Work", "driver", "make_engine", "transaction"]
