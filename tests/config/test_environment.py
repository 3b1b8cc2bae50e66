"""Environment variables: a server process stops with one line if one is invalid."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.support.static_files import collect_static_files

pytestmark = pytest.mark.own_database
PRODUCTION = {
    "SECRET_KEY": "f3a9c8e1d7b24650" * 4,
    "JWT_SECRET": "0b1c2d3e4f5a6978" * 4,
    "ALLOWED_HOSTS": "clinic.example.org",
}


def run(*command: str, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """Run Python with a production environment, changed by ``variables`` (None: not set)."""
    environment = {"PATH": os.environ["PATH"], **PRODUCTION, **variables}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )


def test_deploy_check_passes_for_production_settings() -> None:
    collect_static_files()
    outcome = run("manage.py", "check", "--deploy", "--fail-level", "DEBUG")
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (
        0,
        "System check identified no issues (0 silenced).\n",
        "",
    )


def test_deploy_check_fails_without_doctor_approval() -> None:
    outcome = run("manage.py", "check", "--deploy", DOCTOR_APPROVAL_REQUIRED="0")
    assert outcome.returncode == 1
    assert "(cybermed.E001) DOCTOR_APPROVAL_REQUIRED is off" in outcome.stderr


def test_deploy_check_fails_without_email_verification() -> None:
    outcome = run("manage.py", "check", "--deploy", EMAIL_VERIFICATION_REQUIRED="0")
    assert outcome.returncode == 1
    assert "(cybermed.E003) EMAIL_VERIFICATION_REQUIRED is off" in outcome.stderr


def test_deploy_check_warns_of_links_to_localhost() -> None:
    outcome = run("manage.py", "check", "--deploy", ALLOWED_HOSTS="*")
    assert "(cybermed.W002) Links in emails lead to localhost" in outcome.stderr


def test_redis_url_without_channels_redis_stops_the_start() -> None:
    start = "import sys; sys.modules['channels_redis'] = None; import config.settings"
    outcome = run("-c", start, REDIS_URL="redis://127.0.0.1:6379/0")
    assert (outcome.returncode, outcome.stderr) == (
        1,
        "CyberMed cannot start: REDIS_URL needs the packages in requirements/redis.txt.\n",
    )


KEY_REQUIRED = "must be set to at least 32 random bytes (for development, set DEBUG=1 instead)"
INVALID_URL = "is not a valid URL of a supported kind (see the settings in the documentation)"
INVALID_ORIGINS = (
    "must be a comma-separated list of origins such as https://app.example.org, without a path"
)
INVALID_SMTP_HOST = "must name a mail server by its IP address or a valid host name"
INVALID_CREDENTIALS = "must have a user name and a password in ASCII"
INVALID_SENDER = (
    "must be an email address such as clinic@example.org or Clinic <clinic@example.org>"
)
INVALID_LOCAL_PART = (
    "must have at most 64 unaccented letters, digits and signs before the @, and no spaces or"
    " quotation marks"
)
INVALID_LINK = "must be a URL such as https://app.example.org/reset/{token}"
INVALID_ORIGIN = "must be an origin such as https://clinic.example.org, without a path"
INVALID_HEADERS = "must be a comma-separated list of header names such as X-Tenant"
WEAK_FALLBACK = "must be keys of at least 32 bytes, separated by commas"
INVALID = [
    ("SECRET_KEY", None, KEY_REQUIRED),
    ("SECRET_KEY", "", KEY_REQUIRED),
    ("JWT_SECRET", None, KEY_REQUIRED),
    ("JWT_SECRET", "x" * 31, "must have at least 32 bytes"),
    ("SECRET_KEY_FALLBACKS", "x" * 31, WEAK_FALLBACK),
    ("JWT_SECRET_FALLBACKS", f"{'x' * 32},short", WEAK_FALLBACK),
    ("METRICS_TOKEN", "x" * 31, WEAK_FALLBACK),
    ("PROMETHEUS_MULTIPROC_DIR", "no-such-folder", "must be a folder that exists"),
    ("SLOW_QUERY_MILLISECONDS", "-1", "must be between 0 and 3600000"),
    ("ALLOWED_HOSTS", None, "must be set to the host names of this server"),
    ("ALLOWED_HOSTS", " , ", "must be set to the host names of this server"),
    ("DEBUG", "maybe", "must be 1 or 0 (true or false, yes or no, on or off)"),
    ("HTTPS_ONLY", "2", "must be 1 or 0 (true or false, yes or no, on or off)"),
    ("HORIZON_DAYS", "abc", "must be a whole number"),
    ("HORIZON_DAYS", "1.5", "must be a whole number"),
    ("HORIZON_DAYS", "٣", "must be a whole number"),
    ("HORIZON_DAYS", "0", "must be between 1 and 3650"),
    ("HORIZON_DAYS", "9" * 5000, "must be between 1 and 3650"),
    ("LEAD_TIME_MINUTES", "-1", "must be between 0 and 525600"),
    ("PATIENT_ACCESS_DAYS", "-1", "must be between 0 and 36500"),
    ("JWT_ACCESS_MINUTES", "0", "must be between 1 and 1440"),
    ("CLINIC_NAME", "A\nBcc: x", "must be one line of printable characters"),
    ("REMINDER_HOURS", "337", "must be between 0 and 336"),
    ("TIME_ZONE", "Mars/X", "must be an IANA time zone such as Europe/Berlin"),
    ("TIME_ZONE", "../etc/passwd", "must be an IANA time zone such as Europe/Berlin"),
    ("PHONENUMBER_DEFAULT_REGION", "XX", "must be a value such as DE"),
    ("LOG_LEVEL", "loud", "must be one of DEBUG, ERROR, INFO, WARNING"),
    ("DATABASE_URL", "foo", "must be a URL that starts with sqlite, postgresql, mysql or mariadb"),
    (
        "DATABASE_URL",
        "oracle://scott:tiger@db/x",
        "must be a URL that starts with sqlite, postgresql, mysql or mariadb",
    ),
    ("DATABASE_URL", "postgresql://db", "must name a database"),
    ("DATABASE_URL", "postgresql://ann:secret@db:port/x", INVALID_URL),
    ("CACHE_URL", "foo", INVALID_URL),
    ("EMAIL_URL", "pigeon://x", INVALID_URL),
    ("EMAIL_URL", "smtp://mail.example.org:99999", INVALID_URL),
    ("EMAIL_URL", "smtp://", INVALID_SMTP_HOST),
    ("EMAIL_URL", "smtp://:25", INVALID_SMTP_HOST),
    ("EMAIL_URL", "smtp://mail..example.org", INVALID_SMTP_HOST),
    ("EMAIL_URL", "smtp://mail%20server", INVALID_SMTP_HOST),
    ("EMAIL_URL", f"smtp://{'x' * 64}.example.org", INVALID_SMTP_HOST),
    ("EMAIL_URL", "smtp://u:p%C3%A4ss@mail.example.org", INVALID_CREDENTIALS),
    ("EMAIL_URL", "smtp://%C3%BC:pass@mail.example.org", INVALID_CREDENTIALS),
    ("EMAIL_URL", "smtps://mail.example.org?EMAIL_USE_SSL=1", "must use either TLS or SSL"),
    ("DEFAULT_FROM_EMAIL", "praxis", INVALID_SENDER),
    ("DEFAULT_FROM_EMAIL", "Praxis Nord <>", INVALID_SENDER),
    ("DEFAULT_FROM_EMAIL", "Praxis Nord <praxis>", INVALID_SENDER),
    ("DEFAULT_FROM_EMAIL", "a@example.org <b@example.org> c", INVALID_SENDER),
    ("DEFAULT_FROM_EMAIL", "a@example.org, b@example.org", INVALID_LOCAL_PART),
    ("DEFAULT_FROM_EMAIL", "präxis@example.org", INVALID_LOCAL_PART),
    ("DEFAULT_FROM_EMAIL", "Praxis <=?utf-8?q?a?=@example.org>", INVALID_LOCAL_PART),
    ("DEFAULT_FROM_EMAIL", "praxis@example..org", "must have a valid domain after the @"),
    ("DEFAULT_FROM_EMAIL", "praxis@example.org.", "must have a valid domain after the @"),
    ("DEFAULT_FROM_EMAIL", "A\nBcc: <x@example.org>", "must be one line of printable characters"),
    ("PUBLIC_URL", "https://clinic.example.org/path", INVALID_ORIGIN),
    ("PUBLIC_URL", "clinic.example.org", INVALID_ORIGIN),
    (
        "PUBLIC_URL",
        "https://clinic.example.org\nBcc: x",
        "must be one line of printable characters",
    ),
    ("MAX_OPEN_APPOINTMENTS", "-1", "must be between 0 and 1000"),
    ("EMAIL_VERIFICATION_URL", "https://app.example.org/verify", INVALID_LINK),
    ("INVITATION_URL", "/invitation/{token}", INVALID_LINK),
    ("PASSWORD_RESET_URL", "https://app.example.org/reset", INVALID_LINK),
    ("PASSWORD_RESET_URL", "/reset/{token}", INVALID_LINK),
    ("PASSWORD_RESET_URL", "https://app.example.org/re set/{token}", INVALID_LINK),
    ("PASSWORD_RESET_URL", "https://x/{token}\nBcc: y", "must be one line of printable characters"),
    ("CORS_ALLOWED_ORIGINS", "*", INVALID_ORIGINS),
    ("CORS_ALLOWED_ORIGINS", "https://a.example.org/", INVALID_ORIGINS),
    ("CORS_ALLOW_HEADERS", "*", INVALID_HEADERS),
    ("CORS_ALLOW_HEADERS", "X-Tenant: 5", INVALID_HEADERS),
    ("CORS_ALLOW_HEADERS", "X-Tenant,X-Größe", INVALID_HEADERS),
]


@pytest.mark.parametrize(("name", "value", "why"), INVALID)
def test_invalid_environment_variable_stops_the_start_with_one_line(
    name: str, value: str | None, why: str
) -> None:
    outcome = run("-c", "import config.settings", **{name: value})
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (
        1,
        "",
        f"CyberMed cannot start: {name} {why}.\n",
    )


@pytest.mark.parametrize(
    ("name", "value", "setting", "converted"),
    [
        ("DEFAULT_FROM_EMAIL", "termine@straße.example", None, "termine@xn--strae-oqa.example"),
        ("DEFAULT_FROM_EMAIL", "Termine@Praxis.example", None, "Termine@Praxis.example"),
        ("DEFAULT_FROM_EMAIL", "clinic@mailhost", None, "clinic@mailhost"),
        (
            "DEFAULT_FROM_EMAIL",
            "Praxis Müller <a@müller.example>",
            None,
            "=?utf-8?q?Praxis_M=C3=BCller?= <a@xn--mller-kva.example>",
        ),
        ("EMAIL_URL", "smtp://mail.straße.example:25", "EMAIL_HOST", "mail.xn--strae-oqa.example"),
        ("EMAIL_URL", "smtp://mail_server", "EMAIL_HOST", "mail_server"),
        ("EMAIL_URL", "smtp://[::1]:25", "EMAIL_HOST", "::1"),
        ("EMAIL_URL", "smtp+ssl://user:pass@192.0.2.1", "EMAIL_HOST", "192.0.2.1"),
        ("PASSWORD_RESET_URL", "clinic://reset?t={token}", None, "clinic://reset?t={token}"),
    ],
)
def test_email_settings_are_converted_to_ascii(
    name: str, value: str, setting: str | None, converted: str
) -> None:
    show = f"import config.settings as s; print(s.{setting or name})"
    outcome = run("-c", show, **{name: value})
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, f"{converted}\n", "")


@pytest.mark.parametrize(
    "command",
    [("manage.py", "check"), ("-m", "gunicorn", "config.wsgi")],
    ids=["manage.py", "gunicorn"],
)
def test_invalid_environment_variable_stops_each_entry_point_with_one_line(
    command: tuple[str, ...],
) -> None:
    outcome = run(*command, HORIZON_DAYS="abc", PORT="0")
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (
        1,
        "",
        "CyberMed cannot start: HORIZON_DAYS must be a whole number.\n",
    )


@pytest.mark.parametrize(
    ("host", "bind"),
    [(None, "127.0.0.1:8000"), ("", "127.0.0.1:8000"), ("10.0.0.5", "10.0.0.5:8000")],
)
def test_gunicorn_listens_on_this_machine_unless_host_is_set(host: str | None, bind: str) -> None:
    outcome = run("-m", "gunicorn", "config.wsgi", "--print-config", HOST=host, PORT=None)
    assert outcome.returncode == 0
    printed = dict(re.findall(r"^(\w+) += (.*)$", outcome.stdout, re.MULTILINE))
    assert (printed["bind"], printed["control_socket_disable"]) == (f"['{bind}']", "True")


def test_development_settings_require_debug_only() -> None:
    absent = dict.fromkeys(PRODUCTION)
    outcome = run("manage.py", "check", "--fail-level", "DEBUG", DEBUG="yes", **absent)
    assert (outcome.returncode, outcome.stderr) == (0, "")


NOT_DOCUMENTS = "must be the path of a JSON object that maps SHA-256 hashes to GraphQL documents"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "must be the path of a readable file"),
        (b"{", "must be the path of a JSON file"),
        (b"\xff", "must be the path of a JSON file"),
        (b"{}", NOT_DOCUMENTS),
        (b"[]", NOT_DOCUMENTS),
        (b'{"abc": "{ me { id } }"}', NOT_DOCUMENTS),
        (b'{"abc": 5}', NOT_DOCUMENTS),
    ],
)
def test_invalid_trusted_documents_file_stops_the_start(
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
