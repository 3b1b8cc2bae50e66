"""Measures the server beside its peers and prints how they compare.

    POSTGRES_URL=postgres://root@127.0.0.1:5432/postgres python -m tests.benchmarks

Each workload's answers are compared first, then the servers are loaded in turn,
over and over, and medians are taken: what disturbs the machine disturbs all alike.
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
from tests.benchmarks.callers import Scene
from tests.benchmarks.load import load
from tests.benchmarks.report import Measured, Run
from tests.benchmarks.servers import KINDS, Server, can_serve, environment, serving
from tests.benchmarks.workloads import MAX_PAGE, R1, WORKLOADS, Request, Workload, graphql
from tests.support.live_server import ROOT

WISHES = 40_000
# More than any server books in a second here.
BOOKINGS_A_SECOND = 400


def main() -> None:
    options = _options()
    server = os.environ["POSTGRES_URL"]
    workloads = [each for each in WORKLOADS if each.name in options.only or not options.only]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="cybermed-bench-")))
        database.fill(server, environment())
        url = stack.enter_context(database.copied(server))
        settings = environment(DATABASE_URL=url)
        scene = scene_of(settings)
        asked = {name for each in workloads for name in each.peers}
        names = [name for name in KINDS if name in asked and can_serve(name)]
        servers = {name: stack.enter_context(serving(name, folder, settings)) for name in names}
        bench = Bench(scene, servers, folder)
        measured = {
            each.name: bench.measure(each, runs=options.runs, seconds=options.seconds)
            for each in workloads
        }
    sys.stdout.writelines(f"{line}\n" for line in report.lines(measured))
    if options.write:
        report.write(measured, runs=options.runs, seconds=options.seconds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each server and workload")
    parser.add_argument("--seconds", type=int, default=4, help="that a run takes")
    parser.add_argument("--only", nargs="*", default=(), help="workloads, such as R1@50")
    parser.add_argument("--write", action="store_true", help="RESULTS.md and its chart")
    return parser.parse_args()


def scene_of(settings: dict[str, str]) -> Scene:
    start = "import sys, django; django.setup(); from {} import main; main(sys.argv[1:])"
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", start.format("tests.benchmarks.world"), str(WISHES)],
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
    return Scene.read(json.loads(done.stdout))


class Bench:
    """The servers, and how far into the wishes they have booked."""

    def __init__(self, scene: Scene, servers: dict[str, Server], folder: Path) -> None:
        self.scene, self.servers, self.folder = scene, servers, folder
        for name, server in servers.items():
            if server.peer in {"ours", "stock"} and name != "again":
                page = self._ask(server, graphql(server.peer, scene.doctor, R1, first=MAX_PAGE))
                cursor = page["data"]["appointments"]["pageInfo"]["endCursor"]
                scene.cursors[server.peer] = cursor

    def measure(self, workload: Workload, *, runs: int, seconds: int) -> dict[str, Measured]:
        """Of each server: its runs, and what one request costs it in SQL."""
        measured = {
            name: Measured(statements=statements)
            for name, statements in self._agree(workload).items()
        }
        for number in range(runs):
            # To and fro, so that none always comes first, when all is still cold.
            order = list(measured.items())[:: -1 if number % 2 else 1]
            for name, each in order:
                each.runs.append(self.run(workload, name, seconds=seconds))
        _tell(workload, measured)
        return measured

    def _agree(self, workload: Workload) -> dict[str, int]:
        """Ask every server once and compare the answers; how many statements each took."""
        answers, statements = {}, {}
        for name in filter(self.servers.__contains__, workload.peers):
            server = self.servers[name]
            # Once before, so that no connection is opened in the one that counts.
            for request in self._take(workload, server.peer, 2):
                answers[name] = workload.read(self._ask(server, request))
            statements[name] = server.statements()
        for name, answer in answers.items():
            if answer != answers["ours"]:
                raise AssertionError(
                    f"{workload.name}: {name} answers {answer}, not {answers['ours']}"
                )
        return statements

    def run(self, workload: Workload, name: str, *, seconds: int) -> Run:
        """Load one server with it."""
        server = self.servers[name]
        most = BOOKINGS_A_SECOND * seconds if not workload.repeatable else len(self.scene.patients)
        requests = self.folder / "requests"
        taken = self._requests(workload, server.peer, most)
        requests.write_text("\0".join(request.as_text() for request in taken))
        cpu, answered = server.cpu_seconds(), server.answered()
        done = load(server.address, requests, seconds=seconds, expected=workload.expected)
        server.come_to_rest()
        cpu, answered = server.cpu_seconds() - cpu, server.answered() - answered
        if not workload.repeatable:
            del self.scene.wishes[: done.sent]
        return Run(rate=done.rate, cpu=cpu / answered * 1e3, p50=done.p50, p99=done.p99)

    def _requests(self, workload: Workload, peer: str, most: int) -> list[Request]:
        return list(islice(workload.requests(peer, self.scene), most))

    def _take(self, workload: Workload, peer: str, count: int) -> Iterable[Request]:
        requests = self._requests(workload, peer, count)
        if workload.repeatable:
            return [requests[0]] * count
        del self.scene.wishes[:count]
        return requests

    def _ask(self, server: Server, request: Request) -> Any:
        answer = httpx.request(
            request.method,
            f"http://{server.address}{request.path}",
            headers=request.headers,
            content=request.body,
            timeout=30,
        )
        if not answer.is_success:
            raise AssertionError(
                f"{server.name}: {answer.status_code} {answer.text[:500]}\n{server.log()[-2000:]}"
            )
        return answer.json()


def _tell(workload: Workload, measured: dict[str, Measured]) -> None:
    rates = ", ".join(f"{name} {each.rate:.0f}/s" for name, each in measured.items())
    sys.stderr.write(f"{workload.name}: {rates}\n")


if __name__ == "__main__":
    main()
