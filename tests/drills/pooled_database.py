"""Patients book through PgBouncer in transaction mode, with fewer connections than threads."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import psycopg

from tests.contract.documents import document_of
from tests.drills.clients import COUNT, Clients, code_of, outcomes, percentile, wrong_state
from tests.drills.result import Result
from tests.support.database_servers import named_server, not_installed, program
from tests.support.databases import scratch
from tests.support.live_server import GUNICORN, Server, reserved_port, serving
from tests.support.processes import ROOT

CONFIGURATION = ROOT / "docs/operations/files/pgbouncer.ini"
POOL_SIZE = 3
SECONDS = 10
LOCK_SECONDS = 1
LIMITS = {
    "lock_timeout": f"{LOCK_SECONDS}s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "3s",
}
BOUND = "all booked, 0 lost, 0 doubled; locks, idle transactions and statements are limited"


def measure(_seconds: int) -> list[Result]:
    """Run the drill."""
    drill = f"PgBouncer in transaction mode, {POOL_SIZE} connections"
    missing = not_installed("PostgreSQL")
    if not missing and shutil.which("pgbouncer") is None:
        missing = "pgbouncer is not installed"
    if missing:
        return [Result(drill, missing, BOUND, passed=False)]
    with (
        TemporaryDirectory(prefix="cybermed-") as name,
        named_server("PostgreSQL"),
        scratch("PostgreSQL") as direct,
        _pgbouncer(Path(name), direct) as pooled,
    ):
        server_settings = {"DATABASE_URL": pooled, "DATABASE_POOLED": "1"}
        server_settings["MAX_OPEN_APPOINTMENTS"] = "1000"
        with serving(Path(name), server=GUNICORN, **server_settings) as server:
            unlimited = _deploy_problems(server.environment)
            _limit(direct)
            limited = _deploy_problems(server.environment)
            clients = Clients.prepare(server, direct)
            with clients.sending():
                time.sleep(SECONDS)  # clients book through the pool
            lost, doubled = wrong_state(direct, clients.acknowledged)
            found = outcomes(clients.attempts)
            connections = _connections(direct)
            waited, code = _behind_a_lock(server, direct, clients)
            ended = _idle_transaction_ends(pooled)
    return [
        Result(
            drill,
            f"{found}, p99 {percentile(clients.attempts, 99):.2f} s, {lost} lost, {doubled} "
            f"doubled, {connections} connections to PostgreSQL; behind a lock {code} after "
            f"{waited:.1f} s; idle transaction ended after {ended:.1f} s; check --deploy without "
            f"limits {unlimited}, with limits {limited}",
            BOUND,
            passed=found.keys() == {"booked"}
            and (lost, doubled) == (0, 0)
            and connections <= POOL_SIZE
            and code in {"busy", "SERVICE_UNAVAILABLE"}
            and 0 < ended < 10
            and (unlimited, limited) == (["cybermed.E006"], []),
        )
    ]


@contextmanager
def _pgbouncer(folder: Path, direct: str) -> Iterator[str]:
    """Run PgBouncer with the documented file, on a free port and the server of ``direct``."""
    url = urlsplit(direct)
    with reserved_port() as port:
        replaced = {
            "cybermed =": f"{url.path[1:]} = host=127.0.0.1 port={url.port} user={url.username}",
            "listen_port": f"listen_port = {port}",
            "auth_type": "auth_type = any",
            "auth_file": "",
            "default_pool_size": f"default_pool_size = {POOL_SIZE}",
        }
        lines = CONFIGURATION.read_text().splitlines()
        for start, line in replaced.items():
            lines = [line if each.startswith(start) else each for each in lines]
        file = folder / "pgbouncer.ini"
        file.write_text("\n".join(lines) + "\n")
        folder.chmod(0o755)
        account = "postgres" if os.geteuid() == 0 else None  # it does not run as root
        with (folder / "pgbouncer.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own command
                [program("pgbouncer") or "pgbouncer", str(file)],
                stdout=log,
                stderr=log,
                user=account,
            )
        try:
            pooled = url._replace(netloc=f"{url.username}@127.0.0.1:{port}").geturl()
            _wait_for(pooled)
            yield pooled
        finally:
            process.terminate()
            process.wait()


def _wait_for(url: str) -> None:
    for _attempt in range(200):
        with suppress(psycopg.OperationalError), psycopg.connect(url):
            return
        time.sleep(0.05)  # the port is not open yet
    raise TimeoutError(url)


def _limit(direct: str) -> None:
    """Limit the role as the documentation says, and end its connections without limits."""
    with psycopg.connect(direct, autocommit=True) as connection:
        for name, value in LIMITS.items():
            role = urlsplit(direct).username
            connection.execute(f"ALTER ROLE {role} SET {name} = '{value}'".encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _deploy_problems(environment: Mapping[str, str]) -> list[str]:
    """Return the errors of ``check --deploy`` about the pooler."""
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--tag", "security"],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    return ["cybermed.E006"] if "cybermed.E006" in done.stderr else []


def _connections(direct: str) -> int:
    with psycopg.connect(direct) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        ).fetchone()
    return int(row[0]) if row else 0


def _behind_a_lock(server: Server, direct: str, clients: Clients) -> tuple[float, str]:
    """Book while another transaction has locked the patients; return the wait and the code."""
    booking = {"doctorId": clients.doctor, **clients.slots[COUNT]}
    body = {"query": document_of("CreateAppointment"), "variables": {"input": booking}}
    headers = {"Authorization": f"JWT {clients.patients[0]['token']}"}
    with psycopg.connect(direct) as connection:
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        connection.execute("SELECT 1 FROM users_user FOR UPDATE")
        begin = time.monotonic()
        answer = server.http.post("/graphql/", json=body, headers=headers).json()
        waited = time.monotonic() - begin
    if answer["data"]:
        return waited, code_of(answer["data"]["createAppointment"])
    return waited, str(answer["errors"][0]["extensions"]["code"])


def _idle_transaction_ends(pooled: str) -> float:
    """Return after how long a transaction in which nothing happens is ended."""
    with closing(psycopg.connect(pooled)) as connection:
        connection.execute("SELECT 1")
        begin = time.monotonic()
        while time.monotonic() < begin + 10:
            time.sleep(0.2)  # a statement would begin the limit again
            if _is_closed(connection):
                return time.monotonic() - begin
    return 0.0


def _is_closed(connection: "psycopg.Connection[tuple[object, ...]]") -> bool:
    try:
        connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return True
    return connection.pgconn.status != psycopg.pq.ConnStatus.OK
