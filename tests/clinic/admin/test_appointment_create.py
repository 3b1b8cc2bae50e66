import datetime as dt

import pytest

from clinic.models import Appointment, Doctor, Patient, Status
from tests.support.admin_client import AdminClient, AdminResponse
from tests.support.booking import TUESDAY, book_as_patient, history_of, stored_ticks
from tests.support.fixtures.people import become_patient
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


def test_booking_form_accepts_another_duration_and_a_time_outside_working_hours(
    admin: AdminClient, dora: Doctor, ann: Patient
) -> None:
    assert book(admin, dora, ann, time="19:00", duration_minutes="45").errors == {}
    assert Appointment.objects.get().duration_minutes == 45


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
        ({"time": "teatime"}, {"time": ["Enter a valid time."]}),
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
    assert found("patient", "ann") == ["Ann Example"]


def test_booking_form_requires_the_add_permission(olga: User) -> None:
    olga.is_staff = True
    olga.save()
    assert AdminClient(olga).client.get(f"/admin/{ADD}").status_code == 403
