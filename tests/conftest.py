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
    """Monday 2 March 2026, 08:00 at the clinic, standing still until a test moves it."""
    with time_machine.travel(MONDAY_MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _no_leftovers(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Files go to the test's own folder, and the caches forget."""
    settings.MEDIA_ROOT = tmp_path / "media"
    yield
    for cache in caches.all(initialized_only=True):
        cache.clear()


@pytest.fixture
def api() -> Api:
    """Sends operations to ``/graphql/`` as a client would, and gives back the whole answer."""
    return Api()
