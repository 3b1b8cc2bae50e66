"""Fixtures for tests in Chromium, which must be installed; it is never downloaded.

Without a browser these tests are skipped, or fail if ``REQUIRE_BROWSER=1``. As in a
clinic's network, the browser can reach no host but the server.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest
import time_machine
from playwright.sync_api import ConsoleMessage, Page, Request, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.conftest import MONDAY_MORNING
from tests.support.live_server import ENVIRONMENT
from tests.support.migrated_databases import copy_migrated
from tests.support.processes import manage

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Without these Chromium sends requests for updates and other services of its own.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
FILL_CALENDAR = "from tests.support.calendar_clinic import fill; fill()"
expect.set_options(timeout=30_000)  # the timeout that Playwright has for clicks


class Browse(Protocol):
    def __call__(
        self, base_url: str = ..., expected: str = ..., *, bypass_csp: bool = ...
    ) -> AbstractContextManager[Page]: ...


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The clock of all tests, but running: tokens expire while the browser waits."""
    with time_machine.travel(MONDAY_MORNING, tick=True) as traveller:
        yield traveller


@pytest.fixture(scope="session")
def chromium() -> str:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        missing = f"no browser: none of {', '.join(NAMES)} is on the PATH"
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip)(missing)
    return path


@pytest.fixture(scope="session")
def calendar_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the clinic of ``tests.support.calendar_clinic``."""
    file = tmp_path_factory.mktemp("calendar") / "db.sqlite3"
    copy_migrated(file)
    environment = {**os.environ, **ENVIRONMENT, "DATABASE_URL": f"sqlite:///{file}"}
    manage(environment, "shell", "--no-imports", "--command", FILL_CALENDAR)
    return file


@pytest.fixture
def browse(chromium: str, live_server: LiveServer) -> Browse:
    """Open the browser. Fail on an error, a policy violation or a request to another host.

    The server is pytest-django's, unless ``base_url`` names another. Problems that contain the text
    ``expected`` are no failures. ``bypass_csp`` is for tools that run inside the page and break its
    policy.

    Playwright runs an event loop in this thread, in which Django does not allow database
    access. Access the database before or after the block.
    """

    @contextmanager
    def window(
        base_url: str = live_server.url, expected: str = "", *, bypass_csp: bool = False
    ) -> Iterator[Page]:
        problems: list[str] = []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            context = browser.new_context(
                base_url=base_url, timezone_id="Europe/Berlin", bypass_csp=bypass_csp
            )
            context.on("weberror", lambda web_error: problems.append(str(web_error.error)))
            context.on("console", partial(_record_error, problems))
            context.on("request", partial(_record_foreign_request, problems, base_url))
            yield context.new_page()
            browser.close()
        assert [text for text in problems if not (expected and expected in text)] == []

    return window


def _record_error(problems: list[str], line: ConsoleMessage) -> None:
    if line.type == "error":
        problems.append(line.text)


def _record_foreign_request(problems: list[str], own: str, request: Request) -> None:
    if not request.url.startswith((f"{own}/", "data:")):
        problems.append(f"requested {request.url}")


def picture(page: Page, name: str, *, full_page: bool = False) -> None:
    """Take one of the screenshots in the documentation, if ``SCREENSHOTS=1``."""
    if os.environ.get("SCREENSHOTS"):
        path = Path(__file__).with_name("screenshots") / f"{name}.png"
        page.screenshot(path=path, full_page=full_page)
