"""The results of ``make bench AGAINST=<commit>`` as lines, and as a table in RESULTS.md."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median, quantiles

from tests.benchmarks import report

BEGIN = "<!-- against: written by make bench AGAINST=<commit> -->"
END = "<!-- end of against -->"
PEERS = ("drf", "view", "floor", "against")


@dataclass(slots=True)
class Measured:
    """One workload: per server the SQL statements and, by round, CPU milliseconds of a request."""

    title: str
    statements: dict[str, int]
    milliseconds: dict[str, list[float]] = field(init=False)

    def __post_init__(self) -> None:
        self.milliseconds = {name: [] for name in self.statements}

    def cpu(self, name: str) -> float:
        return median(self.milliseconds[name])

    def ratios(self, name: str) -> list[float]:
        """Return ours divided by the CPU time of ``name``, by round."""
        pairs = zip(self.milliseconds["ours"], self.milliseconds[name], strict=True)
        return [ours / other for ours, other in pairs]


def rows(measured: dict[str, Measured]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of the table: CPU milliseconds, ratios, noise and SQL statements."""
    yield (
        *("workload", "ours", *PEERS, *(f"÷ {name}" for name in PEERS)),
        *("÷ again", "SQL: ours", *PEERS),
    )
    for workload, each in measured.items():
        known = [name if name in each.milliseconds else None for name in PEERS]
        yield (
            workload,
            f"{each.cpu('ours'):.2f}",
            *(f"{each.cpu(name):.2f}" if name else "" for name in known),
            *(f"{median(each.ratios(name)):.2f}" if name else "" for name in known),
            _noise(each.ratios("again")),
            str(each.statements["ours"]),
            *(str(each.statements[name]) if name else "" for name in known),
        )


def _noise(ratios: list[float]) -> str:
    """Return the median of the ratios and the range of the middle half of them."""
    if len(ratios) < 2:
        return f"{median(ratios):.2f}"
    first, _, third = quantiles(ratios, n=4)
    return f"{median(ratios):.2f} ({first:.2f} to {third:.2f})"


def lines(measured: dict[str, Measured]) -> Iterator[str]:
    table = list(rows(measured))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join([row[0].ljust(widths[0]), *cells[1:]])


def write(measured: dict[str, Measured], *, commit: str, rounds: int) -> None:
    """Put the table into RESULTS.md."""
    report.put(_page(measured, commit, rounds), begin=BEGIN, end=END)


def _page(measured: dict[str, Measured], commit: str, rounds: int) -> Iterator[str]:
    yield f"{report.versions()}, {dt.datetime.now(dt.UTC):%Y-%m-%d}. `against` is {commit[:7]}."
    yield f"Medians of {rounds} rounds, in milliseconds of CPU time per request."
    yield ""
    head, *body = rows(measured)
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'--:|' * (len(head) - 1)}"
    for row in body:
        yield f"| {' | '.join(row)} |"
