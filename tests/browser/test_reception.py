"""Reception's pages of the admin in a browser: free times, a question, and a doctor's day."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from clinic.models import Appointment, Doctor, Patient
from tests.browser.conftest import Browse, picture
from tests.browser.test_admin import choose, sign_in
from tests.support.booking import TEN, book_as_patient
from tests.support.fixtures.people import make_doctor, offer_type
from users.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_booking_form_offers_free_times_and_asks_before_another_time(
    browse: Browse, sam: User, dora: Doctor, ann: Patient
) -> None:
    offer_type(dora, "Blood test", duration_minutes=15, buffer_after_minutes=15)
    with browse() as page:
        sign_in(page)
        page.goto("/admin/clinic/appointment/add/")
        choose(page, "doctor", "dora", "Dora Example")
        choose(page, "patient", "ann", "Ann Example")
        page.get_by_label("Appointment type").select_option("Blood test")
        page.get_by_label("Date").fill("2026-03-03")
        page.get_by_role("button", name="Show free times").click()
        page.get_by_label("10:30", exact=True).check()
        picture(page, "free-times")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messagelist")).to_contain_text("added successfully")
        page.goto("/admin/clinic/appointment/add/")
        choose(page, "doctor", "dora", "Dora Example")
        choose(page, "patient", "ann", "Ann Example")
        page.get_by_label("Date").fill("2026-03-03")
        page.locator("#id_time").fill("19:00")
        expect(page.get_by_label("Use this time all the same")).to_be_hidden()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".errorlist")).to_contain_text("Outside the doctor's hours.")
        picture(page, "asked")
        page.get_by_label("Use this time all the same").check()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messagelist")).to_contain_text("added successfully")
    booked = Appointment.objects.order_by("time").values_list("time", "duration_minutes")
    assert list(booked) == [(dt.time(10, 30), 15), (dt.time(19), 15)]


def test_doctors_day_is_moved_and_called_off(
    browse: Browse, sam: User, dora: Doctor, ann: Patient, ben: Patient
) -> None:
    fay = make_doctor("Fay")
    book_as_patient(ann, dora)
    book_as_patient(ben, dora, time=TEN)
    with browse() as page:
        sign_in(page)
        page.goto("/admin/clinic/appointment/")
        page.get_by_role("link", name="Move or call off a doctor").click()
        page.get_by_label("Doctor").select_option(f"{dora}")
        page.get_by_label("Date").fill("2026-03-03")
        page.get_by_role("button", name="Show the appointments").click()
        page.get_by_label("Ann Example").select_option("Same time with Fay Example")
        page.get_by_label("Ben Example").select_option("Cancel")
        picture(page, "day")
        page.get_by_role("button", name="Change the day").click()
        expect(page.locator(".messagelist")).to_contain_text("2 appointments changed.")
    rows = Appointment.objects.order_by("time").values_list("doctor", "status")
    assert list(rows) == [(fay.pk, "pending"), (dora.pk, "cancelled")]


def test_caller_is_registered_and_booked_in_one_form(
    browse: Browse, sam: User, dora: Doctor, ann: Patient
) -> None:
    with browse() as page:
        sign_in(page)
        page.goto("/admin/clinic/appointment/")
        page.get_by_role("link", name="New patient and appointment").click()
        page.get_by_label("First name").fill("ANN")
        page.get_by_label("Last name").fill("example")
        page.get_by_label("Date of birth").fill("1990-05-17")
        choose(page, "doctor", "dora", "Dora Example")
        page.locator("#id_date").fill("2026-03-03")
        page.get_by_role("button", name="Show free times").click()
        page.get_by_label("10:30", exact=True).check()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("link", name="Ann Example, born 1990-05-17")).to_be_visible()
        page.get_by_label("This is somebody else").check()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messagelist")).to_contain_text("added successfully")
    assert Appointment.objects.get().patient.user.first_name == "ANN"
