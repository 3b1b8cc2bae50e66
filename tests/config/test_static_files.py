"""Static files that were not collected: the deployment check and the readiness probe name them."""

import json
from pathlib import Path

import pytest
from django.core.checks import CheckMessage
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from config.checks import check_static_files

HINT = "Run `python manage.py collectstatic --no-input`, then restart the server."


@pytest.fixture
def static_root(settings: Settings, tmp_path: Path) -> Path:
    """An empty folder for collected files, whose names have hashes as in production."""
    settings.STATIC_ROOT = tmp_path
    hashed = {"BACKEND": settings.HASHED_STATICFILES_STORAGE}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": hashed}
    return tmp_path


def reload_manifest(settings: Settings) -> None:
    """Read the manifest again, as a new process does."""
    settings.STORAGES = {**settings.STORAGES}


def reported(message: CheckMessage) -> tuple[str | None, str, str | None]:
    return message.id, message.msg, message.hint


def test_static_check_passes_without_hashed_names() -> None:
    assert check_static_files(None) == []


def test_static_check_fails_until_files_are_collected(
    settings: Settings, static_root: Path
) -> None:
    [message] = check_static_files(None)
    identifier, text, hint = reported(message)
    assert (identifier, hint) == ("cybermed.E004", HINT)
    assert "static files were not collected, such as admin/css/autocomplete.css" in text
    call_command("collectstatic", "--no-input", verbosity=0)
    reload_manifest(settings)
    assert check_static_files(None) == []


def test_static_check_names_a_file_that_an_update_added(
    settings: Settings, static_root: Path
) -> None:
    call_command("collectstatic", "--no-input", verbosity=0)
    manifest = static_root / "staticfiles.json"
    content = json.loads(manifest.read_text())
    del content["paths"]["schema/graphiql/icon.svg"]
    manifest.write_text(json.dumps(content))
    reload_manifest(settings)
    assert [reported(message) for message in check_static_files(None)] == [
        (
            "cybermed.E004",
            (
                "1 static files were not collected, such as schema/graphiql/icon.svg: pages that "
                "use them answer 500."
            ),
            HINT,
        )
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
def test_readiness_fails_without_collected_files(static_root: Path) -> None:
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (
        503,
        {
            "database": "ok",
            "migrations": "ok",
            "cache": "ok",
            "static": "unavailable",
            "queue_age_seconds": 0,
        },
    )
