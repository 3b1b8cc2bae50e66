"""Visibility of personal data for each kind of user, on every path of the schema."""

import datetime as dt
from typing import Any

import pytest

from clinic.models import Appointment, Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import TEN, add_time_off, book_as_patient, cancel
from tests.support.fixtures.people import make_patient, make_user
from tests.support.global_ids import id_of
from tests.support.graphql_responses import root_value, single_error
from users.models import User

pytestmark = pytest.mark.django_db

PROFILE = """
query ($id: ID!) {
  doctor(id: $id) { phoneNumber approved timeOff { reason } user { email } }
}
"""
PUBLIC = {"phoneNumber": "", "approved": False, "timeOff": [], "user": {"email": None}}
WITH_CONTACT_DETAILS = PUBLIC | {
    "phoneNumber": "+4930123456",
    "user": {"email": "dora@example.org"},
}


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    """Ann's appointment with Dora, who has a time-off period."""
    add_time_off(
        dora,
        starts_at=dt.datetime(2026, 3, 9, tzinfo=dt.UTC),
        ends_at=dt.datetime(2026, 3, 10, tzinfo=dt.UTC),
        reason="Private matters",
    )
    return book_as_patient(ann, dora)


def profile_seen_by(api: Api, doctor: Doctor, reader: User) -> Any:
    """Return the restricted fields of ``doctor`` that ``reader`` receives."""
    return root_value(api(PROFILE, {"id": id_of(doctor)}, user=reader))


def test_doctor_sees_own_restricted_fields(api: Api, appointment: Appointment) -> None:
    assert profile_seen_by(api, appointment.doctor, appointment.doctor.user) == {
        "phoneNumber": "+4930123456",
        "approved": True,
        "timeOff": [{"reason": "Private matters"}],
        "user": {"email": "dora@example.org"},
    }


def test_doctor_contact_details_are_visible_to_own_patients(
    api: Api, appointment: Appointment
) -> None:
    assert (
        profile_seen_by(api, appointment.doctor, appointment.patient.user) == WITH_CONTACT_DETAILS
    )
    cancel(appointment.doctor.user, appointment)
    assert (
        profile_seen_by(api, appointment.doctor, appointment.patient.user) == WITH_CONTACT_DETAILS
    )


def test_doctor_restricted_fields_are_empty_for_everyone_else(
    api: Api, appointment: Appointment, ben: Patient, emil: Doctor, olga: User
) -> None:
    clerk = make_user("Cleo", is_staff=True)
    for reader in (ben.user, emil.user, olga, clerk, make_user("Eva", is_patient=True)):
        assert profile_seen_by(api, appointment.doctor, reader) == PUBLIC


def test_patient_is_visible_only_to_themselves_own_doctors_and_staff_with_permission(
    api: Api, appointment: Appointment, ben: Patient, emil: Doctor, sam: User
) -> None:
    document = "query ($id: ID!) { patient(id: $id) { dateOfBirth user { email } } }"
    seen = {"dateOfBirth": "1990-05-17", "user": {"email": "ann@example.org"}}
    sent = {"id": id_of(appointment.patient)}
    for reader in (appointment.patient.user, appointment.doctor.user, sam):
        assert root_value(api(document, sent, user=reader)) == seen
    for reader in (ben.user, emil.user, make_user("Cleo", is_staff=True)):
        assert api(document, sent, user=reader) == {"data": {"patient": None}}


def test_node_returns_person_only_if_visible(
    api: Api, appointment: Appointment, ben: Patient
) -> None:
    document = "query ($id: ID!) { node(id: $id) { ... on Person { firstName email } } }"
    patient, doctor = (
        id_of(user, "Person") for user in (appointment.patient.user, appointment.doctor.user)
    )
    assert [
        api(document, {"id": id_}, user=ben.user)["data"]["node"] for id_ in (patient, doctor)
    ] == [
        None,
        {"firstName": "Dora", "email": None},
    ]
    assert root_value(api(document, {"id": patient}, user=appointment.doctor.user)) == {
        "firstName": "Ann",
        "email": "ann@example.org",
    }


def test_node_hides_people_after_role_is_removed(api: Api, appointment: Appointment) -> None:
    document = "query ($id: ID!) { node(id: $id) { ... on Person { firstName } } }"
    patient, doctor = appointment.patient.user, appointment.doctor.user

    def seen_by(reader: User) -> list[dict[str, str] | None]:
        people = (id_of(user, "Person") for user in (patient, doctor))
        return [api(document, {"id": id_}, user=reader)["data"]["node"] for id_ in people]

    both = [{"firstName": "Ann"}, {"firstName": "Dora"}]
    assert [seen_by(patient), seen_by(doctor)] == [both, both]
    # Otherwise everyone would see her as a bookable doctor.
    appointment.doctor.approved = False
    appointment.doctor.save()
    assert [seen_by(patient), seen_by(doctor)] == [both, [None, both[1]]]
    User.objects.filter(pk__in=(patient.pk, doctor.pk)).update(is_patient=False, is_doctor=False)
    assert [seen_by(patient), seen_by(doctor)] == [[both[0], None], [None, both[1]]]


def test_node_returns_user_only_to_themselves(api: Api, appointment: Appointment) -> None:
    document = "query ($id: ID!) { node(id: $id) { __typename ... on User { email } } }"
    sent = {"id": id_of(appointment.patient.user)}
    assert root_value(api(document, sent, user=appointment.patient.user)) == {
        "__typename": "User",
        "email": "ann@example.org",
    }
    assert api(document, sent, user=appointment.doctor.user) == {"data": {"node": None}}


ALL_PATHS = """
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


def test_patients_of_other_doctors_are_hidden_on_all_paths(
    api: Api, appointment: Appointment, ben: Patient, emil: Doctor
) -> None:
    """Ben is a patient of Emil and must not appear in any response to Dora, Ann or Eva."""
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
        answer = str(api(ALL_PATHS, user=reader)["data"])
        secrets = [id_of(ben), id_of(hidden), "Ben", "A secret", "dentist", "emil@", "ben@"]
        assert [secret for secret in secrets if secret in answer] == []
        assert "Emil" in answer


def test_patients_requires_doctor_role(
    api: Api, appointment: Appointment, ben: Patient, olga: User
) -> None:
    assert [
        edge["node"]["user"]["firstName"]
        for edge in root_value(api("MyPatients", user=appointment.doctor.user))["edges"]
    ] == ["Ann"]
    for reader in (appointment.patient.user, olga):
        answer = api("MyPatients", user=reader)
        assert (answer["data"], single_error(answer)) == (
            None,
            ("FORBIDDEN", "You don't have permission to do this."),
        )


def test_patients_and_appointments_are_empty_without_profile(api: Api, db: None) -> None:
    new = make_user("Dan", is_doctor=True)
    assert root_value(api("MyPatients", user=new))["edges"] == []
    assert root_value(api("MyAppointments", user=new))["edges"] == []
    assert root_value(api("Me", user=new))["doctor"] is None


def test_user_without_role_sees_only_public_data(
    api: Api, appointment: Appointment, olga: User
) -> None:
    assert root_value(api("MyAppointments", user=olga))["edges"] == []
    assert root_value(api("Me", user=olga))["patient"] is None
    assert root_value(api("Specialties", user=olga)) == ["Cardiology"]
    assert api("AppointmentById", {"id": id_of(appointment)}, user=olga) == {
        "data": {"appointment": None}
    }


def test_appointments_are_hidden_after_role_is_removed(api: Api, appointment: Appointment) -> None:
    patient = appointment.patient.user
    patient.is_patient = False
    patient.save()
    assert root_value(api("MyAppointments", user=patient))["edges"] == []
    assert profile_seen_by(api, appointment.doctor, patient) == PUBLIC


def test_visibility_is_updated_between_mutations_of_one_request(
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
