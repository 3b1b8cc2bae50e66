import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.cache import caches
from pytest_django import DjangoDbBlocker, Settings

from tests.support.api_client import Api
from tests.support.migrated_rows import migrated_rows, restore_after_flush

pytest_plugins = [
    "tests.support.fixtures.people",
    "tests.support.fixtures.smtp_server",
    "tests.security.matrix_callers",
]
if os.environ.get("COMPARE_EXECUTION") == "1":
    pytest_plugins.append("tests.support.compare_executions")

MONDAY_MORNING = dt.datetime(2026, 3, 2, 8, tzinfo=ZoneInfo("Europe/Berlin"))


DATABASE_FIXTURES = frozenset({"db", "transactional_db", "django_db_setup", "live_server"})


@pytest.hookimpl(tryfirst=True)  # before -m chooses by the markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that do not use the database of DATABASE_URL: once is enough for them."""
    for item in items:
        fixtures = DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ()))
        if not fixtures and item.get_closest_marker("django_db") is None:
            item.add_marker("own_database")


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Set the time to Monday 2 March 2026, 08:00 in the clinic's zone; it stands still."""
    with time_machine.travel(MONDAY_MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Keep what migrations have added when a transactional test empties the database."""
    with django_db_blocker.unblock():
        restore_after_flush(migrated_rows())


@pytest.fixture(autouse=True)
def _isolate_files_and_caches(settings: Settings, tmp_path: Path) -> None:
    """Store uploaded files in the test's own folder, and clear the caches before the test.

    Afterwards would be too late for a test that has changed CACHES: those of the settings, which
    are common to all threads of the process, would keep its rate limits.
    """
    settings.MEDIA_ROOT = tmp_path / "media"
    for cache in caches.all():
        cache.clear()


@pytest.fixture
def api() -> Api:
    """An API client for ``/graphql/``."""
    return Api()
