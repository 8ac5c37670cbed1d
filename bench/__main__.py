"""`make bench`: every figure with its floor or its peer, all in one run, by turns so that the machine's moods cancel out."""

import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import messages, people, posting
from bench.lab import CLIENTS, WORKERS, Lab, Server, lab, load, serve_floor, serve_ours
from bench.load import Order, Tally
from bench.node import missing, serve_node
from bench.ready import children_of
from bench.report import Report, Row, percentile, rate, times_of

MEMBERS: Final = 100_000
ROUNDS: Final = 3
SECONDS: Final = 4.0
DESKS: Final = 4  # treasurers of each client
WAITING: Final = 300  # declarations for each of them to begin with
BARE_LEAST: Final = 0.5
P99_MS_MAX: Final = 50.0
MEMORY_MB_MAX: Final = 150.0
GROWTH_MB_MAX: Final = 10.0
HOPS: Final = (20_000, 100_000)  # of each worker
SESSION: Final = ("dial", "save.amount", "save.confirm", "save.done", "confirm")


@dataclass(frozen=True, slots=True)
class Bench:
    """One run: the servers, the people, the report."""

    lab: Lab
    ours: Server
    floor: Server
    node: Mapping[str, Server]
    report: Report
    seconds: float

    def play(self, server: Server, script: str, *, first: int, **more: Any) -> Tally:  # noqa: ANN401 fields of the order
        """Play a script against a server; a reply that is not the right one spoils the run."""
        groups = self.report.members // people.GROUP_SIZE
        options = {"clients": CLIENTS, "desks": DESKS, "groups": groups, "members": self.report.members}
        timing = more or {"seconds": self.seconds}
        tally = load(Order(script=script, port=server.port, path=server.path, first=first, options=options, clients=CLIENTS, **timing))
        if tally.wrong:
            raise RuntimeError(f"{script}: {'; '.join(tally.wrong)}")
        return tally

    def rounds(self) -> dict[str, list[Tally]]:
        """Play everything by turns. Menus are walked in other groups than those whose treasurers work."""
        found: dict[str, list[Tally]] = defaultdict(list)
        for _ in range(ROUNDS):
            found["form"].append(self.play(self.floor, "form", first=1))
            found["menu"].append(self.play(self.ours, "menu", first=100))
            found["save"].append(self.play(self.ours, "save", first=1))
            found["confirm"].append(self.play(self.ours, "confirm", first=1))
            for style, server in self.node.items():
                found[style].append(self.play(server, "peer", first=1))
        return found


def main(arguments: Sequence[str]) -> None:
    """Measure and report; `--quick` takes a few seconds, and says little."""
    quick = "--quick" in arguments
    members = 10_000 if quick else int(os.environ.get("MEMBERS") or MEMBERS)
    with lab() as place:
        url = place.running.database_url
        people.fill(url, members=members, pepper=place.settings.pepper)
        desks = range(1, CLIENTS * DESKS + 1)
        people.declare(url, groups=desks, each=WAITING)
        why_not = missing()
        node = {} if why_not else serve_node(place, members=members)
        report = Report(members)
        bench = Bench(place, serve_ours(place), serve_floor(place), node, report, 1.0 if quick else SECONDS)
        try:
            found = bench.rounds()
            _menus(report, found)
            _sessions(report, found, why_not)
            bare = posting.run(url, rounds=1 if quick else ROUNDS)
            _postings(report, found, bare)
            _slow_hops(bench, found)
            messages.run(place, report, web_port=bench.ours.port, quick=quick)
            _memory(bench, hops=(2_000, 4_000) if quick else HOPS)
        finally:  # what was measured is said, whatever breaks after it
            report.write()


def _menus(report: Report, found: Mapping[str, list[Tally]]) -> None:
    floor, menu = ([rate(tally) for tally in found[name]] for name in ("form", "menu"))
    report.compare("(a) menu hop", menu, "empty Flask POST", floor, least=0.25, times=times_of(found["menu"]), note="dialling included")


def _sessions(report: Report, found: Mapping[str, list[Tally]], why_not: str) -> None:
    floor = [rate(tally) for tally in found["form"]]
    ours, times = [5 * rate(tally, ["confirm"]) for tally in found["save"]], times_of(found["save"], SESSION)
    report.compare("(b) save session, per hop", ours, "empty Flask POST", floor, least=0.15, times=times, note="5 hops a session")
    for style in ("typical", "tuned"):
        if style not in found:
            report.add(Row(f"(b) save session, Node {style}", 0.0, note=why_not))
            continue
        name = f"(b) save session, per hop, Node {style}"
        peer = [rate(tally) for tally in found[style]]
        report.compare(name, ours, f"Node {style}", peer, least=1.0, times=times_of(found[style]), note="p50 and p99 are Node's")


def _postings(report: Report, found: Mapping[str, list[Tally]], bare: Mapping[str, float]) -> None:
    pgbench, python = bare["pgbench_per_second"], bare["python_per_second"]
    report.add(
        Row(
            "(c) bare post_entry",
            python,
            "pgbench",
            pgbench,
            bare["ratio"],
            ">= 0.5",
            bare["ratio"] >= BARE_LEAST,
            bare["p50_ms"],
            bare["p99_ms"],
        )
    )
    confirms = [rate(tally, ["confirm"]) for tally in found["confirm"]]
    times = times_of(found["confirm"], ["confirm"])
    report.compare("(d) confirmed deposit, whole turn", confirms, "pgbench", [pgbench] * len(confirms), least=0.10, times=times)


def _slow_hops(bench: Bench, found: Mapping[str, list[Tally]]) -> None:
    """The slowest label's p99, at half of the rate that each script reached."""
    for script, first in (("menu", 200), ("save", 1)):
        half = sorted(rate(tally) for tally in found[script])[ROUNDS // 2] / 2
        tally = bench.play(bench.ours, script, first=first, seconds=2 * bench.seconds, rate=half)
        worst = max((percentile(times, 0.99), label) for label, times in tally.times.items() if not label.startswith("open"))
        median = percentile(times_of([tally]), 0.5)
        met = worst[0] < P99_MS_MAX
        bench.report.add(
            Row(f"p99 at half rate, {script}", half, wanted="< 50 ms", met=met, p50_ms=median, p99_ms=worst[0], note=f"slowest: {worst[1]}")
        )


def _memory(bench: Bench, *, hops: tuple[int, int]) -> None:
    """A fresh web, after so many hops of each worker, and after many more."""
    server = serve_ours(bench.lab)
    seen = 0
    sizes: list[float] = []
    for wanted in hops:
        bench.play(server, "menu", first=100, requests=(wanted - seen) * WORKERS)
        seen = wanted
        sizes.append(max(_resident_mb(server.child.pid)))
    met = sizes[1] < MEMORY_MB_MAX and sizes[1] - sizes[0] < GROWTH_MB_MAX
    note = f"{sizes[0]:.0f} MB after {hops[0]:,} hops of a worker, {sizes[1]:.0f} MB after {hops[1]:,}"
    bench.report.add(Row("memory of a web worker", 0.0, wanted="< 150 MB, steady", met=met, note=note))


def _resident_mb(parent: int) -> list[float]:
    """The resident memory of a server's workers."""
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in children_of(parent))
    return [count * os.sysconf("SC_PAGE_SIZE") / 1e6 for count in pages]


if __name__ == "__main__":
    main(sys.argv[1:])
