"""All processes of a clinic in production, started as their systemd units start them."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from tests.production import proxy
from tests.production.files import RELEASE, ROOT, read_environment, read_service
from tests.support.databases import scratch
from tests.support.fixtures.smtp_server import AnyPort, MailServer
from tests.support.live_server import Server, reserved_port, wait_until_alive
from tests.support.redis_server import redis_command

HTTP, WEBSOCKET = "cybermed-http@.service", "cybermed-websocket@.service"
# The ports of nginx.conf that processes listen on, with the unit of each.
INSTANCES = {8000: HTTP, 8001: HTTP, 8100: WEBSOCKET, 8101: WEBSOCKET}
SINGLE_UNITS = ("cybermed-worker.service", "cybermed-reminders.service")
NEEDED = {"nginx": "nginx-light", "openssl": "openssl", "redis-server": "redis-server"}
STOP_SECONDS = 60
CLEAN_STATUSES = (0, -signal.SIGTERM)


class CommandFailed(Exception):
    """A command of the site failed; the text is its output."""


def missing_program() -> str | None:
    """Return in one line which program is not installed, or None."""
    for name, package in NEEDED.items():
        if shutil.which(name) is None:
            return f"{name} is not installed (Debian: apt install {package})."
    if find_spec("channels_redis") is None:
        return "channels_redis is not installed (pip install -r requirements/redis.txt)."
    return None


class Site(Server):
    """The processes, and an HTTP client that reaches them through nginx over TLS."""

    def __init__(
        self, folder: Path, ports: dict[int, int], environment: dict[str, str], mails: MailServer
    ) -> None:
        self.folder, self.ports, self.environment = folder, ports, environment
        self.mails = mails
        self.address = f"{proxy.NAME}:{ports[443]}"
        self.url = f"https://{self.address}"
        self.paths = {
            f"{RELEASE}/.venv/bin": str(Path(sys.executable).parent),
            RELEASE: str(ROOT),
            "/var/backups/cybermed": str(folder / "backups"),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.tls = proxy.trusting_context(folder)
        self.http = httpx.Client(base_url=self.url, verify=self.tls, timeout=60)

    def run(self, command: Sequence[str], **environment: str) -> str:
        """Run a command to its end and return its output. Raises CommandFailed."""
        done = subprocess.run(  # noqa: S603 - a command of the repository
            command,
            cwd=ROOT,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CommandFailed(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}")
        return done.stdout

    def manage(self, *arguments: str) -> str:
        return self.run([sys.executable, "manage.py", *arguments])

    def run_unit(self, name: str) -> None:
        """Run the commands of a unit that ends by itself."""
        for command in read_service(name, paths=self.paths).commands:
            self.run(command)

    def start_unit(self, name: str, port: int | None = None) -> None:
        """Start a unit; ``port`` is that of nginx.conf. Waits until a web server answers."""
        ours = str(self.ports[port]) if port else ""
        service = read_service(name, instance=ours, paths=self.paths)
        [command] = service.commands
        process = self.start(f"{name}{ours}", command, service.environment)
        if port:
            probe = f"http://127.0.0.1:{ours}/readyz"
            headers = {"Host": proxy.NAME}
            log = self.folder / f"{name}{ours}.log"
            wait_until_alive(process, lambda: httpx.get(probe, headers=headers).is_success, log)

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{name}.log").open("ab") as log:
            process = self.processes[name] = subprocess.Popen(  # noqa: S603 - a command of the repository
                command,
                cwd=ROOT,
                env={**self.environment, **environment},
                stdout=log,
                stderr=log,
                # Ctrl+C would reach every process at once, and not only this one.
                start_new_session=True,
            )
        return process

    def stop_unit(self, name: str) -> None:
        """Stop a process as systemd does, with SIGTERM. Raises CommandFailed if it does not end."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            status = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise CommandFailed(f"{name} did not stop within {STOP_SECONDS} seconds") from None
        if status not in CLEAN_STATUSES:
            raise CommandFailed(f"{name} stopped with status {status}\n{self.log_of(name)}")

    def log_of(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def start_redis(self) -> None:
        port = self.ports[6379]
        process = self.start("redis", redis_command(port, self.folder), {})

        def answers() -> bool:
            probe = ["redis-cli", "-p", str(port), "ping"]
            return subprocess.run(probe, capture_output=True, check=False).stdout == b"PONG\n"  # noqa: S603 - our own command

        wait_until_alive(process, answers, self.folder / "redis.log")

    def start_proxy(self) -> None:
        process = self.start("nginx", proxy.command(self.folder, "-g", "daemon off;"), {})
        log = self.folder / "nginx.log"
        wait_until_alive(process, lambda: self.http.get("/healthz").is_success, log)

    def stop(self) -> None:
        """Stop what is running, the proxy first and Redis last. Raises the first failure."""
        failures = []
        for name in reversed([*self.processes]):
            try:
                self.stop_unit(name)
            except CommandFailed as failure:
                failures.append(failure)
        if failures:
            raise failures[0]


@contextmanager
def mail_server() -> Iterator[tuple[MailServer, str]]:
    """Run an SMTP server that keeps emails; yield it and its EMAIL_URL."""
    server = MailServer()
    controller = AnyPort(server)
    controller.start()
    try:
        yield server, f"smtp://{controller.hostname}:{controller.port}"
    finally:
        controller.stop()


@contextmanager
def prepared_site() -> Iterator[Site]:
    """Yield a site on an empty database of PostgreSQL whose processes are not started.

    What was started is stopped afterwards.
    """
    with ExitStack() as stack:
        mails, email_url = stack.enter_context(mail_server())
        ports = {port: stack.enter_context(reserved_port()) for port in (80, 443, 6379, *INSTANCES)}
        database = stack.enter_context(scratch("PostgreSQL"))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="cybermed-")))
        for name in ("media", "backups"):
            (folder / name).mkdir()
        proxy.create_certificate(folder)
        proxy.write_configuration(folder, ports)
        redis = f"127.0.0.1:{ports[6379]}"
        settings = {
            **read_environment(),
            "ALLOWED_HOSTS": proxy.NAME,
            "PUBLIC_URL": f"https://{proxy.NAME}:{ports[443]}",
            "DATABASE_URL": database,
            "CACHE_URL": f"rediscache://{redis}/0",
            "REDIS_URL": f"redis://{redis}/1",
            "MEDIA_ROOT": str(folder / "media"),
            "SECRET_KEY": "a-secret-key-for-this-run-only-" * 2,
            "JWT_SECRET": "a-token-key-for-this-run-only-" * 2,
            "EMAIL_URL": email_url,
        }
        site = Site(folder, ports, {"PATH": os.environ["PATH"], **settings}, mails)
        try:
            yield site
        finally:
            site.http.close()
            # After a failed step, stopping can fail too; check_stop() reports it otherwise.
            with suppress(CommandFailed):
                site.stop()
