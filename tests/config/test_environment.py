"""The server is started as its owner would, and must refuse a wrong variable in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.own_database
PRODUCTION = {
    "SECRET_KEY": "f3a9c8e1d7b24650" * 4,
    "JWT_SECRET": "0b1c2d3e4f5a6978" * 4,
    "ALLOWED_HOSTS": "clinic.example.org",
}


def run(*command: str, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """Run under production's environment, changed by ``variables`` (None: left out)."""
    environment = {"PATH": os.environ["PATH"], **PRODUCTION, **variables}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_settings_pass_the_deploy_check_without_a_warning() -> None:
    outcome = run("manage.py", "check", "--deploy", "--fail-level", "DEBUG")
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (
        0,
        "System check identified no issues (1 silenced).\n",
        "",
    )


def test_the_deploy_check_refuses_doctors_without_approval() -> None:
    outcome = run("manage.py", "check", "--deploy", DOCTOR_APPROVAL_REQUIRED="0")
    assert outcome.returncode == 1
    assert "(cybermed.E001) DOCTOR_APPROVAL_REQUIRED is off" in outcome.stderr


def test_redis_is_refused_where_its_packages_are_missing() -> None:
    start = "import sys; sys.modules['channels_redis'] = None; import config.settings"
    outcome = run("-c", start, REDIS_URL="redis://127.0.0.1:6379/0")
    assert (outcome.returncode, outcome.stderr) == (
        1,
        "CyberMed cannot start: REDIS_URL needs the packages of requirements/redis.txt.\n",
    )


WRONG = [
    ("SECRET_KEY", None, "must be set, to 32 random bytes or more"),
    ("SECRET_KEY", "", "must be set, to 32 random bytes or more"),
    ("JWT_SECRET", None, "must be set, to 32 random bytes or more"),
    ("JWT_SECRET", "x" * 31, "must have 32 bytes or more"),
    ("ALLOWED_HOSTS", None, "must be set, to the host names the server answers to"),
    ("ALLOWED_HOSTS", " , ", "must be set, to the host names the server answers to"),
    ("DEBUG", "maybe", "must be 1 or 0 (true or false, yes or no, on or off)"),
    ("HTTPS_ONLY", "2", "must be 1 or 0 (true or false, yes or no, on or off)"),
    ("HORIZON_DAYS", "abc", "must be a whole number"),
    ("HORIZON_DAYS", "1.5", "must be a whole number"),
    ("HORIZON_DAYS", "٣", "must be a whole number"),
    ("HORIZON_DAYS", "0", "must be between 1 and 3650"),
    ("HORIZON_DAYS", "9" * 5000, "must be between 1 and 3650"),
    ("LEAD_TIME_MINUTES", "-1", "must be between 0 and 525600"),
    ("JWT_ACCESS_MINUTES", "0", "must be between 1 and 1440"),
    ("CLINIC_NAME", "A\nBcc: x", "must be one line, of characters that can be shown"),
    ("REMINDER_HOURS", "337", "must be between 0 and 336"),
    ("TIME_ZONE", "Mars/X", "must be an IANA time zone such as Europe/Berlin"),
    ("TIME_ZONE", "../etc/passwd", "must be an IANA time zone such as Europe/Berlin"),
    ("PHONENUMBER_DEFAULT_REGION", "XX", "must be one that exists"),
    ("LOG_LEVEL", "loud", "must be DEBUG, ERROR, INFO, WARNING"),
    ("DATABASE_URL", "foo", "must be a URL that begins with sqlite, postgresql, mysql or mariadb"),
    (
        "DATABASE_URL",
        "oracle://scott:tiger@db/x",
        "must be a URL that begins with sqlite, postgresql, mysql or mariadb",
    ),
    ("DATABASE_URL", "postgresql://db", "must name a database"),
    (
        "DATABASE_URL",
        "postgresql://ann:secret@db:port/x",
        "must be a URL of a kind the documentation lists",
    ),
    ("CACHE_URL", "foo", "must be a URL of a kind the documentation lists"),
    ("EMAIL_URL", "pigeon://x", "must be a URL of a kind the documentation lists"),
    (
        "CORS_ALLOWED_ORIGINS",
        "*",
        "must hold origins such as https://app.example.org, without a path",
    ),
    (
        "CORS_ALLOWED_ORIGINS",
        "https://a.example.org/",
        "must hold origins such as https://app.example.org, without a path",
    ),
]


@pytest.mark.parametrize(("name", "value", "why"), WRONG)
def test_a_wrong_variable_stops_the_start_with_one_line_that_names_it(
    name: str, value: str | None, why: str
) -> None:
    outcome = run("-c", "import config.settings", **{name: value})
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (
        1,
        "",
        f"CyberMed cannot start: {name} {why}.\n",
    )


@pytest.mark.parametrize(
    "command",
    [("manage.py", "check"), ("-m", "gunicorn", "config.wsgi")],
    ids=["manage.py", "gunicorn"],
)
def test_however_it_is_started_the_line_is_all_that_is_said(command: tuple[str, ...]) -> None:
    outcome = run(*command, HORIZON_DAYS="abc", PORT="0")
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (
        1,
        "",
        "CyberMed cannot start: HORIZON_DAYS must be a whole number.\n",
    )


def test_development_needs_no_variable_but_debug() -> None:
    absent = dict.fromkeys(PRODUCTION)
    outcome = run("manage.py", "check", "--fail-level", "DEBUG", DEBUG="yes", **absent)
    assert (outcome.returncode, outcome.stderr) == (0, "")


NOT_DOCUMENTS = "must name a file of GraphQL documents, each under the SHA-256 of its text"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "must name a file that can be read"),
        (b"{", "must name a file of JSON"),
        (b"\xff", "must name a file of JSON"),
        (b"{}", NOT_DOCUMENTS),
        (b"[]", NOT_DOCUMENTS),
        (b'{"abc": "{ me { id } }"}', NOT_DOCUMENTS),
        (b'{"abc": 5}', NOT_DOCUMENTS),
    ],
)
def test_without_a_proper_file_of_trusted_documents_it_does_not_start(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "documents.json"
    if content is not None:
        file.write_bytes(content)
    outcome = run("-c", "import config.settings", TRUSTED_DOCUMENTS=str(file))
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (
        1,
        "",
        f"CyberMed cannot start: TRUSTED_DOCUMENTS {why}.\n",
    )
