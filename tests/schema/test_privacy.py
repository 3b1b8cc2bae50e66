"""What each kind of reader sees of people, and that no path leads further."""

import datetime as dt
from typing import Any

import pytest

from clinic.booking.schedules import add_time_off
from clinic.models import Appointment, Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_patient, cancel
from tests.support.fixtures.people import make_patient, make_user
from tests.support.global_ids import id_of
from tests.support.graphql_responses import answer_of, error_of
from users.models import User

pytestmark = pytest.mark.django_db

FACE = """
query ($id: ID!) {
  doctor(id: $id) { phoneNumber approved timeOff { reason } user { email } }
}
"""
PUBLIC = {"phoneNumber": "", "approved": False, "timeOff": [], "user": {"email": None}}
FOR_COUNTERPARTS = PUBLIC | {
    "phoneNumber": "+4930123456",
    "user": {"email": "dora@example.org"},
}


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    add_time_off(
        dora,
        starts_at=dt.datetime(2026, 3, 9, tzinfo=dt.UTC),
        ends_at=dt.datetime(2026, 3, 10, tzinfo=dt.UTC),
        reason="Private matters",
    )
    return book_as_patient(ann, dora)


def face(api: Api, doctor: Doctor, reader: User) -> Any:
    return answer_of(api(FACE, {"id": id_of(doctor)}, user=reader))


def test_a_doctor_sees_all_of_their_own_profile(api: Api, appointment: Appointment) -> None:
    assert face(api, appointment.doctor, appointment.doctor.user) == {
        "phoneNumber": "+4930123456",
        "approved": True,
        "timeOff": [{"reason": "Private matters"}],
        "user": {"email": "dora@example.org"},
    }


def test_own_patients_see_the_contact_details_whatever_became_of_the_appointment(
    api: Api, appointment: Appointment
) -> None:
    assert face(api, appointment.doctor, appointment.patient.user) == FOR_COUNTERPARTS
    cancel(appointment.doctor.user, appointment)
    assert face(api, appointment.doctor, appointment.patient.user) == FOR_COUNTERPARTS


def test_everyone_else_sees_the_public_face_alone(
    api: Api, appointment: Appointment, ben: Patient, emil: Doctor, olga: User, sam: User
) -> None:
    for reader in (ben.user, emil.user, olga, sam, make_user("Eva", is_patient=True)):
        assert face(api, appointment.doctor, reader) == PUBLIC


def test_a_patients_address_is_for_themselves_and_their_doctors(
    api: Api, appointment: Appointment, ben: Patient, emil: Doctor, sam: User
) -> None:
    document = "query ($id: ID!) { patient(id: $id) { dateOfBirth user { email } } }"
    seen = {"dateOfBirth": "1990-05-17", "user": {"email": "ann@example.org"}}
    sent = {"id": id_of(appointment.patient)}
    for reader in (appointment.patient.user, appointment.doctor.user):
        assert answer_of(api(document, sent, user=reader)) == seen
    for reader in (ben.user, emil.user, sam):
        assert api(document, sent, user=reader) == {"data": {"patient": None}}


def test_a_person_is_a_node_only_to_those_who_may_know_the_name(
    api: Api, appointment: Appointment, ben: Patient
) -> None:
    document = "query ($id: ID!) { node(id: $id) { ... on Person { firstName email } } }"
    patient, doctor = (
        id_of(user, "Person") for user in (appointment.patient.user, appointment.doctor.user)
    )
    assert [
        api(document, {"id": one}, user=ben.user)["data"]["node"] for one in (patient, doctor)
    ] == [
        None,
        {"firstName": "Dora", "email": None},
    ]
    assert answer_of(api(document, {"id": patient}, user=appointment.doctor.user)) == {
        "firstName": "Ann",
        "email": "ann@example.org",
    }


def test_a_role_taken_away_takes_the_names_it_showed(api: Api, appointment: Appointment) -> None:
    document = "query ($id: ID!) { node(id: $id) { ... on Person { firstName } } }"
    patient, doctor = appointment.patient.user, appointment.doctor.user
    appointment.doctor.approved = False
    appointment.doctor.save()

    def seen_by(reader: User) -> list[dict[str, str] | None]:
        people = (id_of(user, "Person") for user in (patient, doctor))
        return [api(document, {"id": one}, user=reader)["data"]["node"] for one in people]

    both = [{"firstName": "Ann"}, {"firstName": "Dora"}]
    assert [seen_by(patient), seen_by(doctor)] == [both, both]
    User.objects.filter(pk__in=(patient.pk, doctor.pk)).update(is_patient=False, is_doctor=False)
    assert [seen_by(patient), seen_by(doctor)] == [[both[0], None], [None, both[1]]]


def test_a_user_is_a_node_to_oneself_alone(api: Api, appointment: Appointment) -> None:
    document = "query ($id: ID!) { node(id: $id) { __typename ... on User { email } } }"
    sent = {"id": id_of(appointment.patient.user)}
    assert answer_of(api(document, sent, user=appointment.patient.user)) == {
        "__typename": "User",
        "email": "ann@example.org",
    }
    assert api(document, sent, user=appointment.doctor.user) == {"data": {"node": None}}


EVERY_PATH = """
{
  me { id doctor { ...D } patient { id user { email } } }
  doctors(first: 2) { edges { node { ...D } } }
  nextAvailable(specialty: "Cardiology", first: 1) { doctor { ...D } }
  appointments(first: 2) { edges { node {
    patient { id user { firstName email } } doctor { ...D }
    history { changedBy { firstName email } }
  } } }
}
fragment D on Doctor {
  id phoneNumber user { id firstName email }
  timeOff { id reason conflicts { id reasonForVisit patient { id user { firstName email } } } }
}
"""


def test_no_path_leads_to_a_patient_who_is_not_the_doctors(
    api: Api, appointment: Appointment, ben: Patient, emil: Doctor
) -> None:
    """Ben is Emil's patient; whatever Dora or Ann ask for, he is not in the answer."""
    hidden = book_as_patient(ben, emil, time=TEN, reason_for_visit="A secret")
    add_time_off(
        emil,
        starts_at=dt.datetime(2026, 3, 3, tzinfo=dt.UTC),
        ends_at=dt.datetime(2026, 3, 4, tzinfo=dt.UTC),
        reason="At the dentist's",
    )
    for reader in (
        appointment.doctor.user,
        appointment.patient.user,
        make_user("Eva", is_patient=True),
    ):
        answer = str(api(EVERY_PATH, user=reader)["data"])
        secrets = [id_of(ben), id_of(hidden), "Ben", "A secret", "dentist", "emil@", "ben@"]
        assert [secret for secret in secrets if secret in answer] == []
        assert "Emil" in answer


def test_patients_are_a_list_for_doctors_alone(
    api: Api, appointment: Appointment, ben: Patient, olga: User
) -> None:
    assert [
        edge["node"]["user"]["firstName"]
        for edge in answer_of(api("MyPatients", user=appointment.doctor.user))["edges"]
    ] == ["Ann"]
    for reader in (appointment.patient.user, olga):
        answer = api("MyPatients", user=reader)
        assert (answer["data"], error_of(answer)) == (
            None,
            ("FORBIDDEN", "You don't have permission to do this."),
        )


def test_a_doctor_without_a_profile_has_no_patients_and_no_appointments_yet(
    api: Api, db: None
) -> None:
    new = make_user("Dan", is_doctor=True)
    assert answer_of(api("MyPatients", user=new))["edges"] == []
    assert answer_of(api("MyAppointments", user=new))["edges"] == []
    assert answer_of(api("Me", user=new))["doctor"] is None


def test_one_without_a_role_sees_public_faces_and_nothing_of_their_own(
    api: Api, appointment: Appointment, olga: User
) -> None:
    assert answer_of(api("MyAppointments", user=olga))["edges"] == []
    assert answer_of(api("Me", user=olga))["patient"] is None
    assert answer_of(api("Specialties", user=olga)) == ["Cardiology"]
    assert api("AppointmentById", {"id": id_of(appointment)}, user=olga) == {
        "data": {"appointment": None}
    }


def test_a_role_taken_away_takes_its_side_of_the_appointments_with_it(
    api: Api, appointment: Appointment
) -> None:
    patient = appointment.patient.user
    patient.is_patient = False
    patient.save()
    assert answer_of(api("MyAppointments", user=patient))["edges"] == []
    assert face(api, appointment.doctor, patient) == PUBLIC


def test_what_a_mutation_makes_known_is_known_to_the_next_of_the_same_request(
    api: Api, dora: Doctor, emil: Doctor
) -> None:
    document = """
    mutation ($dora: ID!, $emil: ID!) {
      one: createAppointment(input: { doctorId: $dora, date: "2026-03-03", time: "09:00" }) { ...D }
      two: createAppointment(input: { doctorId: $emil, date: "2026-03-03", time: "10:00" }) { ...D }
    }
    fragment D on Appointment { doctor { phoneNumber user { email } } }
    """
    sent = {"dora": id_of(dora), "emil": id_of(emil)}
    answer = api(document, sent, user=make_patient("Eva").user)
    assert answer == {
        "data": {
            name: {"doctor": {"phoneNumber": "+4930123456", "user": {"email": email}}}
            for name, email in (("one", "dora@example.org"), ("two", "emil@example.org"))
        }
    }
