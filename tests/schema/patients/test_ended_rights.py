"""Rights to act for others that end, or that nobody has yet."""

from typing import Any

import pytest

from clinic.errors import BookingErrorCode
from clinic.models import Doctor, Guardian, Patient, Relationship
from tests.support.acting_people import make_assistant
from tests.support.api_client import Api
from tests.support.booking import write
from tests.support.fixtures.people import make_patient, make_user
from tests.support.global_ids import id_of
from tests.support.graphql_responses import operation_info, root_value
from users.models import User

pytestmark = pytest.mark.django_db

NINE = {"date": "2026-03-03", "time": "09:00"}


def book(api: Api, user: User, **sent: object) -> Any:
    return root_value(api("CreateAppointment", {"input": {**NINE, **sent}}, user=user))


def test_guardian_of_a_disabled_patient_books_nothing(
    api: Api, ann: Patient, kim: Patient, dora: Doctor
) -> None:
    write(kim.user, is_active=False)
    answer = book(api, ann.user, doctorId=id_of(dora), patientId=id_of(kim))
    assert answer == operation_info(BookingErrorCode.NOT_FOUND, "patientId")


def test_assistant_books_as_a_patient_no_doctor_who_waits_for_approval(
    api: Api, dora: Doctor
) -> None:
    patient = make_patient("Pia")
    assistant = make_assistant("Asa", dora)
    write(assistant, is_patient=True)
    write(patient, user=assistant)
    write(dora, approved=False)
    answer = book(api, assistant, doctorId=id_of(dora))
    assert answer == operation_info(BookingErrorCode.NOT_FOUND, "doctorId")


def test_last_guardian_who_can_sign_in_stays_while_appointments_are_open(
    api: Api, ann: Patient, kim: Patient, dora: Doctor
) -> None:
    other = make_user("Gina")
    Guardian.objects.create(patient=kim, user=other, relationship=Relationship.OTHER)
    other.set_unusable_password()
    other.save()
    assert book(api, ann.user, doctorId=id_of(dora), patientId=id_of(kim))["status"] == "PENDING"
    sent = {"input": {"patientId": id_of(kim)}}
    answer = root_value(api("RemoveDependant", sent, user=ann.user))
    assert [message["code"] for message in answer["messages"]] == ["invalid"]
    assert kim.guardians.count() == 2


def test_saving_an_account_that_was_loaded_earlier_keeps_a_new_right(
    api: Api, kim: Patient
) -> None:
    gina = make_user("Gina")
    loaded_earlier = User.objects.get(pk=gina.pk)
    Guardian.objects.create(patient=kim, user=gina, relationship=Relationship.OTHER)
    loaded_earlier.last_name = "Married"
    loaded_earlier.save()
    gina.refresh_from_db()
    assert (gina.acts_for_patients, gina.last_name, gina.last_name_folded) == (
        True,
        "Married",
        "married",
    )
    answer = api("PatientById", {"id": id_of(kim)}, user=gina)
    assert answer["data"]["patient"]["id"] == id_of(kim)
