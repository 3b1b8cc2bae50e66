"""A real browser: Chromium, found on the machine, never downloaded.

Where there is none these tests are skipped, unless ``REQUIRE_BROWSER=1`` makes that
a failure. It stands in a clinic's network: no host is to be reached but the server.
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

NAMES = ("chromium", "chromium-browser", "google-chrome")
# It looks for updates and asks its maker's hosts otherwise.
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
expect.set_options(timeout=30_000)  # as patient as Playwright is with clicks


class Browse(Protocol):
    def __call__(self, base_url: str = ...) -> AbstractContextManager[Page]: ...


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The clock of all tests, but running: a browser waits by it."""
    with time_machine.travel(MONDAY_MORNING, tick=True) as traveller:
        yield traveller


@pytest.fixture(scope="session")
def chromium() -> str:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        missing = f"no browser: none of {', '.join(NAMES)} is on the PATH"
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip)(missing)
    return path


@pytest.fixture
def browse(chromium: str, live_server: LiveServer) -> Browse:
    """Open the browser; fail if a page had an error, broke its policy, or asked another host.

    The server is pytest-django's, unless ``base_url`` names another.

    Playwright runs an event loop in this thread, in which Django refuses the
    database: ask it before or after.
    """

    @contextmanager
    def window(base_url: str = live_server.url) -> Iterator[Page]:
        problems: list[str] = []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(base_url=base_url, timezone_id="Europe/Berlin")
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("console", partial(_note_problem, problems))
            page.on("request", partial(_note_stranger, problems, base_url))
            yield page
            browser.close()
        assert problems == []

    return window


def _note_problem(problems: list[str], line: ConsoleMessage) -> None:
    if line.type == "error":
        problems.append(line.text)


def _note_stranger(problems: list[str], own: str, request: Request) -> None:
    if not request.url.startswith((f"{own}/", "data:")):
        problems.append(f"asked for {request.url}")


def picture(page: Page, name: str) -> None:
    """Update one of the documentation's screenshots, if asked to by ``SCREENSHOTS=1``."""
    if os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(__file__).with_name("screenshots") / f"{name}.png")
