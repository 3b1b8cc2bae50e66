import gc
import json
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings
from time_machine import Traveller

from users.password_reset import send_token

# Each check asks in a thread of its own, and Django leaves a thread's connection
# to SQLite's memory open; from Python 3.13 the interpreter minds.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")


@pytest.fixture(autouse=True)
def _forget_threads() -> Iterator[None]:
    yield
    gc.collect()


def answer(path: str) -> tuple[int, object]:
    response = Client().get(path)
    return response.status_code, json.loads(response.content)


def test_healthz_says_alive_without_asking_the_database() -> None:
    # pytest-django refuses every statement to a test that is not marked for it.
    assert answer("/healthz") == (200, {"status": "ok"})


@pytest.mark.django_db(transaction=True)
def test_readyz_is_ready_when_database_migrations_and_cache_are() -> None:
    assert answer("/readyz") == (
        200,
        {"database": "ok", "migrations": "ok", "cache": "ok", "queue_age_seconds": 0},
    )


@pytest.mark.django_db(transaction=True)
def test_readyz_is_not_ready_while_a_migration_is_missing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    try:
        assert answer("/readyz") == (
            503,
            {"database": "ok", "migrations": "unavailable", "cache": "ok", "queue_age_seconds": 0},
        )
    finally:
        call_command("migrate", "sessions", "--fake", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_readyz_is_not_ready_while_the_cache_keeps_nothing(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert answer("/readyz") == (
        503,
        {"database": "ok", "migrations": "ok", "cache": "unavailable", "queue_age_seconds": 0},
    )


@pytest.mark.django_db(transaction=True)
def test_readyz_tells_for_how_long_a_task_has_been_waiting_and_stays_ready(
    clock: Traveller,
) -> None:
    send_token.enqueue(None)
    clock.shift(3600)
    assert answer("/readyz") == (
        200,
        {"database": "ok", "migrations": "ok", "cache": "ok", "queue_age_seconds": 3600},
    )


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.django_db(transaction=True)
def test_probes_are_not_sent_to_https_and_never_cached(settings: Settings, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get(path)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
