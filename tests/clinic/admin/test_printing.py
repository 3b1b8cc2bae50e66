"""The pages for paper: whose appointments they name, for whom, and the audit."""

import datetime as dt
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from clinic.admin.printing import Section
from clinic.models import Appointment, Doctor, Patient
from tests.support.access_records import LISTED_APPOINTMENT_FIELDS, recorded_accesses
from tests.support.admin_client import AdminClient, staff_with_permissions
from tests.support.booking import TEN, book_as_patient, book_as_staff, cancel
from tests.support.fixtures.people import make_patient, make_user
from users.models import User

pytestmark = pytest.mark.django_db

DAY, WEEK = "clinic/appointment/print/day/", "clinic/appointment/print/week/"
PATIENT_FIELDS = [
    "Patient.date_of_birth",
    "Patient.emergency_contact_phone",
    "Patient.phone_number",
]


def printed(page: Any) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return time, patient and telephone number of each line by the title of its section."""
    sections: list[Section] = page.context["sections"]
    return [
        (
            section.title,
            [
                (
                    f"{line.appointment.time:%H:%M}",
                    line.appointment.patient.user.first_name,
                    line.phone_number,
                )
                for line in section.lines
            ],
        )
        for section in sections
    ]


@pytest.fixture
def booked(sam: User, dora: Doctor, emil: Doctor, ann: Patient, ben: Patient) -> list[Appointment]:
    """On Tuesday two with Dora and one with Emil, who has a cancelled one, too; Saturday Dora's."""
    Patient.objects.filter(pk=ann.pk).update(phone_number="+493023125002")
    Patient.objects.filter(pk=ben.pk).update(emergency_contact_phone="+493023125003")
    appointments = [
        book_as_staff(sam, dora, ben, time=TEN),
        book_as_patient(ann, dora),
        book_as_staff(sam, emil, ann, time=dt.time(11)),
        book_as_staff(sam, dora, ann, dt.date(2026, 3, 7), TEN),
    ]
    cancel(sam, book_as_staff(sam, emil, ben, time=dt.time(16)), as_staff=True)
    return appointments


ANN, BEN = (
    ("09:00", "Ann", "+49 30 23125002"),
    ("10:00", "Ben", "+49 30 23125003 (emergency contact)"),
)
EMILS = ("11:00", "Ann", "+49 30 23125002")


@pytest.mark.parametrize("date", ["2026-03-03", "3.3.2026"])
def test_day_lists_all_doctors_or_the_chosen_ones(
    admin: AdminClient, booked: list[Appointment], dora: Doctor, emil: Doctor, date: str
) -> None:
    page = admin.open(f"{DAY}?date={date}")
    everybody = [("Dora Example", [ANN, BEN]), ("Emil Example", [EMILS])]
    assert (page.context["heading"], printed(page)) == ("Tue 2026-03-03", everybody)
    assert printed(admin.open(f"{DAY}?date={date}&doctors={emil.pk}")) == everybody[1:]
    both = f"{DAY}?date={date}&doctors={emil.pk}&doctors={dora.pk}"
    assert printed(admin.open(both)) == everybody


def test_day_is_today_unless_chosen(admin: AdminClient, booked: list[Appointment]) -> None:
    page = admin.open(DAY)
    assert (page.context["heading"], printed(page)) == ("Mon 2026-03-02", [])
    assert "No appointments on this day." in page.content.decode()


def test_week_lists_one_doctor_with_a_weekend_only_if_there_are_appointments(
    admin: AdminClient, booked: list[Appointment], dora: Doctor, emil: Doctor
) -> None:
    page = admin.open(f"{WEEK}?doctor={dora.pk}&date=2026-03-04")
    assert page.context["heading"] == "Dora Example, week of Mon 2026-03-02"
    assert printed(page) == [
        ("Mon 2026-03-02", []),
        ("Tue 2026-03-03", [ANN, BEN]),
        *((f"{day}", []) for day in ("Wed 2026-03-04", "Thu 2026-03-05", "Fri 2026-03-06")),
        ("Sat 2026-03-07", [("10:00", "Ann", "+49 30 23125002")]),
    ]
    this_week = printed(admin.open(f"{WEEK}?doctor={emil.pk}"))
    assert [title[:3] for title, _lines in this_week] == ["Mon", "Tue", "Wed", "Thu", "Fri"]


@pytest.mark.parametrize(
    ("path", "errors"),
    [
        (
            f"{DAY}?date=soon&doctors=999999",
            {
                "date": ["Enter the date as YYYY-MM-DD, for example 2026-11-30."],
                "doctors": ["Select a valid choice. 999999 is not one of the available choices."],
            },
        ),
        (
            f"{WEEK}?doctor=x&date=",
            {
                "doctor": [
                    "Select a valid choice. That choice is not one of the available choices."
                ],
                "date": ["This field is required."],
            },
        ),
        (WEEK, {}),
    ],
)
def test_nothing_is_printed_for_an_invalid_choice(
    admin: AdminClient, booked: list[Appointment], path: str, errors: dict[str, list[str]]
) -> None:
    before = len(recorded_accesses())
    page = admin.open(path)
    assert (page.context["form"].errors, "sections" in page.context) == (errors, False)
    assert recorded_accesses()[before:] == []


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31"])
def test_week_at_the_ends_of_the_calendar_is_printed(
    admin: AdminClient, dora: Doctor, date: str
) -> None:
    assert len(printed(admin.open(f"{WEEK}?doctor={dora.pk}&date={date}"))) == 5


@pytest.mark.parametrize("path", [f"{DAY}?date=2026-03-03", f"{WEEK}?date=2026-03-03&doctor={{}}"])
def test_every_printed_patient_is_recorded_once(
    admin: AdminClient, booked: list[Appointment], dora: Doctor, path: str
) -> None:
    before = len(recorded_accesses())
    admin.open(path.format(dora.pk))
    fields = [*LISTED_APPOINTMENT_FIELDS, *PATIENT_FIELDS]
    assert recorded_accesses()[before:] == [("Sam", "read", "admin print", "Ann Ben", fields)]


def test_record_of_the_patient_needs_its_permission(
    booked: list[Appointment], dora: Doctor
) -> None:
    viewer = AdminClient(staff_with_permissions(make_user("Vic"), "view_appointment"))
    before = len(recorded_accesses())
    page = viewer.open(f"{DAY}?date=2026-03-03&doctors={dora.pk}")
    assert printed(page) == [("Dora Example", [("09:00", "Ann", ""), ("10:00", "Ben", "")])]
    assert "1990" not in page.content.decode()
    assert recorded_accesses()[before:] == [
        ("Vic", "read", "admin print", "Ann Ben", LISTED_APPOINTMENT_FIELDS)
    ]


def test_pages_need_the_permission_to_view_appointments(db: None) -> None:
    viewer = AdminClient(staff_with_permissions(make_user("Vic"), "view_patient"))
    assert [viewer.client.get(f"/admin/{path}").status_code for path in (DAY, WEEK)] == [403, 403]


@pytest.mark.parametrize("number", [1, 8])
@pytest.mark.parametrize(("path", "queries"), [(DAY, 5), (WEEK, 6)])
def test_pages_use_a_constant_number_of_queries(
    admin: AdminClient,
    sam: User,
    dora: Doctor,
    number: int,
    path: str,
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(number):
        book_as_staff(sam, dora, make_patient(f"Patient{'abcdefgh'[n]}"), time=dt.time(9 + n))
    with django_assert_num_queries(queries):
        page = admin.open(f"{path}?date=2026-03-03&doctor={dora.pk}")
    assert sum(len(lines) for _title, lines in printed(page)) == number
