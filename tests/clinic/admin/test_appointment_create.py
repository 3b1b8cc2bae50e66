import datetime as dt

import pytest

from clinic import clock as clinic_clock
from clinic.booking.date_exceptions import add_closure, set_special_hours
from clinic.models import Appointment, Doctor, Patient, Status
from tests.support.admin_client import AdminClient, AdminResponse
from tests.support.booking import (
    TUESDAY,
    add_time_off,
    book_as_patient,
    book_as_staff,
    history_of,
    stored_ticks,
)
from tests.support.fixtures.people import become_patient, offer_type
from users.models import User

pytestmark = pytest.mark.django_db

CLOCK_CHANGE = (
    "Part of this time does not exist or occurs twice because the clock changes on that day. "
    "Choose another time."
)
ADD = "clinic/appointment/add/"
NEXT_FREE = (
    "Next available times: Tue 2026-03-03 10:30, Tue 2026-03-03 11:00, Tue 2026-03-03 11:30."
)


def book(
    admin: AdminClient, doctor: Doctor, patient: Patient, time: str = "10:00", **more: str
) -> AdminResponse:
    return admin.save(
        ADD, doctor=doctor.pk, patient=patient.pk, date="2026-03-03", time=time, **more
    )


def test_booking_form_books_a_confirmed_appointment(
    admin: AdminClient, dora: Doctor, ann: Patient
) -> None:
    response = book(admin, dora, ann, reason_for_visit="Check-up")
    appointment = Appointment.objects.get()
    link = f'<a href="/admin/clinic/appointment/{appointment.pk}/change/">{appointment}</a>'
    assert response == AdminResponse([f"The appointment “{link}” was added successfully."], {})
    assert (appointment.doctor, appointment.patient, str(appointment.booked_by)) == (
        dora,
        ann,
        "Sam Example",
    )
    assert (appointment.status, appointment.reason_for_visit) == (
        Status.CONFIRMED,
        "Check-up",
    )
    assert (appointment.date, appointment.time, appointment.duration_minutes) == (
        TUESDAY,
        dt.time(10),
        30,
    )
    assert history_of(appointment) == [("confirmed", "2026-03-03 10:00", "Sam")]


def test_booking_form_asks_before_it_books_outside_the_working_time(
    admin: AdminClient, dora: Doctor, ann: Patient, ben: Patient
) -> None:
    book_as_patient(ben, dora)
    set_special_hours(dora, TUESDAY, [(dt.time(9), dt.time(10, 30))], clinic_clock.now())
    asked = book(admin, dora, ann, time="19:00", duration_minutes="45")
    assert asked.errors == {"time": ["Outside the doctor's hours. Free times on this date: 09:30."]}
    assert Appointment.objects.count() == 1
    consent = {"all_the_same": "on", "asked_about": f"{dora.pk} 2026-03-03 19:00:00 None 45"}
    answer = book(admin, dora, ann, time="19:00", duration_minutes="45", **consent)
    appointment = Appointment.objects.latest("pk")
    assert (answer.errors, appointment.duration_minutes) == ({}, 45)
    assert appointment.history.get().outside_availability


def test_booking_form_shows_the_checkbox_only_when_it_asks(
    admin: AdminClient, dora: Doctor, ann: Patient
) -> None:
    form = admin.fill_in(ADD, doctor=dora.pk, patient=ann.pk, date="2026-03-03", time="19:00")
    before = admin.open(ADD).context["adminform"].form["all_the_same"]
    after = admin.client.post(f"/admin/{ADD}", form).context["adminform"].form["all_the_same"]
    assert (before.is_hidden, after.is_hidden, after.label) == (
        True,
        False,
        "Use this time all the same",
    )


@pytest.mark.parametrize(
    ("exception", "message"),
    [
        ("closure", "The clinic is closed: Staff outing. There is no free time on this date."),
        ("time off", "The doctor has time off. There is no free time on this date."),
    ],
)
def test_booking_form_names_the_closure_but_no_reason_of_time_off(
    admin: AdminClient, dora: Doctor, ann: Patient, exception: str, message: str
) -> None:
    now = clinic_clock.now()
    if exception == "closure":
        add_closure(name="Staff outing", first_day=TUESDAY, last_day=TUESDAY, now=now)
    else:
        start = dt.datetime.combine(TUESDAY, dt.time(0), now.tzinfo)
        add_time_off(dora, starts_at=start, ends_at=start.replace(hour=23), reason="Surgery")
    assert book(admin, dora, ann).errors == {"time": [message]}


def test_booking_form_reports_a_busy_person_rather_than_the_working_time(
    admin: AdminClient, dora: Doctor, ann: Patient, ben: Patient, sam: User
) -> None:
    book_as_staff(sam, dora, ben, time=dt.time(19))
    [message] = book(admin, dora, ann, time="19:00").errors["time"]
    assert message.startswith("The doctor has another appointment at this time.")


def test_booking_form_shows_free_times_and_books_the_chosen_one(
    admin: AdminClient, dora: Doctor, ann: Patient
) -> None:
    offer_type(dora, "Short")
    long = offer_type(dora, "Long", duration_minutes=60)
    set_special_hours(dora, TUESDAY, [(dt.time(9), dt.time(10, 30))], clinic_clock.now())
    entered = {"doctor": dora.pk, "date": "2026-03-03", "appointment_type": long.pk}
    form = admin.fill_in(ADD, **entered, _free_times="1")
    page = admin.client.post(f"/admin/{ADD}", form).context["adminform"].form
    assert (page.errors, page.fields["free_time"].choices) == (
        {"free_time": ["Choose one of these times, then save."]},
        [("", "The time entered above"), ("09:00", "09:00"), ("09:30", "09:30")],
    )
    chosen = admin.save(ADD, **entered, patient=ann.pk, free_time="09:30")
    booked = Appointment.objects.get()
    assert chosen.errors == {}
    assert (booked.time, booked.duration_minutes, booked.appointment_type) == (
        dt.time(9, 30),
        60,
        long,
    )


@pytest.mark.parametrize(
    ("entered", "errors"),
    [
        ({}, {"date": ["Choose the doctor and the date first."]}),
        ({"date": "2026-03-08"}, {"date": ["The doctor has no free time on this date."]}),
    ],
)
def test_booking_form_says_why_it_shows_no_free_times(
    admin: AdminClient, dora: Doctor, entered: dict[str, str], errors: dict[str, list[str]]
) -> None:
    form = admin.fill_in(ADD, doctor=dora.pk, **entered, _free_times="1")
    assert admin.submit(ADD, form).errors == errors


def test_booking_form_shows_no_free_times_of_a_type_that_the_doctor_does_not_offer(
    admin: AdminClient, dora: Doctor, emil: Doctor
) -> None:
    foreign = offer_type(emil)
    entered = {"doctor": dora.pk, "date": "2026-03-03", "appointment_type": foreign.pk}
    form = admin.fill_in(ADD, **entered, _free_times="1")
    assert admin.submit(ADD, form).errors == {
        "appointment_type": ["The doctor does not offer this appointment type. Choose another one."]
    }


def test_booking_form_rejects_a_type_that_the_doctor_does_not_offer(
    admin: AdminClient, dora: Doctor, emil: Doctor, ann: Patient
) -> None:
    foreign, inactive = offer_type(emil), offer_type(dora, active=False)
    rejected = book(admin, dora, ann, appointment_type=str(foreign.pk))
    assert rejected.errors == {
        "appointment_type": ["The doctor does not offer this appointment type. Choose another one."]
    }
    not_offered = book(admin, dora, ann, appointment_type=str(inactive.pk))
    assert list(not_offered.errors) == ["appointment_type"]


def test_booking_form_requires_a_time(admin: AdminClient, dora: Doctor, ann: Patient) -> None:
    assert book(admin, dora, ann, time="").errors == {"time": ["This field is required."]}


def test_booking_form_reports_a_taken_time_with_the_next_free_slots(
    admin: AdminClient, dora: Doctor, ann: Patient, ben: Patient
) -> None:
    book_as_patient(ben, dora, time=dt.time(10))
    before = stored_ticks()
    assert book(admin, dora, ann) == AdminResponse(
        [],
        {
            "time": [
                f"The doctor has another appointment at this time. Choose another time. {NEXT_FREE}"
            ]
        },
    )
    assert Appointment.objects.count() == 1
    assert stored_ticks() == before


def test_booking_form_reports_a_busy_patient_at_the_time(
    admin: AdminClient, dora: Doctor, emil: Doctor, ann: Patient
) -> None:
    book_as_patient(ann, emil, time=dt.time(10))
    assert book(admin, dora, ann).errors == {
        "time": [
            f"The patient has another appointment at this time. Choose another time. {NEXT_FREE}"
        ]
    }


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"date": "2026-03-01"}, {"date": ["This time is in the past. Choose a later one."]}),
        (
            {"time": "10:02"},
            {
                "time": [
                    "Appointments start and last in steps of 5 minutes. Choose a multiple of 5."
                ]
            },
        ),
        (
            {"duration_minutes": "7"},
            {
                "duration_minutes": [
                    "Appointments start and last in steps of 5 minutes. Choose a multiple of 5."
                ]
            },
        ),
        (
            {"duration_minutes": "500"},
            {"duration_minutes": ["Ensure this value is less than or equal to 480."]},
        ),
        ({"date": "2026-03-29", "time": "02:30"}, {"time": [CLOCK_CHANGE]}),
        ({"date": "2026-10-25", "time": "01:45"}, {"time": [CLOCK_CHANGE]}),
        ({"date": ""}, {"date": ["This field is required."]}),
        ({"time": "teatime"}, {"time": ["Enter the time as HH:MM, for example 9:30 or 9."]}),
        (
            {"doctor": "987654"},
            {"doctor": ["Select a valid choice. That choice is not one of the available choices."]},
        ),
    ],
)
def test_booking_form_reports_invalid_values_by_field(
    admin: AdminClient,
    dora: Doctor,
    ann: Patient,
    values: dict[str, str],
    errors: dict[str, list[str]],
) -> None:
    valid = {"doctor": dora.pk, "patient": ann.pk, "date": "2026-03-03", "time": "10:00"}
    assert admin.save(ADD, **{**valid, **values}) == AdminResponse([], errors)
    assert not Appointment.objects.exists()


def test_booking_form_rejects_a_doctor_as_their_own_patient(
    admin: AdminClient, dora: Doctor
) -> None:
    own_profile = become_patient(dora)
    assert book(admin, dora, own_profile).errors == {
        "__all__": ["Doctors cannot book an appointment with themselves. Choose another person."]
    }


def test_booking_form_autocompletes_doctors_and_patients_by_part_of_the_name(
    admin: AdminClient, dora: Doctor, emil: Doctor, ann: Patient
) -> None:
    def found(field: str, term: str) -> list[str]:
        response = admin.open(
            f"autocomplete/?app_label=clinic&model_name=appointment&field_name={field}&term={term}"
        )
        return [result["text"] for result in response.json()["results"]]

    assert found("doctor", "dor") == ["Dora Example (Cardiology)"]
    assert found("doctor", "derma") == ["Emil Example (Dermatology)"]
    assert found("patient", "ann") == ["Ann Example, born 1990-05-17"]


def test_booking_form_requires_the_add_permission(olga: User) -> None:
    olga.is_staff = True
    olga.save()
    assert AdminClient(olga).client.get(f"/admin/{ADD}").status_code == 403
