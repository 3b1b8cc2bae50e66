import datetime as dt

import pytest

from clinic.models import Appointment, Doctor, Patient, Status
from tests.support.admin_client import AdminMessages, Desk
from tests.support.booking import TUESDAY, book_as_patient, history_of, stored_ticks
from tests.support.fixtures.people import become_patient
from users.models import User

pytestmark = pytest.mark.django_db

ADD = "clinic/appointment/add/"
NEXT_FREE = "Next free: Tue 2026-03-03 10:30, Tue 2026-03-03 11:00, Tue 2026-03-03 11:30."


def book(
    desk: Desk, doctor: Doctor, patient: Patient, time: str = "10:00", **more: str
) -> AdminMessages:
    return desk.save(
        ADD, doctor=doctor.pk, patient=patient.pk, date="2026-03-03", time=time, **more
    )


def test_staff_book_a_appointment_which_is_confirmed_at_once(
    desk: Desk, dora: Doctor, ann: Patient
) -> None:
    said = book(desk, dora, ann, reason_for_visit="Check-up")
    appointment = Appointment.objects.get()
    link = f'<a href="/admin/clinic/appointment/{appointment.pk}/change/">{appointment}</a>'
    assert said == AdminMessages([f"The appointment “{link}” was added successfully."], {})
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


def test_staff_choose_another_length_and_a_time_outside_the_hours(
    desk: Desk, dora: Doctor, ann: Patient
) -> None:
    assert book(desk, dora, ann, time="19:00", duration_minutes="45").errors == {}
    assert Appointment.objects.get().duration_minutes == 45


def test_a_taken_time_is_an_error_of_the_time_with_the_next_free_ones(
    desk: Desk, dora: Doctor, ann: Patient, ben: Patient
) -> None:
    book_as_patient(ben, dora, time=dt.time(10))
    before = stored_ticks()
    assert book(desk, dora, ann) == AdminMessages(
        [],
        {"time": [f"The doctor is booked at this time. {NEXT_FREE}"]},
    )
    assert Appointment.objects.count() == 1
    assert stored_ticks() == before


def test_a_busy_patient_is_an_error_of_the_time(
    desk: Desk, dora: Doctor, emil: Doctor, ann: Patient
) -> None:
    book_as_patient(ann, emil, time=dt.time(10))
    assert book(desk, dora, ann).errors == {
        "time": [f"The patient has another appointment at this time. {NEXT_FREE}"]
    }


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"date": "2026-03-01"}, {"date": ["This time is in the past."]}),
        ({"time": "10:02"}, {"time": ["Appointments start and last in steps of five minutes."]}),
        (
            {"duration_minutes": "7"},
            {"duration_minutes": ["Appointments start and last in steps of five minutes."]},
        ),
        (
            {"duration_minutes": "500"},
            {"duration_minutes": ["Ensure this value is less than or equal to 480."]},
        ),
        (
            {"date": "2026-03-29", "time": "02:30"},
            {"time": ["The clock skips this time on that day."]},
        ),
        ({"date": ""}, {"date": ["This field is required."]}),
        ({"time": "teatime"}, {"time": ["Enter a valid time."]}),
        (
            {"doctor": "987654"},
            {"doctor": ["Select a valid choice. That choice is not one of the available choices."]},
        ),
    ],
)
def test_what_cannot_be_booked_is_an_error_of_its_field(
    desk: Desk, dora: Doctor, ann: Patient, values: dict[str, str], errors: dict[str, list[str]]
) -> None:
    wish = {"doctor": dora.pk, "patient": ann.pk, "date": "2026-03-03", "time": "10:00"}
    assert desk.save(ADD, **{**wish, **values}) == AdminMessages([], errors)
    assert not Appointment.objects.exists()


def test_a_doctor_cannot_be_their_own_patient(desk: Desk, dora: Doctor) -> None:
    herself = become_patient(dora)
    assert book(desk, dora, herself).errors == {"__all__": ["Nobody can be their own doctor."]}


def test_doctors_and_patients_are_found_by_typing_a_part_of_their_name(
    desk: Desk, dora: Doctor, emil: Doctor, ann: Patient
) -> None:
    def found(field: str, term: str) -> list[str]:
        answer = desk.open(
            f"autocomplete/?app_label=clinic&model_name=appointment&field_name={field}&term={term}"
        )
        return [result["text"] for result in answer.json()["results"]]

    assert found("doctor", "dor") == ["Dora Example (Cardiology)"]
    assert found("doctor", "derma") == ["Emil Example (Dermatology)"]
    assert found("patient", "ann") == ["Ann Example"]


def test_staff_without_the_right_to_add_are_kept_out(olga: User) -> None:
    olga.is_staff = True
    olga.save()
    assert Desk(olga).client.get(f"/admin/{ADD}").status_code == 403
