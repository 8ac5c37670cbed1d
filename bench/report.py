"""What a benchmark says: figures with their peer or floor, whether the wish is met, on what machine."""

import json
import os
import platform
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.load import Tally

RESULTS: Final = Path(__file__).parent / "results.json"
_PACKAGES: Final = ("flask", "granian", "psycopg", "sqlalchemy", "transitions")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was measured, the figure, beside which other, their ratio, what is wanted of it."""

    name: str
    rate: float
    beside: str = ""
    beside_rate: float = 0.0
    ratio: float = 0.0
    wanted: str = ""
    met: bool | None = None
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    note: str = ""


@dataclass(slots=True)
class Report:
    """All lines, and where they were measured."""

    members: int
    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Add a line."""
        self.rows.append(row)

    def compare(
        self, name: str, rates: list[float], beside: str, others: list[float], *, least: float | None, times: list[float], note: str = ""
    ) -> None:
        """Add the ratio of two things that were measured by turns: the median of the rounds' ratios."""
        ratio = statistics.median(mine / other for mine, other in zip(rates, others, strict=True))
        self.add(
            Row(
                name=name,
                rate=statistics.median(rates),
                beside=beside,
                beside_rate=statistics.median(others),
                ratio=ratio,
                wanted="" if least is None else f">= {least}",
                met=None if least is None else ratio >= least,
                p50_ms=percentile(times, 0.5),
                p99_ms=percentile(times, 0.99),
                note=note,
            )
        )

    def write(self) -> None:
        """Print the table and keep the figures."""
        table = Table(title=f"{self.members:,} members, {os.cpu_count()} CPUs, Python {platform.python_version()}")
        for column in ("what", "/s", "beside", "/s", "ratio", "wanted", "met", "p50 ms", "p99 ms", "note"):
            table.add_column(column, justify="right" if column in {"/s", "ratio", "p50 ms", "p99 ms"} else "left")
        for row in self.rows:
            met = "" if row.met is None else "met" if row.met else "NOT MET"
            table.add_row(
                row.name,
                _figure(row.rate, 0),
                row.beside,
                _figure(row.beside_rate, 0),
                _figure(row.ratio, 2),
                row.wanted,
                met,
                _figure(row.p50_ms, 1),
                _figure(row.p99_ms, 1),
                row.note,
            )
        Console(width=200).print(table)
        machine = {
            "cpus": os.cpu_count(),
            "machine": platform.platform(),
            "python": platform.python_version(),
            "load_average": os.getloadavg(),
        }
        packages = {name: version(name) for name in _PACKAGES}
        kept = {"members": self.members, "machine": machine, "packages": packages, "rows": [asdict(row) for row in self.rows]}
        RESULTS.write_text(json.dumps(kept, indent=2) + "\n")


def _figure(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}" if value else ""


def rate(tally: Tally, labels: Iterable[str] = ()) -> float:
    """Requests a second, of all labels or of some."""
    wanted = set(labels)
    return sum(len(times) for label, times in tally.times.items() if not wanted or label in wanted) / tally.seconds


def times_of(tallies: Iterable[Tally], labels: Iterable[str] = ()) -> list[float]:
    """The times of some labels, or of all."""
    wanted = set(labels)
    return [each for tally in tallies for label, times in tally.times.items() if not wanted or label in wanted for each in times]


def percentile(times: list[float], part: float) -> float:
    """A percentile in milliseconds."""
    return sorted(times)[int(part * (len(times) - 1))] * 1_000 if times else 0.0
