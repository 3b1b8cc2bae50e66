"""Test programs that need their own process and database."""

import os
import subprocess
import sys

from django.conf import settings

# These programs send more requests than the rate limits allow.
ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "tests.settings", "RATE_LIMIT_ENABLED": "0"}
START = "import sys, django; django.setup(); from {module} import main; main(sys.argv[1:])"


def run(module: str, *arguments: str, **environment: str) -> str:
    """Run ``main(arguments)`` of ``module`` with Django's test settings and return its output."""
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
