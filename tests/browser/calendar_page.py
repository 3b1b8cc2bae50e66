"""A server for the admin's calendar, and what tests of its page have in common.

The server runs in its own process: the page asks it every second, which an in-memory SQLite with
its one connection cannot serve beside the requests of a test.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.calendar_clinic import TUESDAY_MORNING
from tests.support.fixtures.people import PASSWORD
from tests.support.live_server import Server, serving
from tests.support.static_files import collect_static_files

CLOCKED = ("-m", "tests.support.clocked_server", TUESDAY_MORNING, "{port}")
PIXELS_PER_HOUR = 80


@pytest.fixture
def server(calendar_database: Path, tmp_path: Path) -> Iterator[Server]:
    # Without its files, a server with production settings answers no page.
    collect_static_files()
    shutil.copyfile(calendar_database, tmp_path / "db.sqlite3")
    with serving(tmp_path, server=CLOCKED) as running:
        yield running


def url_of(server: Server) -> str:
    return f"http://{server.address}"


def sign_in(page: Page, name: str) -> None:
    page.goto("/admin/")
    page.get_by_label("Email address").fill(f"{name.lower()}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Calendar")).to_be_visible()
    expect(page.locator("#calendar[data-loaded='day 2026-03-03']")).to_be_visible()


def appointment(page: Page, name: str) -> Locator:
    return page.locator("#calendar .ec-event", has_text=name)


def book_as_cleo(server: Server, hour: int) -> Any:
    """Book an appointment with Emil over the API, as the patient Cleo."""
    tokens = server.api("TokenAuth", {"email": "cleo@example.org", "password": PASSWORD})
    token = tokens["data"]["tokenAuth"]["token"]
    doctors = server.api("Doctors", token=token)["data"]["doctors"]["edges"]
    [emil] = [row["node"]["id"] for row in doctors if row["node"]["specialty"] == "Dermatology"]
    slot = {"doctorId": emil, "date": "2026-03-03", "time": f"{hour}:00"}
    booked = server.api("CreateAppointment", {"input": slot}, token=token)
    return booked["data"]["createAppointment"]["__typename"]


def second_window(page: Page, server: Server) -> Page:
    browser = page.context.browser
    assert browser
    context = browser.new_context(base_url=url_of(server), timezone_id="America/New_York")
    return context.new_page()
