import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.cache import caches
from pytest_django import Settings

from tests.support.api_client import Api

pytest_plugins = ["tests.support.fixtures.people", "tests.support.fixtures.smtp_server"]

MONDAY_MORNING = dt.datetime(2026, 3, 2, 8, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Set the time to Monday 2 March 2026, 08:00 in the clinic's zone; it stands still."""
    with time_machine.travel(MONDAY_MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _isolate_files_and_caches(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Store uploaded files in the test's own folder, and clear the caches after the test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    yield
    for cache in caches.all(initialized_only=True):
        cache.clear()


@pytest.fixture
def api() -> Api:
    """An API client for ``/graphql/``."""
    return Api()
