import gc
import json
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from health_check.exceptions import ServiceUnavailable
from pytest_django import Settings
from time_machine import Traveller

from config.http.health import WritableDatabase
from users.password_reset import send_token

# Each check runs in its own thread, whose connection to SQLite in memory Django leaves open.
# Python 3.13 and later warn about that.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")


@pytest.fixture(autouse=True)
def _collect_thread_connections() -> Iterator[None]:
    """Close the connections of ended threads before the next test."""
    yield
    gc.collect()


READ_ONLY = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET default_transaction_read_only = on",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
}
WRITABLE = {
    "sqlite": "PRAGMA query_only = OFF",
    "postgresql": "SET default_transaction_read_only = off",
    "mysql": "SET SESSION TRANSACTION READ WRITE",
}


def answer(path: str) -> tuple[int, object]:
    response = Client().get(path)
    return response.status_code, json.loads(response.content)


def test_liveness_does_not_query_the_database() -> None:
    # pytest-django fails every query of a test without the django_db mark.
    assert answer("/healthz") == (200, {"status": "ok"})


@pytest.mark.django_db(transaction=True)
def test_readiness_succeeds_when_all_checks_pass() -> None:
    assert answer("/readyz") == (
        200,
        {
            "database": "ok",
            "migrations": "ok",
            "cache": "ok",
            "static": "ok",
            "queue_age_seconds": 0,
        },
    )


@pytest.mark.django_db(transaction=True)
def test_readiness_fails_while_a_migration_is_not_applied() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    try:
        assert answer("/readyz") == (
            503,
            {
                "database": "ok",
                "migrations": "unavailable",
                "cache": "ok",
                "static": "ok",
                "queue_age_seconds": 0,
            },
        )
    finally:
        call_command("migrate", "sessions", "--fake", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_writable_database_check_fails_on_a_read_only_database() -> None:
    check = WritableDatabase()
    check.run()
    with connection.cursor() as cursor:
        cursor.execute(READ_ONLY[connection.vendor])
    try:
        with pytest.raises(ServiceUnavailable):
            check.run()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(WRITABLE[connection.vendor])
    check.run()


@pytest.mark.django_db(transaction=True)
def test_readiness_fails_while_the_cache_stores_nothing(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert answer("/readyz") == (
        503,
        {
            "database": "ok",
            "migrations": "ok",
            "cache": "unavailable",
            "static": "ok",
            "queue_age_seconds": 0,
        },
    )


@pytest.mark.django_db(transaction=True)
def test_readiness_reports_queue_age_and_succeeds(
    clock: Traveller,
) -> None:
    send_token.enqueue(None)
    clock.shift(3600)
    assert answer("/readyz") == (
        200,
        {
            "database": "ok",
            "migrations": "ok",
            "cache": "ok",
            "static": "ok",
            "queue_age_seconds": 3600,
        },
    )


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.django_db(transaction=True)
def test_health_probes_are_not_redirected_or_cached(settings: Settings, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get(path)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
