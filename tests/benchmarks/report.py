"""The results as lines for programs, and as a table and a chart in RESULTS.md."""

import datetime as dt
import os
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median

from matplotlib import pyplot

PAGE = Path(__file__).with_name("RESULTS.md")
CHART = Path(__file__).with_name("results.svg")
BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"
GROWTH = "<!-- growth: written by make bench GROWTH=1 -->", "<!-- end of growth -->"
PACKAGES = (
    *("Django", "djangorestframework", "strawberry-graphql", "strawberry-graphql-django"),
    *("graphql-core", "psycopg", "gunicorn"),
)
# Without view, whose rate is so high that the other bars would be too small to compare.
BARS = ("ours", "drf", "stock")

Results = dict[str, "dict[str, Measured]"]


@dataclass(frozen=True, slots=True)
class Run:
    """Requests per second; milliseconds of CPU time per request; latencies in milliseconds."""

    rate: float
    cpu: float
    p50: float
    p99: float


@dataclass(slots=True)
class Measured:
    """The runs of one server with one workload; each property is their median."""

    statements: int
    runs: list[Run] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return median(run.rate for run in self.runs)

    @property
    def cpu(self) -> float:
        return median(run.cpu for run in self.runs)

    @property
    def p50(self) -> float:
        return median(run.p50 for run in self.runs)

    @property
    def p99(self) -> float:
        return median(run.p99 for run in self.runs)


def ratios(measured: Results) -> Iterator[tuple[str, str, str, float]]:
    """Yield workload, ``rate`` or ``cpu``, peer, and our value divided by the peer's.

    The median over pairs of consecutive runs, because the speed of the machine varies over time.
    """
    for workload, servers in measured.items():
        ours = servers["ours"].runs
        for peer, measurement in servers.items():
            if peer != "ours":
                pairs = list(zip(ours, measurement.runs, strict=True))
                yield workload, "rate", peer, median(a.rate / b.rate for a, b in pairs)
                yield workload, "cpu", peer, median(a.cpu / b.cpu for a, b in pairs)


def lines(measured: Results) -> Iterator[str]:
    yield f"{'':8}{'':8}{'req/s':>9}{'CPU ms':>9}{'p50 ms':>9}{'p99 ms':>9}{'SQL':>5}"
    for workload, servers in measured.items():
        for name, each in servers.items():
            yield (
                f"{workload:8}{name:8}{each.rate:9.1f}{each.cpu:9.2f}"
                f"{each.p50:9.1f}{each.p99:9.1f}{each.statements:5}"
            )
    for workload, what, peer, number in ratios(measured):
        yield f"ratio {workload} {what} {peer} {number:.2f}"


def write(measured: Results, *, runs: int, seconds: int) -> None:
    """Put the figures into RESULTS.md, whose text is written by hand, and draw the chart."""
    put(page(measured, runs=runs, seconds=seconds), begin=BEGIN, end=END)
    draw(measured)


def put(lines: Iterable[str], *, begin: str, end: str) -> None:
    """Replace the lines of RESULTS.md between two marks."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    body = "\n".join(lines)
    PAGE.write_text(f"{before}{begin}\n{body}\n{end}{after}", encoding="utf-8")


def page(measured: Results, *, runs: int, seconds: int) -> Iterator[str]:
    yield "![Requests per second of each workload, relative to Django REST Framework](results.svg)"
    yield ""
    yield setting(runs=runs, seconds=seconds)
    yield ""
    yield "| workload | server | requests/s | CPU ms/request | p50 ms | p99 ms | SQL |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for workload, servers in measured.items():
        for name, each in servers.items():
            yield (
                f"| {workload} | {name} | {each.rate:.1f} | {each.cpu:.2f} | {each.p50:.1f} "
                f"| {each.p99:.1f} | {each.statements} |"
            )
    yield ""
    yield "| ours ÷ | workload | rate | CPU |"
    yield "|---|---|--:|--:|"
    found = {(what, peer, workload): number for workload, what, peer, number in ratios(measured)}
    for what, peer, workload in sorted(found):
        if what == "rate":
            rate, cpu = found[what, peer, workload], found["cpu", peer, workload]
            yield f"| {peer} | {workload} | {rate:.2f} | {cpu:.2f} |"


def setting(*, runs: int, seconds: int) -> str:
    """Return the date, the versions and the duration of the measurement."""
    when = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {os.cpu_count()} processors, {versions()}."
    return f"{when}\nMedians of {runs} runs of {seconds} seconds each."


def draw(measured: Results) -> None:
    """Draw the rates relative to Django REST Framework's."""
    pyplot.rcParams["svg.fonttype"] = "none"
    pyplot.rcParams["svg.hashsalt"] = "cybermed"
    figure, axes = pyplot.subplots(figsize=(9, 4.5), layout="constrained")
    names = [name for name in BARS if any(name in servers for servers in measured.values())]
    width = 0.8 / len(names)
    for position, name in enumerate(names):
        bars = [
            (row + position * width, servers[name].rate / servers["drf"].rate)
            for row, servers in enumerate(measured.values())
            if name in servers
        ]
        axes.bar(*zip(*bars, strict=True), width, label=name)
    axes.axhline(1, color="black", linewidth=0.5)
    axes.set_xticks([row + 0.4 - width / 2 for row in range(len(measured))], list(measured))
    axes.set_ylabel("requests a second, DRF = 1")
    axes.legend()
    figure.savefig(CHART, metadata={"Date": None})


def versions() -> str:
    packages = (f"{name} {version(name)}" for name in PACKAGES)
    return ", ".join([f"Python {platform.python_version()}", *packages])
