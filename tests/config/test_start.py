"""Web servers do not start with another time zone than that of the database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.live_server import ENVIRONMENT, ROOT, manage, reserved_port

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
