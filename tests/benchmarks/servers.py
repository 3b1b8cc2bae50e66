"""The measured servers: gunicorn with one worker and 4 threads, and one on Node."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import psycopg

from tests.support.live_server import ENVIRONMENT, reserved_port, wait_until_alive
from tests.support.processes import ROOT

OUR_GUNICORN = "gunicorn.conf.py"
PLAIN_GUNICORN = "tests/benchmarks/peers/gunicorn_plain.py"


@dataclass(frozen=True, slots=True)
class Kind:
    """A server: its API, its Django settings, its gunicorn configuration and its application."""

    peer: str
    settings: str = "tests.benchmarks.peers.settings"
    gunicorn: str = PLAIN_GUNICORN
    application: str = "config.wsgi"


KINDS = {
    "ours": Kind("ours", "config.settings", OUR_GUNICORN),
    # The same server again: shows how much measurements of equal servers differ.
    "again": Kind("ours", "config.settings", OUR_GUNICORN),
    # With our gunicorn configuration, because any server can use it.
    "drf": Kind("rest", gunicorn=OUR_GUNICORN),
    "stock": Kind("stock"),
    "view": Kind("view", gunicorn=OUR_GUNICORN),
    "floor": Kind("floor", application="tests.benchmarks.peers.floor:application"),
    "postgraphile": Kind("postgraphile"),
}
POSTGRAPHILE = ROOT / "tests/benchmarks/peers/postgraphile"


def can_serve(name: str) -> bool:
    """Return whether the server is installed; PostGraphile needs its Node packages."""
    return name != "postgraphile" or (POSTGRAPHILE / "node_modules").exists()


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a server or of a program that prepares its data."""
    return {
        **os.environ,
        **ENVIRONMENT,
        "JWT_ACCESS_MINUTES": str(24 * 60),
        # Each patient books many times. Not 0, with which the server would not count.
        "MAX_OPEN_APPOINTMENTS": "1000",
        "LOG_FORMAT": "json",
        "REDIS_URL": "",
        **changes,
    }


class Server:
    """A running server, its CPU time and its log."""

    def __init__(self, name: str, port: int, process: psutil.Process, log: Path) -> None:
        self.name, self.peer = name, KINDS[name].peer
        self.address = f"127.0.0.1:{port}"
        self._process, self._log = process, log

    def cpu_seconds(self) -> float:
        """Return the CPU time of all its processes so far."""
        tree = [self._process, *self._process.children(recursive=True)]
        times = [process.cpu_times() for process in tree]
        return float(sum(each.user + each.system for each in times))

    def memory(self) -> int:
        """Return the memory of all its processes in bytes; shared pages count once."""
        tree = [self._process, *self._process.children(recursive=True)]
        return sum(process.memory_full_info().pss for process in tree)

    def wait_until_idle(self) -> None:
        """Wait until it has processed requests of closed connections, before the next run."""
        used = -1.0
        while used != (now := self.cpu_seconds()):
            used = now
            time.sleep(0.3)

    def responses(self) -> int:
        """Return the number of responses so far, from the log."""
        return self._log.read_text().count('"statements"')

    def statements(self) -> int:
        """Return the number of SQL statements of the last request, from the log."""
        lines = [line for line in self._log.read_text().splitlines() if '"statements"' in line]
        return int(json.loads(lines[-1])["statements"])

    def log(self) -> str:
        return self._log.read_text()


@contextmanager
def serving(name: str, folder: Path, settings: Mapping[str, str]) -> Iterator[Server]:
    """Run the server ``name`` for the duration of the block."""
    with reserved_port() as port:
        yield from _serving(name, port, folder, settings)


def _serving(name: str, port: int, folder: Path, settings: Mapping[str, str]) -> Iterator[Server]:
    kind = KINDS[name]
    log = folder / f"{name}.log"
    command = [
        *(sys.executable, "-m", "gunicorn", kind.application, f"--config={kind.gunicorn}"),
        *("--workers=1", "--keep-alive=75", f"--bind=127.0.0.1:{port}"),
    ]
    if name == "postgraphile":
        with psycopg.connect(settings["DATABASE_URL"]) as connection:
            connection.execute((POSTGRAPHILE / "reader.sql").read_bytes())
        command = ["node", str(POSTGRAPHILE / "server.mjs")]
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own command
            command,
            cwd=ROOT,
            env={
                **settings,
                "DJANGO_SETTINGS_MODULE": kind.settings,
                "PEER": kind.peer,
                "PORT": str(port),
                "GRAPHILE_ENV": "production",
            },
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            server = Server(name, port, psutil.Process(process.pid), log)
            # They have no health check in common; any response means that the server is up.
            wait_until_alive(
                process, lambda: httpx.get(f"http://{server.address}/no-such-page"), log
            )
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)
