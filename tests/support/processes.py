"""Programs of the tests that need a process, and a database, of their own."""

import os
import subprocess
import sys

from django.conf import settings

# They try more, and faster, than anybody may.
ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "tests.settings", "RATE_LIMIT_ENABLED": "0"}
START = "import sys, django; django.setup(); from {module} import main; main(sys.argv[1:])"


def run(module: str, *arguments: str, **environment: str) -> str:
    """What ``main(arguments)`` of ``module`` prints, with Django set up for the tests."""
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        [sys.executable, "-c", START.format(module=module), *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, **ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
