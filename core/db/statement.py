"""Statements of the hot path: parsed once, prepared once on each connection, run with as little as possible around them.

`psycopg` spends as long on a small statement as PostgreSQL does: a cursor, a generator, a parse of the text, the choice
of whether to prepare. A `Statement` does each of these once and leaves the driver what it does best, which is reading
and writing values. It takes part in whatever transaction the connection is in.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, Final, Generic, TypeVar

from psycopg import adapt, pq
from psycopg.abc import Buffer

from core.db.connection import Driver

Row = TypeVar("Row")
_PLACE: Final = re.compile(r"%\((\w+)\)s|%%")
_numbers = count(1)


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
        return self.later(connection, parameters).one()

    def all(self, connection: Driver, parameters: Mapping[str, Any]) -> list[Row]:
        """Run it and give its rows."""
        return self.later(connection, parameters).all()

    def count(self, connection: Driver, parameters: Mapping[str, Any]) -> int:
        """Run it and give how many rows it read or changed."""
        return self.later(connection, parameters).count()

    def later(self, connection: Driver, parameters: Mapping[str, Any]) -> "Later[Row]":
        """Keep it back until somebody asks for its rows, or for those of one after it, or commits.

        Its errors are raised then: it must be one that no refusal hangs on.
        """
        connection.prepare(self._name, self._text)
        if not connection.autocommit:
            connection.begin()
        values = connection.values.dump_sequence([parameters[name] for name in self._names], self._formats)
        waiting = Later(self, connection, self._name, values)
        connection.put(waiting)
        return waiting

    def maker(self, result: pq.abc.PGresult) -> Callable[[Any], Row]:
        """Say how a row's values become a row."""
        if self._row is None:
            names = ((result.fname(n) or b"").decode() for n in range(result.nfields))
            self._row = namedtuple("Row", names)  # type: ignore[assignment, misc]  # noqa: PYI024 the names are the statement's
        make = self._row
        assert make is not None
        return lambda values: make(*values)


class Later(Generic[Row]):
    """A statement that was kept back. Asking for its rows sends it, unless it has been sent."""

    __slots__ = ("_connection", "_statement", "name", "result", "values")

    def __init__(self, statement: Statement[Row], connection: Driver, name: bytes, values: Sequence[Buffer | None]) -> None:
        self._statement, self._connection = statement, connection
        self.name, self.values = name, values
        self.result: pq.abc.PGresult | None = None

    def one(self) -> Row | None:
        """The first row, if there is one."""
        result = self._arrived()
        return self._connection.values.load_row(0, self._statement.maker(result)) if result.ntuples else None

    def all(self) -> list[Row]:
        """All rows."""
        result = self._arrived()
        return self._connection.values.load_rows(0, result.ntuples, self._statement.maker(result))

    def count(self) -> int:
        """How many rows it read or changed."""
        return self._arrived().command_tuples or 0

    def _arrived(self) -> pq.abc.PGresult:
        if self.result is None:
            self._connection.flush()
        result = self.result
        assert result is not None, "what was forgotten has no rows"
        self._connection.values.set_pgresult(result)
        return result
