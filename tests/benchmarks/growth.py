"""Compare the speed of a page in databases of different sizes: ``make bench GROWTH=1``."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks import database, report
from tests.benchmarks.__main__ import BOOKERS, FREE_SLOTS, Bench, create_data
from tests.benchmarks.report import Measured
from tests.benchmarks.servers import environment, serving
from tests.benchmarks.workloads import WORKLOADS

SIZES = (20_000, 2_000_000)
RUNS, SECONDS = 7, 4
(PAGE,) = (each for each in WORKLOADS if each.name == "R1@50")


def main() -> None:
    server = os.environ["POSTGRES_URL"]
    with ExitStack() as stack:
        database.fill(server, environment())
        benches = {appointments: _bench(stack, server, appointments) for appointments in SIZES}
        measured = {appointments: Measured(statements=0) for appointments in SIZES}
        for _ in range(RUNS):
            for appointments, bench in benches.items():
                measured[appointments].runs.append(bench.run(PAGE, "ours", seconds=SECONDS))
    lines = list(_lines(measured))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    begin, end = report.GROWTH
    report.put([report.setting(runs=RUNS, seconds=SECONDS), "", *lines], begin=begin, end=end)


def _bench(stack: ExitStack, server: str, appointments: int) -> Bench:
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="cybermed-growth-")))
    url = stack.enter_context(database.copied(server, appointments=appointments))
    settings = environment(DATABASE_URL=url)
    servers = {"ours": stack.enter_context(serving("ours", folder, settings))}
    return Bench(create_data(settings, BOOKERS, FREE_SLOTS), servers, folder)


def _lines(measured: dict[int, Measured]) -> Iterator[str]:
    yield "| appointments | requests/s | CPU ms/request | p50 ms | p99 ms |"
    yield "|--:|--:|--:|--:|--:|"
    for appointments, each in measured.items():
        yield (
            f"| {appointments:,} | {each.rate:.1f} | {each.cpu:.2f} "
            f"| {each.p50:.1f} | {each.p99:.1f} |"
        )
    yield ""
    small, big = (measured[appointments].runs for appointments in SIZES)
    ratio = median(b.rate / a.rate for a, b in zip(small, big, strict=True))
    yield f"The rate with more appointments is {ratio:.2f} of the rate with fewer."


if __name__ == "__main__":
    main()
