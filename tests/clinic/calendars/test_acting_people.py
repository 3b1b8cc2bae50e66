"""The calendar feeds of guardians, assistants and staff."""

import pytest
from django.test import Client
from icalendar import Calendar

from clinic.calendars.feed import token_of
from clinic.models import Doctor, Guardian, Patient
from tests.support.acting_people import (
    book_as_guardian,
    make_assistant,
    make_dependant,
)
from tests.support.booking import TEN, book_as_patient
from users.models import User

pytestmark = pytest.mark.django_db


def summaries(user: User) -> list[str]:
    """Return the start and the summary of each event in the user's feed."""
    response = Client().get(f"/calendar/{token_of(user)}.ics")
    calendar = Calendar.from_ical(response.content)
    assert isinstance(calendar, Calendar)
    return [f"{event.start:%H:%M} {event['SUMMARY']}" for event in calendar.events]


@pytest.fixture
def tim(ann: Patient, dora: Doctor) -> Patient:
    """Ann's child, who has an appointment with Dora at nine, as Ann has one at ten."""
    child = make_dependant(ann.user, "Tim")
    book_as_guardian(ann.user, child, dora)
    book_as_patient(ann, dora, time=TEN)
    return child


def test_feed_of_guardian_has_first_names_of_dependants_only(ann: Patient, tim: Patient) -> None:
    assert summaries(ann.user) == [
        "09:00 Not confirmed: Tim: Appointment with Dora Example",
        "10:00 Not confirmed: Appointment with Dora Example",
    ]


def test_feed_of_former_guardian_has_no_appointments_of_the_patient(
    ann: Patient, tim: Patient
) -> None:
    Guardian.objects.all().delete()
    assert summaries(ann.user) == ["10:00 Not confirmed: Appointment with Dora Example"]


def test_feed_of_assistant_names_the_doctors_and_no_patients(
    ben: Patient, tim: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ben, emil)
    assert sorted(summaries(make_assistant("Asa", dora, emil))) == [
        "09:00 Not confirmed: Appointment with Dora Example",
        "09:00 Not confirmed: Appointment with Emil Example",
        "10:00 Not confirmed: Appointment with Dora Example",
    ]
    assert summaries(dora.user) == [
        f"{time} Not confirmed: Appointment" for time in ("09:00", "10:00")
    ]


def test_feed_of_staff_has_no_appointments_of_others(tim: Patient, sam: User) -> None:
    assert summaries(sam) == []
