"""The staff admin in a browser."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from clinic import clock
from clinic.models import Appointment, Doctor, Patient, Status, Weekday
from tests.browser.conftest import Browse
from tests.support.booking import book_as_patient, history_of
from tests.support.fixtures.people import PASSWORD
from users.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TAKEN = (
    "The doctor has another appointment at this time. Choose another time. Next available times: "
    "Tue 2026-03-03 11:30, Tue 2026-03-03 12:00, Tue 2026-03-03 12:30."
)


def sign_in(page: Page) -> None:
    # Not to the calendar, which asks the server every second, also while a test loads the next
    # page: an in-memory SQLite has one connection.
    page.goto("/admin/records/")
    page.get_by_label("Email address").fill("SAM@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Clinic administration")).to_be_visible()


def choose(page: Page, field: str, typed: str, found: str) -> None:
    """Type a part of a name into a search box, and choose an option."""
    page.locator(f".field-{field} .select2-selection").click()
    # Keys that are pressed before the box has the focus are lost.
    expect(page.locator(".select2-container--open .select2-search__field")).to_be_focused()
    # The option can appear before the last key is typed. The last search would then run
    # concurrently with the next request, on the one connection of an in-memory SQLite.
    with page.expect_response(lambda answer: f"term={typed}&" in answer.url):
        page.keyboard.type(typed)
    page.get_by_role("option", name=found).click()


def test_doctor_list_approves_a_doctor(
    browse: Browse, sam: User, dora: Doctor, emil: Doctor
) -> None:
    Doctor.objects.filter(pk=emil.pk).update(approved=False)
    with browse() as page:
        sign_in(page)
        page.get_by_role("link", name="Doctors", exact=True).click()
        page.get_by_role("row", name="Emil").get_by_role("checkbox").check()
        action = page.get_by_role("combobox", name="Action")
        action.select_option("Approve, so that patients can book")
        page.get_by_role("button", name="Go").click()
        expect(page.locator(".messagelist")).to_have_text("1 doctor approved.")
    assert Doctor.objects.bookable().count() == 2


def test_appointment_form_books_and_reports_that_a_new_time_is_taken(
    browse: Browse, sam: User, dora: Doctor, ann: Patient, ben: Patient
) -> None:
    book_as_patient(ben, dora, time=dt.time(11))
    with browse() as page:
        sign_in(page)
        page.goto("/admin/clinic/appointment/add/")
        choose(page, "doctor", "dor", "Dora Example (Cardiology)")
        choose(page, "patient", "ann", "Ann Example")
        page.get_by_label("Date").fill("2026-03-03")
        page.get_by_label("Time").fill("10:00")
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist")).to_contain_text("was added successfully")

        page.get_by_label("Time").fill("11:00")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".errorlist")).to_have_text(TAKEN)

        page.get_by_label("Time").fill("11:30")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
        expect(page.get_by_role("row", name="Ann")).to_contain_text("Tue 2026-03-03 11:30, 30 min")
    appointment = Appointment.objects.get(patient=ann)
    assert appointment.status == Status.CONFIRMED
    assert history_of(appointment) == [
        ("confirmed", "2026-03-03 10:00", "Sam"),
        ("confirmed", "2026-03-03 11:30", "Sam"),
    ]


def test_doctor_form_edits_working_hours_and_reports_invalid_ones(
    browse: Browse, sam: User, dora: Doctor
) -> None:
    with browse() as page:
        sign_in(page)
        page.goto(f"/admin/clinic/doctor/{dora.pk}/change/")
        page.locator("#id_working_hours-0-end_time").fill("08:00")
        page.locator("#id_working_hours-4-DELETE").check()
        page.get_by_text("Add another Working hours").click()
        page.locator("#id_working_hours-6-weekday").select_option("Saturday")
        page.locator("#id_working_hours-6-start_time").fill("09:00")
        page.locator("#id_working_hours-6-end_time").fill("12:00")
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".errorlist")).to_contain_text("Enter a night as two intervals")

        page.locator("#id_working_hours-0-end_time").fill("12:00")
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
        expect(page.locator("#id_working_hours-0-end_time")).to_have_value("12:00")
    week = [(hours.weekday, hours.end_time.hour) for hours in dora.working_hours.all()]
    assert week == [
        (Weekday.MONDAY, 12),
        (Weekday.TUESDAY, 17),
        (Weekday.WEDNESDAY, 17),
        (Weekday.THURSDAY, 17),
        (Weekday.SATURDAY, 12),
    ]


def test_doctor_form_adds_time_off_and_links_appointments_to_cancel_or_reopen(
    browse: Browse, sam: User, dora: Doctor, ann: Patient
) -> None:
    appointment = book_as_patient(ann, dora)
    with browse() as page:
        sign_in(page)
        page.goto(f"/admin/clinic/doctor/{dora.pk}/change/")
        for name, value in {
            "starts_at_0": "2026-03-03",
            "starts_at_1": "00:00",
            "ends_at_0": "2026-03-05",
            "ends_at_1": "00:00",
        }.items():
            page.locator(f"#id_time_off-0-{name}").fill(value)
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist")).to_contain_text("1 appointment overlaps the time off")

        page.get_by_role("link", name="Tue 2026-03-03 09:00").click()
        page.get_by_label("Status").select_option("Cancelled")
        page.get_by_label("Cancellation reason").fill("Dora is away")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("row", name="Ann").get_by_role("link").first.click()
        expect(page.locator(".field-cancellation_reason")).to_contain_text("Dora is away")
        expect(page.get_by_label("Status")).to_have_count(0)
        page.get_by_label("Reason for reopening").fill("Dora comes after all")
        page.get_by_role("button", name="Save", exact=True).click()
        # The time is in the time off.
        expect(page.locator(".errorlist").first).to_contain_text("The doctor has time off.")
        page.get_by_label("Use this time all the same").check()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    appointment.refresh_from_db()
    assert (appointment.status, appointment.cancellation_reason) == (Status.CONFIRMED, "")
    assert dora.time_off.get().starts_at == dt.datetime(2026, 3, 3, tzinfo=clock.zone())
