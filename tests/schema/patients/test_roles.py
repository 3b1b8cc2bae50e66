"""In which role a user acts who could act in several, and what the history says."""

from typing import Any

import pytest

from clinic.assistants import replace_assistants
from clinic.errors import BookingErrorCode
from clinic.models import Appointment, Doctor, Patient
from tests.support.acting_people import book_for, make_dependant
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import become_patient
from tests.support.global_ids import id_of
from tests.support.graphql_responses import operation_info, root_value
from users.models import User

pytestmark = pytest.mark.django_db

HISTORY = """query ($id: ID!) { appointment(id: $id) {
    status history { changedBy { firstName } onBehalfOf { firstName } }
} }"""


def book(api: Api, user: User, doctor: Doctor, patient: Patient) -> Any:
    both = {"doctorId": id_of(doctor), "patientId": id_of(patient)}
    sent = both | {"date": "2026-03-03", "time": "14:00"}
    return root_value(api("CreateAppointment", {"input": sent}, user=user))


def last_change(api: Api, user: User, appointment_id: str) -> tuple[str, str, str | None]:
    """Return the status, who made the last change, and for whom."""
    seen = root_value(api(HISTORY, {"id": appointment_id}, user=user))
    change = seen["history"][-1]
    represented = change["onBehalfOf"] and change["onBehalfOf"]["firstName"]
    return seen["status"], change["changedBy"]["firstName"], represented


def booked_as(
    api: Api, user: User, doctor: Doctor, patient: Patient
) -> tuple[str, str, str | None]:
    user.refresh_from_db()
    booked = book(api, user, doctor, patient)
    assert booked["__typename"] == "Appointment", booked
    return last_change(api, user, booked["id"])


def test_own_patient_comes_before_assisted_doctor(api: Api, ann: Patient, dora: Doctor) -> None:
    replace_assistants(dora, [ann.user])
    assert booked_as(api, ann.user, dora, ann) == ("PENDING", "Ann", None)


def test_own_doctor_comes_before_guardian(api: Api, dora: Doctor) -> None:
    """Dora treats her own child: she books as the doctor."""
    kim = make_dependant(dora.user)
    assert book(api, dora.user, dora, kim) == operation_info(
        BookingErrorCode.NOT_FOUND, "patientId"
    )
    Appointment.objects.create(
        doctor=dora, patient=kim, date="2026-03-04", time="09:00", duration_minutes=30
    )
    assert booked_as(api, dora.user, dora, kim) == ("CONFIRMED", "Dora", None)


def test_assistant_comes_before_guardian(api: Api, ann: Patient, dora: Doctor) -> None:
    kim = make_dependant(ann.user)
    book_for(kim, ann, dora)
    replace_assistants(dora, [ann.user])
    assert booked_as(api, ann.user, dora, kim) == ("CONFIRMED", "Ann", "Dora")


def test_guardian_books_with_other_doctors_than_the_assisted_one(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    kim = make_dependant(ann.user)
    replace_assistants(dora, [ann.user])
    assert booked_as(api, ann.user, emil, kim) == ("PENDING", "Ann", "Kim")


def test_doctor_books_for_own_child_with_another_doctor(
    api: Api, dora: Doctor, emil: Doctor
) -> None:
    kim = make_dependant(dora.user)
    assert booked_as(api, dora.user, emil, kim) == ("PENDING", "Dora", "Kim")


@pytest.mark.parametrize("role", ["own patient", "assistant", "guardian"])
def test_slots_for_patient_follow_the_role_of_the_booking(
    api: Api, ann: Patient, dora: Doctor, role: str, settings: Any
) -> None:
    """The lead time binds patients and guardians, and not assistants."""
    patient = make_dependant(ann.user) if role != "own patient" else ann
    if role == "assistant":
        book_for(patient, ann, dora)
        replace_assistants(dora, [ann.user])
    settings.LEAD_TIME_MINUTES = 3 * 60
    sent = {"doctorId": id_of(dora), "patientId": id_of(patient), "start": "2026-03-02", "days": 1}
    ann.user.refresh_from_db()
    slots = root_value(api("SlotsForPatient", sent, user=ann.user))["availableSlots"]
    first = "09:00:00" if role == "assistant" else "11:00:00"
    assert slots[0]["time"] == first
    both = {"doctorId": id_of(dora), "patientId": id_of(patient)}
    booked = root_value(
        api(
            "CreateAppointment",
            {"input": both | {"date": "2026-03-02", "time": first}},
            user=ann.user,
        )
    )
    assert booked["__typename"] == "Appointment"


def test_slots_with_oneself_as_the_doctor_are_none(api: Api, dora: Doctor) -> None:
    patient = become_patient(dora)
    sent = {"doctorId": id_of(dora), "patientId": id_of(patient), "start": "2026-03-03", "days": 1}
    assert root_value(api("SlotsForPatient", sent, user=dora.user))["availableSlots"] == []


def test_history_shows_who_acted_to_patient_and_doctor(
    api: Api, ann: Patient, dora: Doctor, olga: User
) -> None:
    replace_assistants(dora, [olga])
    appointment = book_as_patient(ann, dora)
    olga.refresh_from_db()
    api("ConfirmAppointment", {"input": {"id": id_of(appointment)}}, user=olga)
    for reader in (ann.user, dora.user, olga):
        assert last_change(api, reader, id_of(appointment)) == ("CONFIRMED", "Olga", "Dora")
