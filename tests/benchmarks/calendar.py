"""How long the admin's calendar takes to draw a day: ``python -m tests.benchmarks.calendar``.

A server and Chromium on this machine. Printed is the time from the start of the navigation, in a
browser that has the page's files already, until all appointments have been painted.
"""

import argparse
import datetime as dt
import os
import shutil
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.support.live_server import ENVIRONMENT, UVICORN, serving
from tests.support.processes import manage

PASSWORD = "a-password-of-the-benchmark"
DAY = "2026-03-03"
CALENDAR = "/admin/clinic/appointment/calendar/"
# Sets the moment of the frame after the one in which all appointments are in the page.
WATCH = """
    addEventListener("DOMContentLoaded", () => {
        const count = () => document.querySelectorAll("#calendar .ec-event").length;
        const check = () => requestAnimationFrame(() => {
            if (count() < %d) check();
            else requestAnimationFrame(() => { window.drawnAt = performance.now(); });
        });
        check();
    });
"""
FEED = """
    performance.getEntriesByType("resource").find(({name}) => name.includes("/feed/")).duration
"""


def fill(doctors: int, appointments: int) -> None:
    """Add doctors and a full day of theirs to an empty database, and a superuser."""
    # Imported here: only the process of manage.py has set up Django.
    from clinic.models import Appointment, Doctor, Status  # noqa: PLC0415 - as above
    from clinic.profiles import upsert_doctor, upsert_patient  # noqa: PLC0415 - as above
    from users.models import User  # noqa: PLC0415 - as above

    def person(name: str, **roles: bool) -> User:
        user: User = User.objects.create(
            email=f"{name.lower()}@example.org",
            first_name=name,
            last_name="Example",
            password="!",
            **roles,
        )
        return user

    def doctor(number: int) -> Doctor:
        user = person(f"Doctor{number}", is_doctor=True)
        profile = {"specialty": "Cardiology", "phone_number": "+4930123456", "experience_years": 1}
        return upsert_doctor(user, **profile, approved=True)

    sam = person("sam", is_staff=True, is_superuser=True)
    sam.set_password(PASSWORD)
    sam.save()
    nine = dt.datetime.combine(dt.date.fromisoformat(DAY), dt.time(9))
    each = -(-appointments // doctors)
    people = [doctor(number) for number in range(doctors)]
    patients = [
        upsert_patient(person(f"Patient{number}", is_patient=True), date_of_birth=nine.date())
        for number in range(appointments)
    ]
    statuses = [Status.CONFIRMED, Status.PENDING, Status.COMPLETED, Status.NO_SHOW]
    Appointment.objects.create_many(
        Appointment(
            doctor=people[number // each],
            patient=patient,
            date=nine.date(),
            time=(nine + dt.timedelta(minutes=30 * (number % each))).time(),
            duration_minutes=25,
            buffer_after_minutes=5,
            status=statuses[number % len(statuses)],
        )
        for number, patient in enumerate(patients)
    )


def measure(page: Page) -> tuple[float, float]:
    """Return the milliseconds until the day is drawn, and of its feed."""
    page.goto(f"{CALENDAR}?view=day&date={DAY}")
    page.wait_for_function("() => window.drawnAt !== undefined")
    return page.evaluate("window.drawnAt"), page.evaluate(FEED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--doctors", type=int, default=50)
    parser.add_argument("--appointments", type=int, default=800)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    # Without its files, a server with production settings answers no page.
    manage({**os.environ, **ENVIRONMENT}, "collectstatic", "--no-input", "--verbosity=0")
    code = (
        f"from tests.benchmarks.calendar import fill; fill{options.doctors, options.appointments}"
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), server=UVICORN) as server,
        sync_playwright() as playwright,
    ):
        manage(server.environment, "shell", "--no-imports", "--command", code)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            base_url=f"http://{server.address}", viewport={"width": 1440, "height": 900}
        )
        page.goto("/admin/login/")
        page.get_by_label("Email address").fill("sam@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.add_init_script(WATCH % options.appointments)
        measure(page)  # fills the caches of browser and server
        runs = [measure(page) for _run in range(options.runs)]
        browser.close()
    names = ("drawn", "of these the feed")
    for name, times in zip(names, zip(*runs, strict=True), strict=True):
        middle = statistics.median(times)
        print(f"{name}: median {middle:.0f} ms, {min(times):.0f} to {max(times):.0f}")  # noqa: T201 - the result


if __name__ == "__main__":
    main()
