"""The admin's calendar in a browser: a receptionist's morning, keys, narrow windows.

The server of ``calendar_page`` runs in its own process, with its own database.
"""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.calendar_page import (
    PIXELS_PER_HOUR,
    appointment,
    book_as_cleo,
    second_window,
    server,
    sign_in,
    url_of,
)
from tests.browser.conftest import Browse
from tests.browser.test_printing import printed
from tests.support.live_server import Server

__all__ = ["server"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def place_of(page: Page, column: int, hour: float) -> tuple[float, float]:
    """Return the point in a doctor's column, from 0, at an hour; the grid begins at nine."""
    box = page.locator("#calendar .ec-body .ec-day").nth(column).bounding_box()
    assert box
    return box["x"] + 40, box["y"] + (hour - 9) * PIXELS_PER_HOUR + 3


def drag(page: Page, event: Locator, column: int, hour: float) -> None:
    # Waits until the appointment is drawn and does not move.
    event.hover(position={"x": 40, "y": 3})
    page.mouse.down()
    page.mouse.move(*place_of(page, column, hour), steps=8)
    page.mouse.up()


def test_two_clerks_and_a_patient_share_a_morning(browse: Browse, server: Server) -> None:
    with browse(url_of(server)) as page:
        other = second_window(page, server)
        sign_in(page, "Rita")
        sign_in(other, "Udo")
        # A patient books online, a caller is registered and booked: both clerks see both.
        assert book_as_cleo(server, 14) == "Appointment"
        for clerk in (page, other):
            expect(clerk.locator("#calendar .ec-event time", has_text="14:00")).to_be_visible()
        page.mouse.click(*place_of(page, 1, 12))
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_label("Doctor")).to_have_value(re.compile(r"\d+"))
        dialog.get_by_label("Patient: name").fill("Hedwig")
        expect(dialog.get_by_text("Nobody found.")).to_be_visible()
        dialog.get_by_text("New patient").click()
        dialog.get_by_label("First name").fill("Hedwig")
        dialog.get_by_label("Last name").fill("Meyer")
        dialog.get_by_label("Date of birth", exact=True).fill("1950-01-31")
        dialog.get_by_label("Phone number").fill("030 123459")
        dialog.get_by_role("button", name="Book", exact=True).click()
        for clerk in (page, other):
            expect(appointment(clerk, "Hedwig Meyer")).to_contain_text("12:00")
        # Moved by drag to another doctor. Nothing is saved before the question is answered.
        drag(page, appointment(page, "Hedwig Meyer"), 0, 11)
        expect(dialog).to_contain_text("Move Hedwig Meyer from 2026-03-03 12:00, Emil Example")
        expect(appointment(other, "Hedwig Meyer")).to_contain_text("12:00")
        dialog.get_by_role("button", name="Move", exact=True).click()
        expect(appointment(other, "Hedwig Meyer")).to_contain_text("11:00")
        # Ann did not come; Ben arrives.
        appointment(page, "Ann Example").click()
        expect(dialog).to_contain_text("ann@example.org")
        dialog.get_by_role("button", name="No-show").click()
        expect(dialog.get_by_role("button", name="No-show")).to_have_count(0)
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(appointment(other, "Ann Example")).to_have_class(re.compile("status-no_show"))
        appointment(other, "Ben Example").click()
        other.get_by_role("button", name="Arrived").click()
        expect(appointment(page, "Ben Example")).to_have_class(re.compile("status-arrived"))
        # Dora falls ill: her day moves to Fay.
        page.get_by_role("link", name="Move or call off a doctor").click()
        page.get_by_label("Doctor").select_option("Dora Example (Cardiology)")
        page.locator("#id_suggestion").select_option(
            "Another doctor at the same time, or the next free time"
        )
        page.get_by_role("button", name="Show the appointments").click()
        page.get_by_role("button", name="Change the day").click()
        expect(page.locator(".messagelist")).to_contain_text("2 appointments changed.")
        expect(other.locator("#calendar .calendar-off-time_off")).to_be_visible()
        # The last thing of the morning: the day on paper.
        other.keyboard.press("Escape")
        other.get_by_role("link", name="Print the day").click()
        expect(other.get_by_role("heading", name="Fay Example")).to_be_visible()
        _size, [text] = printed(other)
    head = "Time Patient Born Phone number Type and reason Status"
    # Ben has a type that only Dora offers: he comes on another day.
    assert text == (
        f"Tue 2026-03-03 Dora Example {head} 09:00, 30 min Ann Example 1990-05-17 Check-up No-show "
        f"Emil Example {head} 11:00, 30 min Cleo Example 1990-05-17 Pending "
        "14:00, 30 min Cleo Example 1990-05-17 Pending "
        f"Fay Example {head} 11:00, 30 min Hedwig Meyer 1950-01-31 +49 30 123459 Confirmed "
        "Printed Tue 2026-03-03 09:40"
    )


def column_of(page: Page, name: str) -> str:
    column: str = appointment(page, name).evaluate("el => el.style.gridColumn")
    return column


def test_drag_that_is_not_confirmed_or_not_possible_is_undone(
    browse: Browse, server: Server
) -> None:
    with browse(url_of(server)) as page:
        sign_in(page, "Rita")
        dialog = page.get_by_role("dialog")
        drag(page, appointment(page, "Cleo Example"), 0, 12)
        page.keyboard.press("Escape")
        expect(appointment(page, "Cleo Example")).to_contain_text("11:00")
        drag(page, appointment(page, "Cleo Example"), 0, 10)
        dialog.get_by_role("button", name="Move", exact=True).click()
        expect(dialog).to_contain_text("The doctor has another appointment at this time.")
        # One of the offered times is taken instead.
        dialog.get_by_role("button", name="Tue 2026-03-03 10:30").click()
        dialog.get_by_role("button", name="Move", exact=True).click()
        expect(dialog).to_be_hidden()
        expect(appointment(page, "Cleo Example")).to_contain_text("10:30")
        assert column_of(page, "Cleo Example") == "1"


def test_keyboard_books_opens_and_cancels(browse: Browse, server: Server) -> None:
    with browse(url_of(server)) as page:
        sign_in(page, "Rita")
        frame, dialog = page.locator(".calendar-cursor"), page.get_by_role("dialog")
        page.keyboard.press("ArrowDown")
        expect(frame).to_be_focused()
        expect(frame).to_have_attribute("aria-label", re.compile("^09:30, free, Dora Example"))
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(frame).to_have_attribute("aria-label", re.compile("^09:30, free, Fay Example"))
        for _row in range(4):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(dialog.get_by_label("Time", exact=True)).to_have_value("10:30")
        page.keyboard.type("ann", delay=20)
        expect(dialog.get_by_role("option", name="Ann Example, born 1990-05-17")).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        expect(appointment(page, "Ann Example")).to_have_count(2)
        expect(frame).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog).to_contain_text("ann@example.org")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(frame).to_be_focused()
        page.keyboard.press("Enter")
        dialog.get_by_role("button", name="Cancel …").press("Enter")
        page.keyboard.type("Called in sick")
        dialog.get_by_role("button", name="Cancel the appointment").press("Enter")
        expect(dialog).to_be_hidden()
        expect(appointment(page, "Ann Example")).to_have_count(1)
        expect(frame).to_have_attribute("aria-label", re.compile("^10:30, free, Fay Example"))
        page.get_by_label("Show cancelled appointments").check()
        cancelled = appointment(page, "Ann Example").and_(
            page.locator(".calendar-status-cancelled")
        )
        cancelled.press("Enter")
        expect(dialog).to_contain_text("Called in sick")
        page.keyboard.press("Escape")
        page.keyboard.press("PageDown")
        expect(page.locator("#calendar-title")).to_have_text("Wednesday, March 4, 2026")


def test_question_about_a_time_outside_the_hours(browse: Browse, server: Server) -> None:
    with browse(url_of(server)) as page:
        sign_in(page, "Rita")
        page.get_by_role("button", name="Book …").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Patient: name").fill("cleo")
        dialog.get_by_role("option", name="Cleo").click()
        dialog.get_by_label("Time", exact=True).fill("19:00")
        dialog.get_by_role("button", name="Book", exact=True).click()
        expect(dialog.get_by_role("alert")).to_contain_text("Outside the doctor's hours.")
        dialog.get_by_label("Use this time all the same").check()
        dialog.get_by_role("button", name="Book", exact=True).click()
        expect(dialog).to_be_hidden()
        expect(page.locator("#calendar .ec-event time", has_text="19:00")).to_be_visible()


@pytest.mark.parametrize("size", [(390, 844), (820, 1180)])
def test_calendar_is_usable_on_a_phone_and_a_tablet(
    browse: Browse, server: Server, size: tuple[int, int]
) -> None:
    width, height = size
    with browse(url_of(server)) as page:
        page.set_viewport_size({"width": width, "height": height})
        sign_in(page, "Rita")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        appointment(page, "Ben Example").click()
        dialog = page.get_by_role("dialog")
        box = dialog.bounding_box()
        assert box
        assert (box["x"] >= 0, box["x"] + box["width"] <= width) == (True, True)
        dialog.get_by_role("button", name="Arrived").click()
        expect(appointment(page, "Ben Example")).to_have_class(re.compile("status-arrived"))
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Month").click()
        today = page.locator("#calendar [data-date='2026-03-03']")
        expect(today).to_contain_text("Appointments: 3")
        today.click()
        expect(appointment(page, "Ben Example")).to_be_visible()
        page.get_by_role("button", name="Week").click()
        page.locator("#calendar-doctor").select_option(label="Emil Example")
        expect(appointment(page, "Cleo Example")).to_be_visible()
        page.get_by_role("link", name="Print the week").click()
        expect(page.get_by_role("heading", name="Emil Example, week of")).to_be_visible()
        page.go_back()
        page.get_by_role("link", name="All records").click()
        expect(page.get_by_role("heading", name="Clinic administration")).to_be_visible()
