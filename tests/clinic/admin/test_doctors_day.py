"""The page that moves or calls off the appointments of a doctor's day."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from pytest_django import DjangoAssertNumQueries

from clinic import clock as clinic_clock
from clinic.models import AccessRecord, Appointment, Doctor, Patient, TimeOff
from tests.support.admin_client import AdminClient, staff_with_permissions
from tests.support.booking import (
    TEN,
    TUESDAY,
    add_time_off,
    assert_ticks_are_those_of_live_appointments,
    book_as_patient,
    confirm,
    history_of,
    move,
)
from tests.support.fixtures.people import make_doctor, make_patient
from users.models import User

pytestmark = pytest.mark.django_db

ELEVEN = dt.time(11)
ANN_AT_TEN = "2026-03-03 10:00: Ann Example with Dora Example (Cardiology)"


@pytest.fixture
def fay(db: None) -> Doctor:
    """Another cardiologist."""
    return make_doctor("Fay")


@pytest.fixture
def day(ann: Patient, ben: Patient, dora: Doctor) -> list[Appointment]:
    """Dora's appointments on Tuesday: Ann's at 9 and 10, the second one confirmed; Ben's at 11."""
    return [
        book_as_patient(ann, dora),
        confirm(dora.user, book_as_patient(ann, dora, time=TEN)),
        book_as_patient(ben, dora, time=ELEVEN),
    ]


def url_of(doctor: Doctor, date: str = "2026-03-03", **more: str) -> str:
    query = "".join(f"&{name}={value}" for name, value in more.items())
    return f"clinic/appointment/day/?doctor={doctor.pk}&date={date}{query}"


def choices_on(page: Any, appointment: Appointment) -> dict[str, str]:
    """Return the offered choices for an appointment: their values and texts."""
    field = page.context["choices"].fields[f"appointment_{appointment.pk}"]
    return {value: str(text) for value, text in field.choices}


def submit(
    admin: AdminClient, doctor: Doctor, choices: dict[Appointment, str], **more: str
) -> list[str]:
    """Submit the choices; return the messages on the next page."""
    sent = {f"appointment_{appointment.pk}": choice for appointment, choice in choices.items()}
    return admin.submit(url_of(doctor), {**sent, **more}).messages


def state_of(appointment: Appointment) -> tuple[Doctor, str, str]:
    appointment.refresh_from_db()
    start = f"{appointment.date} {appointment.time:%H:%M}"
    return appointment.doctor, start, appointment.status


def test_day_page_offers_colleagues_and_a_time_of_its_own_for_each_appointment(
    admin: AdminClient,
    day: list[Appointment],
    ben: Patient,
    dora: Doctor,
    emil: Doctor,
    fay: Doctor,
) -> None:
    book_as_patient(ben, fay, time=TEN)
    page = admin.open(url_of(dora))
    # Emil has another specialty, and Fay is busy at ten.
    with_fay = {f"doctor:{fay.pk}": "Same time with Fay Example"}
    keep, call_off = {"keep": "Leave as it is"}, {"cancel": "Cancel"}
    assert [choices_on(page, appointment) for appointment in day] == [
        keep
        | with_fay
        | {"start:2026-03-04T09:00": "Wed 2026-03-04 09:00 with the same doctor"}
        | call_off,
        keep | {"start:2026-03-04T09:30": "Wed 2026-03-04 09:30 with the same doctor"} | call_off,
        keep
        | with_fay
        | {"start:2026-03-04T10:00": "Wed 2026-03-04 10:00 with the same doctor"}
        | call_off,
    ]


def test_day_page_records_the_patients_and_their_free_times(
    admin: AdminClient, day: list[Appointment], dora: Doctor, ann: Patient, ben: Patient
) -> None:
    admin.open(url_of(dora))
    records = AccessRecord.objects.order_by("pk")
    assert [(record.patients, record.fields) for record in records] == [
        (
            sorted([ann.pk, ben.pk]),
            [
                *("Appointment.appointment_type", "Appointment.date", "Appointment.doctor"),
                *("Appointment.duration_minutes", "Appointment.patient", "Appointment.time"),
            ],
        ),
        (sorted([ann.pk, ben.pk]), ["Patient.free_times"]),
    ]


@pytest.mark.parametrize(
    ("suggestion", "selected"),
    [
        ("keep", ["keep", "keep", "keep"]),
        ("", ["keep", "keep", "keep"]),
        ("doctor", ["doctor", "start", "doctor"]),
        ("start", ["start", "start", "start"]),
        ("cancel", ["cancel", "cancel", "cancel"]),
    ],
)
def test_day_page_selects_what_is_suggested(
    admin: AdminClient,
    day: list[Appointment],
    ben: Patient,
    dora: Doctor,
    fay: Doctor,
    suggestion: str,
    selected: list[str],
) -> None:
    book_as_patient(ben, fay, time=TEN)
    form = admin.open(url_of(dora, suggestion=suggestion)).context["choices"]
    values = [form[f"appointment_{appointment.pk}"].value() for appointment in day]
    assert [value.partition(":")[0] for value in values] == selected


def test_day_page_moves_and_cancels_and_adds_time_off(
    admin: AdminClient, day: list[Appointment], dora: Doctor, fay: Doctor, sam: User
) -> None:
    choices = {
        day[0]: f"doctor:{fay.pk}",
        day[1]: "start:2026-03-04T09:30",
        day[2]: "cancel",
    }
    assert submit(admin, dora, choices, reason="Dora is ill", add_time_off="on") == [
        "Time off added: 2026-03-03 00:00 - 2026-03-04 00:00.",
        "3 appointments changed.",
    ]
    assert [state_of(appointment) for appointment in day] == [
        (fay, "2026-03-03 09:00", "pending"),
        (dora, "2026-03-04 09:30", "confirmed"),
        (dora, "2026-03-03 11:00", "cancelled"),
    ]
    assert day[2].cancellation_reason == "Dora is ill"
    assert TimeOff.objects.get().doctor == dora
    assert LogEntry.objects.filter(user=sam).count() == 3
    assert_ticks_are_those_of_live_appointments()


def test_day_page_changes_nothing_that_is_left_as_it_is(
    admin: AdminClient, day: list[Appointment], dora: Doctor
) -> None:
    assert submit(admin, dora, dict.fromkeys(day, "keep")) == []
    assert [len(history_of(appointment)) for appointment in day] == [1, 2, 1]
    assert not TimeOff.objects.exists()


def test_day_page_reports_what_failed_and_changes_the_rest(
    admin: AdminClient,
    day: list[Appointment],
    ann: Patient,
    ben: Patient,
    dora: Doctor,
    fay: Doctor,
) -> None:
    wednesday = TUESDAY + dt.timedelta(days=1)
    book_as_patient(ben, fay)
    book_as_patient(ben, dora, wednesday)
    choices = {
        day[0]: f"doctor:{fay.pk}",
        day[1]: "start:2026-03-04T09:00",
        day[2]: "cancel",
    }
    messages = submit(admin, dora, choices)
    taken = "The doctor has another appointment at this time. Choose another time."
    assert [message.partition(" Next")[0] for message in messages] == [
        f"2026-03-03 09:00: Ann Example with Dora Example (Cardiology): {taken}",
        f"{ANN_AT_TEN}: {taken}",
        "1 appointment changed.",
    ]
    assert [state_of(appointment)[2] for appointment in day] == [
        "pending",
        "confirmed",
        "cancelled",
    ]


def test_day_page_does_not_change_an_appointment_that_has_left_the_day(
    admin: AdminClient, day: list[Appointment], ann: Patient, dora: Doctor
) -> None:
    """The patient moved it while the page was open; it was cancelled on the other day."""
    move(ann.user, day[1], TUESDAY + dt.timedelta(days=1))
    messages = submit(admin, dora, {day[1]: "cancel", day[2]: "cancel"})
    problem = "It is not an open appointment of this doctor and day any more."
    assert messages == [
        f"2026-03-04 10:00: Ann Example with Dora Example (Cardiology): {problem}",
        "1 appointment changed.",
    ]
    assert state_of(day[1])[1:] == ("2026-03-04 10:00", "pending")


def test_day_page_does_not_put_an_appointment_where_nobody_works(
    admin: AdminClient, day: list[Appointment], dora: Doctor, fay: Doctor
) -> None:
    """Fay has got time off since the page was shown."""
    start = dt.datetime.combine(TUESDAY, dt.time(), clinic_clock.zone())
    add_time_off(fay, starts_at=start, ends_at=start + dt.timedelta(days=1))
    choices = {day[0]: f"doctor:{fay.pk}", day[1]: "start:2026-03-04T19:00"}
    first, second = submit(admin, dora, choices)
    assert "The doctor has time off." in first
    assert "Outside the doctor's hours." in second
    assert [len(history_of(appointment)) for appointment in day] == [1, 2, 1]


@pytest.mark.parametrize("choice", ["doctor:0", "doctor:own", "doctor:x", "start:2026-03-04", "x"])
def test_day_page_rejects_forged_choices(
    admin: AdminClient, day: list[Appointment], dora: Doctor, choice: str
) -> None:
    if choice == "doctor:own":
        choice = f"doctor:{dora.pk}"
    submit(admin, dora, {day[0]: choice})
    assert len(history_of(day[0])) == 1


@pytest.mark.parametrize("number", [1, 8])
def test_day_page_uses_a_constant_number_of_queries(
    admin: AdminClient,
    dora: Doctor,
    fay: Doctor,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        book_as_patient(make_patient(f"Patient{index}"), dora, time=dt.time(9 + index))
    admin.open(url_of(dora))
    with django_assert_num_queries(13):
        page = admin.open(url_of(dora))
    assert len(page.context["options"]) == number


def test_day_page_needs_the_permission_to_change_appointments(
    day: list[Appointment], dora: Doctor, olga: User
) -> None:
    viewer = AdminClient(staff_with_permissions(olga, "view_appointment"))
    assert viewer.client.get(f"/admin/{url_of(dora)}").status_code == 403


def test_day_page_needs_the_permission_to_add_time_off(
    day: list[Appointment], dora: Doctor, olga: User
) -> None:
    reception = AdminClient(staff_with_permissions(olga, "view_appointment", "change_appointment"))
    page = reception.open(url_of(dora))
    assert "add_time_off" not in page.context["choices"].fields
    submit(reception, dora, {day[0]: "cancel"}, add_time_off="on")
    assert not TimeOff.objects.exists()


def test_day_page_asks_for_doctor_and_date_first(admin: AdminClient, dora: Doctor) -> None:
    empty = admin.open(f"clinic/appointment/day/?doctor={dora.pk}")
    wrong = admin.open(url_of(dora, "soon"))
    assert ("choices" in empty.context, "choices" in wrong.context) == (False, False)
    assert (empty.context["form"].errors, wrong.context["form"].errors) == (
        {},
        {"date": ["Enter the date as YYYY-MM-DD, for example 2026-11-30."]},
    )


@pytest.mark.parametrize(
    ("date", "problem"),
    [
        ("2026-03-01", "This time is in the past. Choose a later one."),
        ("9999-12-31", "This value is not valid."),
    ],
)
def test_day_page_says_why_it_adds_no_time_off(
    admin: AdminClient, dora: Doctor, date: str, problem: str
) -> None:
    response = admin.submit(url_of(dora, date), {"add_time_off": "on"})
    assert response.messages == [f"No time off was added: {problem}"]


def test_doctor_page_and_list_link_to_the_day_page(admin: AdminClient, dora: Doctor) -> None:
    doctor_page = admin.open(f"clinic/doctor/{dora.pk}/change/").content.decode()
    assert f'href="/admin/clinic/appointment/day/?doctor={dora.pk}"' in doctor_page
    list_page = admin.open("clinic/appointment/").content.decode()
    assert 'href="/admin/clinic/appointment/day/"' in list_page
