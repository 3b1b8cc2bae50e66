"""Starts a process again when it ends, as systemd does."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.production.files import UNITS, read_section
from tests.production.site import HTTP
from tests.support.processes import ROOT


def restart_seconds() -> float:
    """Return the pause before a restart (RestartSec) of gunicorn's unit."""
    unit = (UNITS / HTTP).read_text(encoding="utf-8")
    return float(dict(read_section(unit, "Service"))["RestartSec"])


class Supervisor:
    """Starts a process again whenever it ends, until ``stop()`` is called."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, pause: float
    ) -> None:
        self._command, self._environment, self._log = command, environment, log
        self._pause = pause
        self._stopped = threading.Event()
        self.process = self._start()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def children(self) -> list[int]:
        """Return the process IDs of its children: the workers of gunicorn."""
        pid = self.process.pid
        path = Path(f"/proc/{pid}/task/{pid}/children")
        return [*map(int, path.read_text().split())] if path.exists() else []

    def stop(self) -> None:
        self._stopped.set()
        self.process.terminate()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self.process.wait()
            # systemd kills what is left of the unit (KillMode=mixed).
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            if self._stopped.wait(self._pause):
                return
            self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own command
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
