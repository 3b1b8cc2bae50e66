"""The primary of a PostgreSQL cluster hands over to a standby, and is killed, while patients book.

Patroni, etcd and HAProxy run on loopback with the documented files.
"""

import itertools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg
import yaml

from tests.drills.clients import Attempt, Clients, outcomes, wrong_state
from tests.drills.result import Result, report
from tests.support.database_servers import not_installed, program
from tests.support.live_server import GUNICORN, reserved_port, serving
from tests.support.processes import ROOT

FILES = ROOT / "docs/operations/files/high-availability"
NODES = ("node1", "node2")
START_SECONDS = 120
SWITCHOVER_SECONDS = 10
FAILOVER_SECONDS = 30
# Each client has booked by then.
WARM_UP_SECONDS = 5
BOUND = (
    f"0 lost, 0 doubled; writes back in {SWITCHOVER_SECONDS} s after a switchover, in "
    f"{FAILOVER_SECONDS} s after the primary was killed"
)
PROGRAMS = ("patroni", "etcd", "haproxy")


def measure(_seconds: int) -> list[Result]:
    """Run the drill."""
    missing = not_installed("PostgreSQL") or next(
        (f"{name} is not installed" for name in PROGRAMS if shutil.which(name) is None), None
    )
    if missing:
        return [Result("PostgreSQL failover", missing, BOUND, passed=False)]
    with TemporaryDirectory(prefix="cybermed-") as name, ExitStack() as stack:
        cluster = stack.enter_context(_cluster(Path(name)))
        with psycopg.connect(f"{cluster.url}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE clinic")
        url = f"{cluster.url}/clinic"
        settings = {"DATABASE_URL": url, "MAX_OPEN_APPOINTMENTS": "1000"}
        with serving(Path(name), server=GUNICORN, **settings) as server:
            clients = Clients.prepare(server, url)
            with clients.sending():
                time.sleep(WARM_UP_SECONDS)  # clients book before the failure
                begin = time.monotonic()
                cluster.switch_over()
                switched = _gap(clients, begin, SWITCHOVER_SECONDS)
                cluster.wait_until_synchronous()
                killed = time.monotonic()
                cluster.kill_primary()
                failed_over = _gap(clients, killed, FAILOVER_SECONDS)
                time.sleep(WARM_UP_SECONDS)  # clients book before the failure
        lost, doubled = wrong_state(url, clients.acknowledged)
    return [
        Result(
            "PostgreSQL failover with Patroni",
            f"{len(clients.acknowledged)} booked, {lost} lost, {doubled} doubled; no writes for "
            f"{switched:.1f} s at a switchover, for {failed_over:.1f} s after the primary was "
            f"killed; {outcomes(clients.attempts)}",
            BOUND,
            passed=(lost, doubled) == (0, 0),
            in_time=switched < SWITCHOVER_SECONDS and failed_over < FAILOVER_SECONDS,
        )
    ]


def _gap(clients: Clients, begin: float, bound: int) -> float:
    """Wait until writes work again after ``begin``; return the longest time without one."""
    deadline = begin + 2 * bound
    while time.monotonic() < deadline:
        time.sleep(1)  # the clients go on booking meanwhile
        booked = sorted(_answered_at(each) for each in clients.attempts if each.outcome == "booked")
        later = [moment for moment in booked if moment > begin]
        pauses = [after - before for before, after in itertools.pairwise([begin, *later])]
        # Writes have been back for a while.
        if later and time.monotonic() - begin > bound and later[-1] > time.monotonic() - 2:
            return max(pauses)
    return float("inf")


def _answered_at(attempt: Attempt) -> float:
    return attempt.sent_at + attempt.seconds


class Cluster:
    """A primary and a standby, and HAProxy in front of them."""

    def __init__(self, url: str, apis: dict[str, str]) -> None:
        self.url, self._apis = url, apis
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def members(self) -> list[dict[str, Any]]:
        for api in self._apis.values():
            try:
                found: list[dict[str, Any]] = httpx.get(f"{api}/cluster").json()["members"]
            except (httpx.TransportError, KeyError, ValueError):
                continue
            return found
        return []

    def primary(self) -> str:
        return next((each["name"] for each in self.members() if each["role"] == "leader"), "")

    def wait_until_synchronous(self) -> None:
        """Wait until a commit is acknowledged by two nodes."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if any(each["role"] == "sync_standby" for each in self.members()):
                return
            time.sleep(0.5)  # Patroni looks every few seconds
        raise TimeoutError(str(self.members()))

    def switch_over(self) -> None:
        primary = self.primary()
        report(f"{primary} hands over")
        answer = httpx.post(
            f"{self._apis[primary]}/switchover", json={"leader": primary}, timeout=60
        )
        answer.raise_for_status()

    def kill_primary(self) -> None:
        """Kill Patroni and PostgreSQL of the primary, as if the machine had failed."""
        primary = self.primary()
        report(f"{primary} is killed")
        os.killpg(self.processes[primary].pid, signal.SIGKILL)


@contextmanager
def _cluster(folder: Path) -> Iterator[Cluster]:
    folder.chmod(0o755)
    with ExitStack() as stack:
        ports = iter([stack.enter_context(reserved_port()) for _port in range(7)])
        etcd, peer, proxy = (next(ports) for _port in range(3))
        nodes = {name: (next(ports), next(ports)) for name in NODES}
        apis = {name: f"http://127.0.0.1:{api}" for name, (_sql, api) in nodes.items()}
        cluster = Cluster(f"postgres://postgres:secret@127.0.0.1:{proxy}", apis)
        commands = {"etcd": _etcd(folder, etcd, peer)}
        for name, (sql, api) in nodes.items():
            commands[name] = _patroni(folder, name, etcd, sql, api)
        commands["haproxy"] = _haproxy(folder, proxy, nodes)
        for name, command in commands.items():
            cluster.processes[name] = stack.enter_context(_process(folder, name, command))
        cluster.wait_until_synchronous()
        yield cluster


@contextmanager
def _process(folder: Path, name: str, command: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program of the cluster; none of PostgreSQL's runs as root."""
    home = folder / name
    home.mkdir(mode=0o700, exist_ok=True)
    account = "postgres" if os.geteuid() == 0 else None
    if account:
        shutil.chown(home, account, account)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            cwd=home,
            env=environment,
            stdout=log,
            stderr=log,
            user=account,
            group=account,
            extra_groups=None if account is None else [],
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def _etcd(folder: Path, port: int, peer: int) -> list[str]:
    url, peer_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer}"
    return [
        "etcd",
        *("--name", "etcd1", "--data-dir", str(folder / "etcd" / "data")),
        *("--listen-client-urls", url, "--advertise-client-urls", url),
        *("--listen-peer-urls", peer_url, "--initial-advertise-peer-urls", peer_url),
        *("--initial-cluster", f"etcd1={peer_url}"),
    ]


def _patroni(folder: Path, name: str, etcd: int, sql: int, api: int) -> list[str]:
    """Write the documented file with the addresses of loopback; return the command."""
    content = yaml.safe_load((FILES / "patroni.yml").read_text())
    content["name"] = name
    content["restapi"] = {"listen": f"127.0.0.1:{api}", "connect_address": f"127.0.0.1:{api}"}
    content["etcd3"]["hosts"] = [f"127.0.0.1:{etcd}"]
    # The folder with all programs: some can be linked to another one.
    postgres = Path(program("pg_controldata") or "pg_controldata").parent
    content["postgresql"] |= {
        "listen": f"127.0.0.1:{sql}",
        "connect_address": f"127.0.0.1:{sql}",
        "data_dir": str(folder / name / "data"),
        "bin_dir": str(postgres),
        "pgpass": str(folder / name / "pgpass"),
        "parameters": {"unix_socket_directories": str(folder / name)},
        "pg_hba": [
            "local all all trust",
            "host replication all 127.0.0.1/32 scram-sha-256",
            "host all all 127.0.0.1/32 scram-sha-256",
        ],
    }
    for account in content["postgresql"]["authentication"].values():
        account["password"] = "secret"
    file = folder / f"{name}.yml"
    file.write_text(yaml.safe_dump(content))
    return ["patroni", str(file)]


def _haproxy(folder: Path, port: int, nodes: dict[str, tuple[int, int]]) -> list[str]:
    """Write the documented file with the addresses of loopback; return the command."""
    lines = (FILES / "haproxy.cfg").read_text().splitlines()
    kept = [line for line in lines if not line.strip().startswith("server ")]
    text = "\n".join(kept).replace("127.0.0.1:5000", f"127.0.0.1:{port}")
    for name, (sql, api) in nodes.items():
        text += f"\n    server {name} 127.0.0.1:{sql} check port {api}"
    file = folder / "haproxy.cfg"
    file.write_text(text + "\n")
    return ["haproxy", "-db", "-f", str(file)]
