"""Collected static files, which servers with production settings need to be ready."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

from config.settings import BASE_DIR, STATIC_ROOT
from config.static_files import find_uncollected

LOCK = Path(BASE_DIR) / "manage.py"
COMMAND = (sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0")
# Static files do not depend on these; production settings need them.
ENVIRONMENT = {
    "DEBUG": "0",
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": "a-key-for-tests-only-" * 3,
    "JWT_SECRET": "another-key-for-tests-only-" * 3,
    "ALLOWED_HOSTS": "localhost",
    "DATABASE_URL": "sqlite:///:memory:",
}


def collect_static_files() -> None:
    """Run ``collectstatic`` unless all files are collected already.

    Test processes take turns: a server that starts while the manifest is written finds none.
    """
    with LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        manifest = Path(STATIC_ROOT) / "staticfiles.json"
        paths = json.loads(manifest.read_text())["paths"] if manifest.exists() else {}
        if find_uncollected(paths):
            environment = {**os.environ, **ENVIRONMENT}
            subprocess.run(COMMAND, cwd=BASE_DIR, env=environment, check=True)  # noqa: S603 - our own command
