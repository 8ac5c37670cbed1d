"""Statements of the hot path: parsed once, prepared once on each connection, run with as little as possible around them.

`psycopg` spends as long on a small statement as PostgreSQL does: a cursor, a generator, a parse of the text, the choice
of whether to prepare. A `Statement` does each of these once and leaves the driver what it does best, which is reading
and writing values. It takes part in whatever transaction the connection is in.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final, Generic, TypeVar
from weakref import WeakKeyDictionary

from psycopg import adapt, pq
from psycopg.abc import Transformer
from psycopg.errors import OperationalError, error_from_result

from core.db.engine import Driver

Row = TypeVar("Row")
_PLACE: Final = re.compile(r"%\((\w+)\)s|%%")
_OK: Final = frozenset({pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK})
_IDLE: Final = pq.TransactionStatus.IDLE
_numbers = count(1)
# Which statements a connection has prepared.
_prepared: WeakKeyDictionary[Driver, set[bytes]] = WeakKeyDictionary()


class Statement(Generic[Row]):
    """A statement with named places, `%(name)s`, and what its rows are made into: by default a tuple with names."""

    def __init__(self, text: str, row: Callable[..., Row] | None = None) -> None:
        names: dict[str, int] = {}

        def place(found: re.Match[str]) -> str:
            return "%" if found[1] is None else f"${names.setdefault(found[1], len(names) + 1)}"

        self._text = _PLACE.sub(place, text).encode()
        self._names = tuple(names)
        self._formats = [adapt.PyFormat.TEXT] * len(names)
        self._name = f"house_{next(_numbers)}".encode()
        self._row = row

    def one(self, connection: Driver, parameters: Mapping[str, Any]) -> Row | None:
        """Run it and give the first row, if there is one."""
        transformer, result = self._run(connection, parameters)
        return transformer.load_row(0, self._maker(result)) if result.ntuples else None

    def all(self, connection: Driver, parameters: Mapping[str, Any]) -> list[Row]:
        """Run it and give its rows."""
        transformer, result = self._run(connection, parameters)
        return transformer.load_rows(0, result.ntuples, self._maker(result))

    def count(self, connection: Driver, parameters: Mapping[str, Any]) -> int:
        """Run it and give how many rows it read or changed."""
        return self._run(connection, parameters)[1].command_tuples or 0

    def _run(self, connection: Driver, parameters: Mapping[str, Any]) -> tuple[Transformer, pq.abc.PGresult]:
        server = connection.pgconn
        if not connection.autocommit and server.transaction_status == _IDLE:
            self._check(server.exec_(b"BEGIN"), connection)
        prepared = _prepared.get(connection)
        if prepared is None:
            prepared = _prepared[connection] = set()
        if self._name not in prepared:
            self._check(server.prepare(self._name, self._text), connection)
            prepared.add(self._name)
        transformer: Transformer = adapt.Transformer(connection)
        values = transformer.dump_sequence([parameters[name] for name in self._names], self._formats)
        result = server.exec_prepared(self._name, values)  # type: ignore[arg-type]  # None is NULL, whatever its types say
        self._check(result, connection)
        transformer.set_pgresult(result)
        return transformer, result

    @staticmethod
    def _check(result: pq.abc.PGresult, connection: Driver) -> None:
        if result.status in _OK:
            return
        if connection.closed:
            raise OperationalError("the connection was lost")
        raise error_from_result(result, encoding=connection.info.encoding)

    def _maker(self, result: pq.abc.PGresult) -> Callable[[Any], Row]:
        if self._row is None:
            names = ((result.fname(n) or b"").decode() for n in range(result.nfields))
            self._row = namedtuple("Row", names)  # type: ignore[assignment, misc]  # noqa: PYI024 the names are the statement's
        make = self._row
        assert make is not None
        return lambda values: make(*values)
