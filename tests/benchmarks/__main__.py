"""Measure the server and its peers and print the results.

    POSTGRES_URL=postgres://root@127.0.0.1:5432/postgres python -m tests.benchmarks

The responses to each workload are compared first. Then the servers are measured in turn, several
times, so that variations of the machine affect all of them; the results are medians.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from tests.benchmarks import database, report
from tests.benchmarks.data import BenchmarkData
from tests.benchmarks.load import load
from tests.benchmarks.report import Measured, Run
from tests.benchmarks.servers import KINDS, Server, can_serve, environment, serving
from tests.benchmarks.workloads import (
    MAX_PAGE,
    R1,
    WORKLOADS,
    Request,
    Workload,
    first_difference,
    graphql,
)
from tests.support.processes import ROOT

BOOKERS, FREE_SLOTS = 400, 40_000
# More than any of the servers can book.
BOOKINGS_A_SECOND = 1_000


def main() -> None:
    options = _options()
    server = os.environ["POSTGRES_URL"]
    workloads = [each for each in WORKLOADS if each.name in options.only or not options.only]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="cybermed-bench-")))
        database.fill(server, environment())
        url = stack.enter_context(database.copied(server))
        settings = environment(DATABASE_URL=url)
        data = create_data(settings, BOOKERS, FREE_SLOTS)
        needed = {name for each in workloads for name in each.peers}
        names = [name for name in KINDS if name in needed and can_serve(name)]
        servers = {name: stack.enter_context(serving(name, folder, settings)) for name in names}
        bench = Bench(data, servers, folder)
        measured = {
            each.name: bench.measure(each, runs=options.runs, seconds=options.seconds)
            for each in workloads
        }
    sys.stdout.writelines(f"{line}\n" for line in report.lines(measured))
    if options.write:
        report.write(measured, runs=options.runs, seconds=options.seconds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each server and workload")
    parser.add_argument("--seconds", type=int, default=4, help="duration of a run")
    parser.add_argument("--only", nargs="*", default=(), help="names of workloads, such as R1@50")
    parser.add_argument("--write", action="store_true", help="update RESULTS.md and its chart")
    return parser.parse_args()


def create_data(settings: dict[str, str], bookers: int, free_slots: int) -> BenchmarkData:
    """Run ``create_data.py`` on the database of the settings."""
    start = "import sys, django; django.setup(); from {} import main; main(sys.argv[1:])"
    done = subprocess.run(  # noqa: S603 - our own program
        [
            *(sys.executable, "-c", start.format("tests.benchmarks.create_data")),
            *(str(bookers), str(free_slots)),
        ],
        cwd=ROOT,
        env={
            **settings,
            "DJANGO_SETTINGS_MODULE": "tests.benchmarks.peers.settings",
            "PEER": "rest",
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return BenchmarkData.from_json(json.loads(done.stdout))


class Bench:
    """The servers and the data of their requests; booked slots are removed from the data."""

    def __init__(self, data: BenchmarkData, servers: dict[str, Server], folder: Path) -> None:
        self.data, self.servers, self.folder = data, servers, folder
        for name, server in servers.items():
            if server.peer in {"ours", "stock"} and name != "again":
                page = self._send(server, graphql(server.peer, data.doctor, R1, first=MAX_PAGE))
                cursor = page["data"]["appointments"]["pageInfo"]["endCursor"]
                data.cursors[server.peer] = cursor

    def measure(self, workload: Workload, *, runs: int, seconds: int) -> dict[str, Measured]:
        """Return the runs and the number of SQL statements of each server."""
        measured = {
            name: Measured(statements=statements)
            for name, statements in self._compare(workload).items()
        }
        for number in range(runs):
            # In alternating order, because the first server of a round finds cold caches.
            order = list(measured.items())[:: -1 if number % 2 else 1]
            for name, each in order:
                each.runs.append(self.run(workload, name, seconds=seconds))
        _print_rates(workload, measured)
        return measured

    def _compare(self, workload: Workload) -> dict[str, int]:
        """Compare the responses of all servers and return their numbers of SQL statements."""
        responses, statements = {}, {}
        for name in filter(self.servers.__contains__, workload.peers):
            server = self.servers[name]
            # The first request opens the connection; the second one is counted.
            for request in self._take(workload, server.peer, 2):
                responses[name] = workload.read(self._send(server, request))
            statements[name] = server.statements()
        for name, response in responses.items():
            if difference := first_difference(response, responses["ours"]):
                raise AssertionError(f"{workload.name}: {name} returned {difference}")
        return statements

    def run(self, workload: Workload, name: str, *, seconds: int) -> Run:
        """Measure one server."""
        server = self.servers[name]
        limit = BOOKINGS_A_SECOND * seconds if not workload.repeatable else len(self.data.patients)
        requests = self.folder / "requests"
        taken = self._requests(workload, server.peer, limit)
        requests.write_text("\0".join(request.as_text() for request in taken))
        cpu, responses = server.cpu_seconds(), server.responses()
        done = load(server.address, requests, seconds=seconds, expected=workload.expected)
        server.wait_until_idle()
        cpu, responses = server.cpu_seconds() - cpu, server.responses() - responses
        if not workload.repeatable:
            del self.data.free_slots[: done.sent]
        return Run(rate=done.rate, cpu=cpu / responses * 1e3, p50=done.p50, p99=done.p99)

    def _requests(self, workload: Workload, peer: str, limit: int) -> list[Request]:
        return list(islice(workload.requests(peer, self.data), limit))

    def _take(self, workload: Workload, peer: str, count: int) -> Iterable[Request]:
        requests = self._requests(workload, peer, count)
        if workload.repeatable:
            return [requests[0]] * count
        del self.data.free_slots[:count]
        return requests

    def _send(self, server: Server, request: Request) -> Any:
        response = httpx.request(
            request.method,
            f"http://{server.address}{request.path}",
            headers=request.headers,
            content=request.body,
            timeout=30,
        )
        if not response.is_success:
            text, log = response.text[:500], server.log()[-2000:]
            raise AssertionError(f"{server.name}: {response.status_code} {text}\n{log}")
        return response.json()


def _print_rates(workload: Workload, measured: dict[str, Measured]) -> None:
    rates = ", ".join(f"{name} {each.rate:.0f}/s" for name, each in measured.items())
    sys.stderr.write(f"{workload.name}: {rates}\n")


if __name__ == "__main__":
    main()
