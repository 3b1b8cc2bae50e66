"""Failed set-up steps of the Makefile: each ends in one line that says what to do.

The Makefile is copied to an empty directory, with stubs in place of the programs that fail.
"""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.own_database
LOCK = "requirements/dev.txt"
NODE = "tests/clients/node"
FAIL = "exit 1"
PIP_FAILED = "Check the network connection; details: .venv/pip.log"


class Checkout:
    """An empty checkout with the Makefile, and a directory of stubs that comes first on PATH."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.stubs = directory, directory / "stubs"
        shutil.copy(settings.BASE_DIR / "Makefile", directory)
        self.write(LOCK, "# no packages")
        self.write(f"{NODE}/package-lock.json", "{}")

    def write(self, path: str, text: str) -> None:
        (self.directory / path).parent.mkdir(parents=True, exist_ok=True)
        (self.directory / path).write_text(text)

    def stub(self, path: str, *script: str) -> None:
        """Write a shell script."""
        self.write(path, "\n".join(["#!/bin/sh", *script]))
        (self.directory / path).chmod(0o755)

    def install(self, *script: str) -> None:
        """Create a .venv that is up to date; its Python runs ``script`` first."""
        self.stub(".venv/bin/python", *script, f'exec {sys.executable} "$@"')
        shutil.copy(self.directory / LOCK, self.directory / ".venv/installed.txt")

    def make(self, *arguments: str, **variables: str) -> tuple[int, list[str]]:
        """Return exit status and output lines of make, without its own "make: *** …" line."""
        done = subprocess.run(  # noqa: S603 - our own command
            ["make", *arguments],  # noqa: S607 - found on PATH
            cwd=self.directory,
            env={"PATH": f"{self.stubs}:{os.environ['PATH']}", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        lines = done.stdout.splitlines()
        return done.returncode, [line for line in lines if not line.startswith("make")]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_make_setup_requires_a_supported_python(checkout: Checkout) -> None:
    for name in ("python3", "python3.14", "python3.13", "python3.12", "python3.11"):
        checkout.stub(f"stubs/{name}", FAIL)
    assert checkout.make("setup") == (
        2,
        ["Python 3.11 or later is needed. Install it and run make again."],
    )


def test_make_setup_reports_missing_venv_module(checkout: Checkout) -> None:
    checkout.stub("stubs/python3", '[ "$1" = -c ]')
    assert checkout.make("setup") == (
        2,
        [
            f"Installing {LOCK} into .venv ...",
            (
                "Creating .venv failed. Install Python's venv module"
                " (Debian: apt install python3-venv)."
            ),
        ],
    )
    assert not (checkout.directory / ".venv").exists()


def test_make_setup_reports_failed_pip_install(checkout: Checkout) -> None:
    checkout.stub(".venv/bin/python", "echo no network; exit 1")
    assert checkout.make("setup") == (
        2,
        [f"Installing {LOCK} into .venv ...", f"Installing {LOCK} failed. {PIP_FAILED}"],
    )
    assert (checkout.directory / ".venv/pip.log").read_text() == "no network\n"


MYSQL_FAILED = (
    "Installing requirements/mysql.txt failed. mysqlclient needs MariaDB's headers, pkg-config and"
    f" a C compiler (Debian: apt install libmariadb-dev pkg-config gcc). {PIP_FAILED}"
)
WITHOUT_MYSQL = 'case "$*" in *MySQLdb* | *pip*) exit 1 ;; esac'


@pytest.mark.parametrize(
    ("target", "variables"),
    [
        ("setup", {"DATABASE_URL": "mysql://db/clinic"}),
        ("setup", {"DATABASE_URL": "mariadb://db/clinic"}),
        ("drivers", {"MARIADB_URL": "mysql://db/"}),
        ("drivers", {"REQUIRE_ALL": "1"}),
    ],
)
def test_make_reports_failed_build_of_mysqlclient(
    checkout: Checkout, target: str, variables: dict[str, str]
) -> None:
    checkout.install(WITHOUT_MYSQL)
    checkout.stub("stubs/pkg-config", FAIL)
    assert checkout.make(target, **variables) == (2, [MYSQL_FAILED])


def test_make_drivers_leaves_out_mariadb_without_headers(checkout: Checkout) -> None:
    checkout.install(WITHOUT_MYSQL)
    checkout.stub("stubs/pkg-config", FAIL)
    assert checkout.make("drivers") == (
        0,
        ["MariaDB is left out: MARIADB_URL is not set and MariaDB's headers are not installed."],
    )


def test_make_run_reports_port_in_use(checkout: Checkout) -> None:
    checkout.install()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert checkout.make("run", f"PORT={port}") == (
            2,
            [f"Port {port} is in use or invalid. Choose another port: make run PORT=8001"],
        )


@pytest.mark.parametrize(("version", "found"), [("v18.20.4", "v18.20.4"), (None, "none")])
def test_make_requires_a_supported_node(
    checkout: Checkout, version: str | None, found: str
) -> None:
    script = f"echo {version}" if version else FAIL
    checkout.stub("stubs/node", f'if [ "$1" = --version ]; then {script}; else {FAIL}; fi')
    assert checkout.make("node-tools") == (
        2,
        [f"Node.js 20.19, 22.12 or later is needed; found: {found}."],
    )


def test_make_reports_failed_npm_ci(checkout: Checkout) -> None:
    checkout.stub("stubs/node", "exit 0")
    checkout.stub("stubs/npm", "echo no network; exit 1")
    assert checkout.make("node-tools") == (
        2,
        [f"npm ci failed in {NODE}. Check the network connection; details: {NODE}/npm.log"],
    )
    assert (checkout.directory / NODE / "npm.log").read_text() == "no network\n"
