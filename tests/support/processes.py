"""Test programs that need their own process and database."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# These programs send more requests than the rate limits allow.
ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "tests.settings", "RATE_LIMIT_ENABLED": "0"}
START = "import sys, django; django.setup(); from {module} import main; main(sys.argv[1:])"


def run(module: str, *arguments: str, **environment: str) -> str:
    """Run ``main(arguments)`` of ``module`` with Django's test settings and return its output."""
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        [sys.executable, "-c", START.format(module=module), *arguments],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def manage(environment: Mapping[str, str], *arguments: str) -> None:
    """Run ``manage.py`` with this environment."""
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, env=environment, check=True, cwd=ROOT)  # noqa: S603 - our own command
