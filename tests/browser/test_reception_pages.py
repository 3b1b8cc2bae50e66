"""Reception's lists and the patient's page in both themes, on a wide and on a narrow screen."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from clinic import clock as clinic_clock
from clinic.models import Appointment, Doctor, Guardian, Patient
from tests.browser.conftest import Browse, picture
from tests.browser.test_accessibility import switch_theme
from tests.browser.test_admin import sign_in
from tests.support.booking import TUESDAY, book_as_patient, book_as_staff, write
from tests.support.fixtures.people import make_patient
from users.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDE, NARROW = (1280, 900), (390, 844)
VIEWS = [(theme, size) for theme in ("light", "dark") for size in (WIDE, NARROW)]


@pytest.fixture
def clinic_day(sam: User, dora: Doctor, emil: Doctor, ann: Patient, ben: Patient) -> Patient:
    """A day with people in the waiting room, and Ann, who has a guardian and a history."""
    Patient.objects.filter(pk=ann.pk).update(phone_number="+493023125002")
    Guardian.objects.create(patient=ann, user=ben.user, relationship="partner")
    today = clinic_clock.today()
    for number, (doctor, patient) in enumerate([(dora, ann), (emil, ben), (dora, ben)]):
        appointment = book_as_staff(sam, doctor, patient, today, dt.time(9 + number))
        arrived_at = clinic_clock.now() - dt.timedelta(minutes=17 - 6 * number)
        write(appointment, arrived_at=arrived_at)
    book_as_patient(ann, dora)
    kim = make_patient("Kim")
    book_as_patient(kim, dora, TUESDAY, dt.time(11))
    return ann


def resize(page: Page, size: tuple[int, int]) -> str:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    return "wide" if size == WIDE else "narrow"


def excess_width(page: Page) -> int:
    excess: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return excess


def test_page_of_all_records_leads_to_the_lists_of_the_day(
    browse: Browse, dora: Doctor, clinic_day: Patient
) -> None:
    with browse() as page:
        sign_in(page)
        for theme, size in VIEWS:
            name = resize(page, size)
            switch_theme(page, theme)
            page.goto("/admin/records/")
            assert excess_width(page) <= 0
            picture(page, f"admin-lists-{name}-{theme}")
        resize(page, WIDE)
        lists = page.get_by_role("navigation", name="Lists for the day")
        lists.get_by_role("link", name="3 Waiting room").click()
        rows = page.locator("#result_list tbody tr")
        expect(rows).to_have_count(3)
        expect(rows.first).to_contain_text("17 minutes")
        picture(page, "admin-waiting-room")
        rows.first.get_by_role("checkbox").check()
        page.get_by_role("combobox", name="Action").select_option("Complete")
        # An appointment that has not started yet cannot be completed.
        page.get_by_role("button", name="Go").click()
        expect(page.locator(".messagelist")).to_contain_text("Ann Example")
    assert Appointment.objects.filter(status="completed").count() == 0


def test_patients_page_shows_the_person_on_every_screen(
    browse: Browse, clinic_day: Patient
) -> None:
    with browse() as page:
        sign_in(page)
        for theme, size in VIEWS:
            name = resize(page, size)
            switch_theme(page, theme)
            page.goto(f"/admin/clinic/patient/{clinic_day.pk}/change/")
            expect(page.get_by_role("heading", name="Next appointments")).to_be_visible()
            picture(page, f"admin-patient-{name}-{theme}", full_page=True)
        resize(page, WIDE)
        page.get_by_role("region", name="Next appointments").get_by_role("link").last.click()
        expect(page.get_by_role("heading", name="Change appointment")).to_be_visible()
