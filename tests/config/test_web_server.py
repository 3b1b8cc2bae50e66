"""Both web servers listen on HOST and PORT."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.own_database
# Prints the address and the idle time that each server would use.
UVICORN = """
import uvicorn
from config.asgi_server import ARGUMENTS
options = uvicorn.main.make_context("uvicorn", [*ARGUMENTS]).params
print(options["host"], options["port"], options["timeout_keep_alive"], options["proxy_headers"])
"""
GUNICORN = """
import runpy
options = runpy.run_path("gunicorn.conf.py")
print(*options["bind"].split(":"), options["keepalive"], bool(options["forwarded_allow_ips"]))
"""


def options_of(program: str, **variables: str) -> str:
    path = {"PATH": os.environ["PATH"]}
    return subprocess.check_output(  # noqa: S603 - our own command
        [sys.executable, "-c", program], cwd=settings.BASE_DIR, env={**path, **variables}, text=True
    )


@pytest.mark.parametrize("program", [UVICORN, GUNICORN], ids=["uvicorn", "gunicorn"])
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "127.0.0.1 8000 20 False\n"),
        ({"HOST": "", "PORT": ""}, "127.0.0.1 8000 20 False\n"),
        ({"HOST": "0.0.0.0", "PORT": "8123"}, "0.0.0.0 8123 20 False\n"),  # noqa: S104 - not bound
    ],
)
def test_web_server_listens_on_host_and_port(
    program: str, variables: dict[str, str], expected: str
) -> None:
    assert options_of(program, **variables) == expected


def test_asgi_server_accepts_further_arguments() -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "config.asgi_server", "--port", "none"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 2
    assert outcome.stderr.startswith("Usage: python -m config.asgi_server")
    assert "Invalid value for '--port'" in outcome.stderr
