"""PostgreSQL and MariaDB servers of one's own, in a folder that is gone afterwards.

From the programs of Debian's packages ``postgresql`` and ``mariadb-server``;
whatever server the machine runs stays out of it. As a command it lends them to
another one, for as long as that runs::

    python -m tests.private_servers make test
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.support.databases import SERVERS
from tests.support.live_server import free_port

START_SECONDS = 60


class Kind(NamedTuple):
    """How a kind of server is made and run; ``{data}``, ``{folder}``, ``{port}`` are filled in."""

    account: str  # whom it runs as, if we are root: neither server agrees to run as root
    install: str
    serve: str
    ask_ready: str  # succeeds once it takes connections
    url: str


KINDS = {
    "PostgreSQL": Kind(
        account="postgres",
        install="initdb --auth=trust --username=root --encoding=UTF8 --pgdata={data}",
        serve="postgres -D {data} -p {port} -k {folder} -h 127.0.0.1 -c max_connections=200"
        # Statistics of tables that tests roll back mislead its planner.
        " -c autovacuum=off -c fsync=off",
        ask_ready="pg_isready --quiet --host=127.0.0.1 --port={port}",
        url="postgres://root@127.0.0.1:{port}/postgres",
    ),
    "MariaDB": Kind(
        account="mysql",
        install="mariadb-install-db --no-defaults --datadir={data}"
        " --auth-root-authentication-method=normal --skip-test-db",
        serve="mariadbd --no-defaults --datadir={data} --port={port} --socket={folder}/socket"
        " --bind-address=127.0.0.1 --character-set-server=utf8mb4"
        " --innodb-flush-log-at-trx-commit=2",
        ask_ready="mariadb-admin --no-defaults --host=127.0.0.1 --port={port} --user=root ping",
        url="mysql://root@127.0.0.1:{port}/",
    ),
}


def program(name: str) -> str | None:
    """The path of a program; Debian keeps PostgreSQL's away from PATH."""
    packaged = map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *packaged]))


def not_installed(database: str) -> str | None:
    """Why there can be no server of one's own, in one line; None if there can."""
    programs = [command.split()[0] for command in (KINDS[database].install, KINDS[database].serve)]
    missing = [name for name in programs if program(name) is None]
    return f"{database} of our own left out: no {' nor '.join(missing)} here" if missing else None


class PrivateServer:
    """A server that can be killed, and started again on the same data."""

    def __init__(self, kind: Kind, folder: Path) -> None:
        self.kind, self.folder = kind, folder
        self.port = free_port()
        if os.geteuid() == 0:
            shutil.chown(folder, kind.account, kind.account)
        self.log = (folder / "log").open("ab")
        if self._popen(kind.install).wait():
            raise RuntimeError(self._told())
        self.start()

    @property
    def url(self) -> str:
        """Where it is, as in POSTGRES_URL and MARIADB_URL."""
        return self.kind.url.format(port=self.port)

    def start(self) -> None:
        """Return once it takes connections."""
        self.process = self._popen(self.kind.serve)
        deadline = time.monotonic() + START_SECONDS
        while self._popen(self.kind.ask_ready).wait():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self._told())
            time.sleep(0.05)  # nothing tells when it will be ready

    def kill(self) -> None:
        """End each of its processes as a crash would, with nothing tidied up."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        for each in (pid, *map(int, children.split())):
            os.kill(each, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        # PostgreSQL's fast shutdown; MariaDB, which has no other, takes it as such.
        self.process.send_signal(
            signal.SIGINT if self.kind is KINDS["PostgreSQL"] else signal.SIGTERM
        )
        self.process.wait(START_SECONDS)
        self.log.close()

    def _popen(self, command: str) -> "subprocess.Popen[bytes]":
        name, *arguments = command.format(
            data=self.folder / "data", folder=self.folder, port=self.port
        ).split()
        account = self.kind.account if os.geteuid() == 0 else None
        return subprocess.Popen(  # noqa: S603 - one of the commands above
            [program(name) or name, *arguments],
            cwd=self.folder,
            stdout=self.log,
            stderr=self.log,
            user=account,
            group=account,
            extra_groups=None if account is None else [],
        )

    def _told(self) -> str:
        return (self.folder / "log").read_text()


@contextmanager
def private_server(database: str) -> Iterator[PrivateServer]:
    """A server of one's own while the block lasts."""
    with TemporaryDirectory(prefix="cybermed-") as folder:
        server = PrivateServer(KINDS[database], Path(folder))
        try:
            yield server
        finally:
            server.stop()


def main(command: list[str]) -> int:
    """Run ``command`` with servers for those that the environment does not name."""
    with ExitStack() as servers:
        lent = {
            variable: servers.enter_context(private_server(database)).url
            for database, variable in SERVERS.items()
            if not os.environ.get(variable) and not not_installed(database)
        }
        return subprocess.run(command, env={**os.environ, **lent}, check=False).returncode  # noqa: S603 - what the caller typed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
