"""Measure today's tree beside an earlier commit: ``make bench AGAINST=<commit>``.

    POSTGRES_URL=postgres://root@127.0.0.1:5432/postgres python -m tests.benchmarks.against HEAD

Each server is a process of its own with its own copy of the same data. The processes take turns, so
that changes of the machine's speed affect all of them. CPU time is that of a process; the database
server's is not included.
"""

import argparse
import datetime as dt
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks import against_report, database, more_workloads, trees
from tests.benchmarks.__main__ import create_data
from tests.benchmarks.against_report import Measured
from tests.benchmarks.data import BenchmarkData, Caller, global_id
from tests.benchmarks.in_process import APPLICATIONS, Worker, working
from tests.benchmarks.servers import environment
from tests.benchmarks.trees import Tree
from tests.benchmarks.workloads import (
    L1,
    MAX_PAGE,
    R1,
    WORKLOADS,
    Request,
    Workload,
    first_difference,
    graphql,
    whole,
)
from tests.benchmarks.written_rows import written_rows

ROUNDS = 60
BOOKERS, FREE_SLOTS = 20, 1_000
# CPU seconds of a server in a round; a single request of some workloads takes longer.
TURN_SECONDS = 0.04
BOOKINGS_A_ROUND = 4


def main() -> None:
    options = _options()
    server, settings = os.environ["POSTGRES_URL"], environment()
    with ExitStack() as stack:
        against = stack.enter_context(trees.checked_out(options.commit, settings))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="cybermed-bench-")))
        earlier, now = trees.fill(server, against, settings)
        of_today = environment(DATABASE_URL=database.url_of(server, now))
        data = create_data(of_today, BOOKERS, FREE_SLOTS)
        workers, urls = {}, {}
        for name in APPLICATIONS:
            template, tree = (earlier, against) if name == "against" else (now, trees.today())
            copy = trees.copied(server, template, f"cybermed_bench_{name}")
            urls[name] = stack.enter_context(copy)
            running = working(name, tree, folder, environment(DATABASE_URL=urls[name]))
            workers[name] = stack.enter_context(running)
        bench = InProcessBench(data, workers)
        workloads = [
            each
            for each in bench.workloads(against)
            if not options.only or each.name in options.only
        ]
        measured = bench.compare(workloads)
        if any(not each.repeatable for each in workloads):
            _compare_rows(urls)
        bench.measure(workloads, measured, options.rounds)
    sys.stdout.writelines(f"{line}\n" for line in against_report.lines(measured))
    if options.write:
        against_report.write(measured, commit=against.commit, rounds=options.rounds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit", help="the commit to measure against")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each server")
    parser.add_argument("--only", nargs="*", default=(), help="names of workloads, such as R1@50")
    parser.add_argument("--write", action="store_true", help="update RESULTS.md")
    return parser.parse_args()


class InProcessBench:
    """The workers and the data of each one's requests; booked slots are removed from the data."""

    def __init__(self, data: BenchmarkData, workers: dict[str, Worker]) -> None:
        self.workers = workers
        self.data = {name: deepcopy(data) for name in workers}
        self.data["against"] = self._signed_in(data)
        for name in more_workloads.OURS:
            page = self._page(name, MAX_PAGE)
            self.data[name].cursors["ours"] = page["pageInfo"]["endCursor"]

    def _signed_in(self, data: BenchmarkData) -> BenchmarkData:
        """Return the data with tokens of the earlier commit, whose database has other sessions."""
        worker = self.workers["against"]

        def sign_in(caller: Caller) -> Caller:
            credentials = {"email": caller.email, "password": data.password}
            [response] = worker.responses([graphql("ours", None, L1, **credentials)])
            return replace(caller, tokens={"ours": response["data"]["tokenAuth"]["token"]})

        patients = [sign_in(patient) for patient in data.patients]
        return replace(deepcopy(data), doctor=sign_in(data.doctor), patients=patients)

    def _page(self, name: str, rows: int) -> Any:
        request = graphql("ours", self.data[name].doctor, R1, first=rows)
        [response] = self.workers[name].responses([request])
        return response["data"]["appointments"]

    def workloads(self, against: Tree) -> list[Workload]:
        """Return those that are measured anyway, and those that only our servers can run."""
        appointment = self._page("ours", 1)["edges"][0]["node"]["id"]
        today = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
        return [
            *(_beside_earlier(each) for each in WORKLOADS),
            more_workloads.many_slots(self._days_with_slots(200)),
            more_workloads.history(),
            *more_workloads.front_end(against.root, today, appointment),
        ]

    def _days_with_slots(self, count: int) -> int:
        """Return in how many days the doctor has so many open slots."""
        data = self.data["ours"]
        doctor = global_id("Doctor", data.doctor_id)
        document = more_workloads.MANY_SLOTS
        request = graphql("ours", data.patients[0], document, id=doctor, days=92)
        [response] = self.workers["ours"].responses([request])
        slots = response["data"]["doctor"]["availableSlots"]
        if len(slots) < count:
            sys.exit(f"The doctor has {len(slots)} open slots in 92 days, fewer than {count}.")
        last = dt.date.fromisoformat(slots[count - 1]["date"])
        return (last - dt.datetime.now(dt.UTC).date()).days + 1

    def compare(self, workloads: Sequence[Workload]) -> dict[str, Measured]:
        """Compare the responses of all servers. Return the workloads by name, not yet measured."""
        return {each.name: self._compare(each) for each in workloads}

    def measure(
        self, workloads: Sequence[Workload], measured: dict[str, Measured], rounds: int
    ) -> None:
        """Add the CPU time of each server and workload in each round."""
        for worker in self.workers.values():
            worker.freeze()
        counts = {each.name: self._warm_up(each) for each in workloads}
        for number in range(rounds):
            for workload in workloads:
                each = measured[workload.name]
                names = list(each.statements)
                # Each one is the first as often as the others: the first finds cold caches.
                first = number % len(names)
                for name in names[first:] + names[:first]:
                    cpu = self._cpu(workload, name, counts[workload.name])
                    each.milliseconds[name].append(cpu * 1e3)
            sys.stderr.write(f"\rround {number + 1} of {rounds}")
        sys.stderr.write("\n")

    def _compare(self, workload: Workload) -> Measured:
        """Compare the responses of all servers and count their SQL statements."""
        responses, statements = {}, {}
        for name in filter(self.workers.__contains__, workload.peers):
            # The first request opens the connection; the second one is counted.
            for request in self._take(workload, name, 2):
                [response] = self.workers[name].responses([request])
                responses[name] = workload.read(response)
            statements[name] = self.workers[name].statements()
        for name, response in responses.items():
            if difference := first_difference(response, responses["ours"]):
                raise AssertionError(f"{workload.name}: {name} returned {difference}")
        return Measured(workload.title, statements)

    def _warm_up(self, workload: Workload) -> int:
        """Return how many requests of the workload a server processes in a turn."""
        if not workload.repeatable:
            return BOOKINGS_A_ROUND
        cpu = min(self._cpu(workload, "ours", 2) for _ in range(2))
        return max(1, round(TURN_SECONDS / cpu))

    def _cpu(self, workload: Workload, name: str, count: int) -> float:
        """Return the CPU seconds of a request, on average of ``count``."""
        requests = self._take(workload, name, count)
        spent = self.workers[name].cpu_seconds(requests, expected=workload.expected)
        return spent / len(requests)

    def _take(self, workload: Workload, name: str, count: int) -> list[Request]:
        worker, data = self.workers[name], self.data[name]
        requests = list(islice(workload.requests(worker.peer, data), count))
        if workload.repeatable:
            return [requests[0]] * count
        if len(requests) < count:
            sys.exit(f"There are no more free slots. Use fewer rounds than {ROUNDS}.")
        del data.free_slots[:count]
        return requests


def _compare_rows(urls: dict[str, str]) -> None:
    """Check that the floor has written for its last booking what the server has written."""
    ours, floor = written_rows(urls["ours"]), written_rows(urls["floor"])
    if difference := first_difference(floor, ours):
        raise AssertionError(f"W1: floor wrote {difference}")


def _beside_earlier(workload: Workload) -> Workload:
    peers = (*workload.peers, "against")
    # Equal slots are booked in each server's own database.
    read = workload.read if workload.repeatable else _without_id
    return replace(workload, peers=peers, read=read)


def _without_id(response: Any) -> Any:
    appointment = whole(response)
    return {name: value for name, value in appointment.items() if name != "id"}


if __name__ == "__main__":
    main()
