"""Temporary PostgreSQL and MariaDB servers with data in a temporary directory.

They use the programs of Debian's packages ``postgresql`` and ``mariadb-server``, independently of
the servers that the machine runs. As a command this module starts them for another command::

    python -m tests.support.database_servers make test
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from unittest.mock import patch

from tests.support.databases import SERVERS
from tests.support.live_server import reserved_port

START_SECONDS = 60


class ServerType(NamedTuple):
    """The commands of a database server, with ``{data}``, ``{directory}`` and ``{port}``."""

    driver: str  # the Python module that connects to it
    account: str  # the system user it runs as if we are root; neither server runs as root
    install: str
    serve: str
    is_ready: str  # exit status 0 once the server accepts connections
    url: str


SERVER_TYPES = {
    "PostgreSQL": ServerType(
        driver="psycopg",
        account="postgres",
        install="initdb --auth=trust --username=root --encoding=UTF8 --pgdata={data}",
        serve="postgres -D {data} -p {port} -k {directory} -h 127.0.0.1 -c max_connections=200"
        # Statistics of tables whose rows were rolled back mislead the planner.
        " -c autovacuum=off -c fsync=off",
        is_ready="pg_isready --quiet --host=127.0.0.1 --port={port}",
        url="postgres://root@127.0.0.1:{port}/postgres",
    ),
    "MariaDB": ServerType(
        driver="MySQLdb",
        account="mysql",
        install="mariadb-install-db --no-defaults --datadir={data}"
        " --auth-root-authentication-method=normal --skip-test-db",
        serve="mariadbd --no-defaults --datadir={data} --port={port} --socket={directory}/socket"
        " --bind-address=127.0.0.1 --character-set-server=utf8mb4"
        " --innodb-flush-log-at-trx-commit=2",
        is_ready="mariadb-admin --no-defaults --host=127.0.0.1 --port={port} --user=root ping",
        url="mysql://root@127.0.0.1:{port}/",
    ),
}


def program(name: str) -> str | None:
    """Return the path of a program, also of Debian's PostgreSQL, which is not on PATH."""
    packaged = map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *packaged]))


def not_installed(database: str) -> str | None:
    """Return in one line why no temporary server can be used, or None if it can."""
    type_ = SERVER_TYPES[database]
    programs = [command.split()[0] for command in (type_.install, type_.serve)]
    missing = [name for name in programs if program(name) is None]
    if find_spec(type_.driver) is None:
        missing.append(f"Python module {type_.driver}")
    return f"No temporary {database} server: {', '.join(missing)} not found" if missing else None


class TemporaryServer:
    """A database server that can be killed and restarted on the same data."""

    def __init__(self, type_: ServerType, directory: Path) -> None:
        self.type, self.directory = type_, directory
        self._reservation = ExitStack()
        self.port = self._reservation.enter_context(reserved_port())
        if os.geteuid() == 0:
            shutil.chown(directory, type_.account, type_.account)
        self.log = (directory / "log").open("ab")
        if self._popen(type_.install).wait():
            raise RuntimeError(self._read_log())
        self.start()

    @property
    def url(self) -> str:
        """The server's URL, as in POSTGRES_URL and MARIADB_URL."""
        return self.type.url.format(port=self.port)

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        self.process = self._popen(self.type.serve)
        deadline = time.monotonic() + START_SECONDS
        while self._popen(self.type.is_ready).wait():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self._read_log())
            time.sleep(0.05)  # the server sends no signal when it is ready

    def kill(self) -> None:
        """Kill all of its processes with SIGKILL, as in a crash."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        for each in (pid, *map(int, children.split())):
            os.kill(each, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        # SIGINT is PostgreSQL's fast shutdown, which does not wait for clients to disconnect.
        is_postgresql = self.type.driver == "psycopg"
        self.process.send_signal(signal.SIGINT if is_postgresql else signal.SIGTERM)
        self.process.wait(START_SECONDS)
        self.log.close()
        self._reservation.close()

    def _popen(self, command: str) -> "subprocess.Popen[bytes]":
        name, *arguments = command.format(
            data=self.directory / "data", directory=self.directory, port=self.port
        ).split()
        account = self.type.account if os.geteuid() == 0 else None
        return subprocess.Popen(  # noqa: S603 - one of the commands above
            [program(name) or name, *arguments],
            cwd=self.directory,
            stdout=self.log,
            stderr=self.log,
            user=account,
            group=account,
            extra_groups=None if account is None else [],
            # Ctrl+C would stop the server before the tests that use it have cleaned up.
            start_new_session=True,
        )

    def _read_log(self) -> str:
        return (self.directory / "log").read_text()


@contextmanager
def temporary_server(type_: ServerType) -> Iterator[TemporaryServer]:
    """Run a temporary server for the duration of the block."""
    with TemporaryDirectory(prefix="cybermed-") as directory:
        server = TemporaryServer(type_, Path(directory))
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def named_server(database: str) -> Iterator[TemporaryServer]:
    """Run a temporary server that POSTGRES_URL or MARIADB_URL names for the duration."""
    with (
        temporary_server(SERVER_TYPES[database]) as server,
        patch.dict(os.environ, {SERVERS[database]: server.url}),
    ):
        yield server


def given_or_named_server(database: str) -> AbstractContextManager[object]:
    """Return a block with a server that is named: a temporary one, unless one is named already."""
    variable = SERVERS.get(database)
    is_needed = variable is not None and not os.environ.get(variable)
    return named_server(database) if is_needed else nullcontext()


def main() -> int:
    """Run a command with POSTGRES_URL and MARIADB_URL set to temporary servers.

    Variables that are set already are kept. A server that is not installed is left out, unless
    ``--only`` names it or REQUIRE_ALL is set.
    """
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--only", choices=SERVERS, help="start this server and no other")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    is_required = bool(options.only or os.environ.get("REQUIRE_ALL"))
    environment = dict(os.environ)
    with ExitStack() as servers:
        for database, variable in SERVERS.items():
            if os.environ.get(variable) or options.only not in {None, database}:
                continue
            reason = not_installed(database)
            if reason is None:
                server = servers.enter_context(temporary_server(SERVER_TYPES[database]))
                environment[variable] = server.url
            elif is_required:
                sys.exit(f"{reason}. Install it, or set {variable} to the URL of a server.")
        return subprocess.run(options.command, env=environment, check=False).returncode  # noqa: S603 - the caller's command


if __name__ == "__main__":
    sys.exit(main())
