"""``manage.py`` outside make: what it needs, and its one line when the database is unreachable."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests.support.databases import SERVERS
from tests.support.required_databases import require

pytestmark = pytest.mark.own_database
ADVICE = "Start the server, create the database or correct DATABASE_URL.\n"


def run_python(
    *arguments: str | Path, python: str | Path = sys.executable, **variables: str
) -> tuple[int, str, str]:
    """Run Python with DEBUG=1 and return exit status, stdout and stderr."""
    done = subprocess.run(  # noqa: S603 - our own command
        [python, *arguments],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DEBUG": "1", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def manage(*arguments: str, **variables: str) -> tuple[int, str, str]:
    return run_python("manage.py", *arguments, **variables)


def test_manage_runs_in_development_with_debug_only(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    assert manage("migrate", "-v0", DATABASE_URL=url) == (0, "", "")
    assert manage("purge_tokens", DATABASE_URL=url)[::2] == (0, "")


def test_manage_without_django_names_the_virtual_environment(tmp_path: Path) -> None:
    # A virtual environment without packages stands for the machine's own Python.
    assert run_python("-m", "venv", "--without-pip", tmp_path) == (0, "", "")
    assert run_python("manage.py", "migrate", python=tmp_path / "bin/python") == (
        1,
        "",
        "Django is not installed here. Run `make setup`, then `.venv/bin/python manage.py`.\n",
    )


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////no/such/directory/db.sqlite3",
        "postgresql://nobody:a-secret@127.0.0.1:1/clinic",
    ],
    ids=["missing directory", "server not running"],
)
def test_manage_reports_unreachable_database_in_one_line(url: str) -> None:
    status, out, error = manage("migrate", DATABASE_URL=url)
    assert (status, out, error.count("\n")) == (1, "", 1)
    assert error.startswith("Cannot connect to the database in DATABASE_URL: ")
    assert error.endswith(ADVICE)
    assert "a-secret" not in error


@pytest.mark.parametrize("database", SERVERS)
def test_manage_reports_missing_database_in_one_line(database: str) -> None:
    require(database)
    url = urlsplit(os.environ[SERVERS[database]])._replace(path="/no_such_clinic").geturl()
    status, out, error = manage("migrate", DATABASE_URL=url)
    assert (status, out, error.count("\n")) == (1, "", 1)
    assert "no_such_clinic" in error
    assert error.endswith(ADVICE)


@pytest.mark.parametrize(
    ("module", "url", "packages"),
    [
        ("psycopg", "postgresql://db/clinic", "the packages in requirements/postgresql.txt"),
        (
            "MySQLdb",
            "mariadb://db/clinic",
            "the packages in requirements/mysql.txt and MariaDB's client library",
        ),
    ],
)
def test_missing_database_driver_stops_the_start(module: str, url: str, packages: str) -> None:
    start = f"import sys; sys.modules['{module}'] = None; import config.settings"
    assert run_python("-c", start, DATABASE_URL=url) == (
        1,
        "",
        f"CyberMed cannot start: DATABASE_URL needs {packages}.\n",
    )
