"""Servers without a network: WSGI applications in processes of their own, see ``worker.py``."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.trees import Tree
from tests.benchmarks.workloads import Request
from tests.support.processes import ROOT

WORKER = ROOT / "tests/benchmarks/worker.py"


@dataclass(frozen=True, slots=True)
class Application:
    """A WSGI application and the settings of its API."""

    peer: str
    name: str = "config.wsgi:application"
    settings: str = "tests.benchmarks.peers.settings"


OURS = Application("ours", settings="config.settings")
APPLICATIONS = {
    "ours": OURS,
    # The same again: shows how much measurements of equal servers differ.
    "again": OURS,
    "drf": Application("rest"),
    "view": Application("view"),
    "floor": Application("floor", "tests.benchmarks.peers.floor:application"),
    "against": OURS,
}


class Worker:
    """A process that answers requests and measures its CPU time."""

    def __init__(self, name: str, process: "subprocess.Popen[str]", log: Path) -> None:
        self.name, self.peer = name, APPLICATIONS[name].peer
        self._process, self._log = process, log

    def cpu_seconds(self, requests: Sequence[Request], *, expected: str = "") -> float:
        """Send the requests one after another; return the CPU time of all of them."""
        return float(self._run(requests, expected=expected)["cpu"])

    def responses(self, requests: Sequence[Request]) -> list[Any]:
        """Send the requests one after another; return the JSON responses."""
        responses: list[Any] = self._run(requests, keep=True)["bodies"]
        return responses

    def freeze(self) -> None:
        """Exclude what exists by now from garbage collection, as our gunicorn does."""
        self._run([], freeze=True)

    def statements(self) -> int:
        """Return the number of SQL statements of the last request, from the log."""
        lines = self._log.read_text().splitlines()
        counted = [line for line in lines if '"statements"' in line]
        return int(json.loads(counted[-1])["statements"])

    def _run(
        self,
        requests: Sequence[Request],
        *,
        keep: bool = False,
        freeze: bool = False,
        expected: str = "",
    ) -> dict[str, Any]:
        sent = [(each.method, each.path, each.headers, each.body) for each in requests]
        group = {"requests": sent, "keep": keep, "freeze": freeze, "expected": expected}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(group) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        reply: dict[str, Any] = json.loads(line) if line else {"failed": ["the process ended"]}
        if reply["failed"]:
            log = self._log.read_text()[-2000:]
            raise AssertionError(f"{self.name}: {reply['failed'][0][:500]}\n{log}")
        return reply


@contextmanager
def working(
    name: str, tree: Tree, folder: Path, environment: Mapping[str, str]
) -> Iterator[Worker]:
    """Run the application ``name`` of the tree for the duration of the block."""
    application, log = APPLICATIONS[name], folder / f"{name}.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own command
            [tree.python, str(WORKER), application.name],
            cwd=tree.root,
            env={
                **environment,
                "DJANGO_SETTINGS_MODULE": application.settings,
                "PEER": application.peer,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        ) as process,
    ):
        try:
            yield Worker(name, process, log)
        finally:
            assert process.stdin
            process.stdin.close()  # its loop ends
            process.wait(timeout=30)
