"""Redis servers of the tests' own, which keep nothing."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.live_server import reserved_port


def redis_command(port: int, folder: Path) -> list[str]:
    """Return the command of a server on loopback whose working directory is ``folder``."""
    options = {"--bind": "127.0.0.1", "--port": str(port), "--save": "", "--dir": str(folder)}
    return ["redis-server", *(part for option in options.items() for part in option)]


class Redis:
    """A Redis server that can be killed, stopped and started again."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port, self._folder = port, folder
        self.url = f"redis://127.0.0.1:{port}/0"
        self.start()

    def start(self) -> None:
        command = redis_command(self._port, self._folder)
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def running_redis(folder: Path) -> Iterator[Redis]:
    """Run a server for the duration of the block."""
    with reserved_port() as port:
        redis = Redis(port, folder)
        try:
            yield redis
        finally:
            with suppress(ProcessLookupError):
                redis.kill()
