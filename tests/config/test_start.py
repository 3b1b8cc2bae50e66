"""Web servers do not start with another time zone, and do not load another release."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.live_server import ENVIRONMENT, GUNICORN, reserved_port, serving
from tests.support.processes import ROOT, manage

pytestmark = pytest.mark.own_database
REFUSAL = (
    "CyberMed cannot start: TIME_ZONE was changed: the times in the database are those of "
    "Europe/Berlin; open appointments that would start at another moment in Asia/Tokyo: 0. Set it "
    "back, or run `manage.py change_time_zone`.\n"
)


@pytest.mark.parametrize("server", [("config.asgi_server",), ("gunicorn", "config.wsgi")])
def test_server_does_not_start_with_another_time_zone(
    tmp_path: Path, server: tuple[str, ...]
) -> None:
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    environment = {**os.environ, **ENVIRONMENT, "DATABASE_URL": database, "REDIS_URL": ""}
    manage(environment, "migrate", "-v0")
    stored = "from clinic import time_zone; assert time_zone.find_change() is None"
    manage(environment, "shell", "--no-imports", "--command", stored)
    with reserved_port() as port:
        started = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", *server],
            env={**environment, "TIME_ZONE": "Asia/Tokyo", "PORT": str(port)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert started.returncode == 1
    assert started.stderr.endswith(REFUSAL)


def workers_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_gunicorn_keeps_its_workers_at_sighup(tmp_path: Path) -> None:
    with serving(tmp_path, server=GUNICORN) as server:
        before = workers_of(server.process.pid)
        server.process.send_signal(signal.SIGHUP)
        [log] = tmp_path.glob("server-*.log")
        requests = (server.http.get("/healthz") for _ in range(300))
        assert any("SIGHUP is ignored" in log.read_text() for _answered in requests)
        assert (workers_of(server.process.pid), len(before)) == (before, 1)
