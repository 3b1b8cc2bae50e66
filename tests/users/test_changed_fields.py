"""A rule checks only what is being changed: rows from before the rule stay usable."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from clinic.models import Appointment, Doctor, Patient
from tests.support.admin_client import AdminClient
from tests.support.api_client import Api
from tests.support.booking import book_as_patient, write
from tests.support.global_ids import id_of
from tests.support.graphql_responses import root_value
from users.models import User

pytestmark = pytest.mark.django_db

REFUSED_NAME = "An\x85n"
SKIPPED_DATE, SKIPPED_TIME = dt.date(2026, 3, 29), dt.time(2, 30)
REFUSED_TEXT = {
    "__typename": "OperationInfo",
    "messages": [
        {
            "kind": "VALIDATION",
            "field": "firstName",
            "code": "invalid",
            "message": "This name contains characters that cannot be seen. Remove them.",
        }
    ],
}


@pytest.fixture
def old_ann(ann: Patient) -> Patient:
    """Ann, with a first name and an emergency telephone that the rules reject."""
    write(ann.user, first_name=REFUSED_NAME)
    write(ann, emergency_contact_phone="+491")
    return Patient.objects.select_related("user").get(pk=ann.pk)


@pytest.fixture
def skipped_hour(ann: Patient, dora: Doctor) -> Appointment:
    """Ann's pending appointment with Dora at a time that the clock skips."""
    appointment = book_as_patient(ann, dora)
    write(appointment, date=SKIPPED_DATE, time=SKIPPED_TIME)
    return appointment


def update(api: Api, user: User, **changes: object) -> Any:
    return root_value(api("UpdateAccount", {"input": changes}, user=user))


def test_update_account_changes_another_field_beside_a_refused_name(
    api: Api, old_ann: Patient
) -> None:
    assert update(api, old_ann.user, gender="FEMALE") == {
        "__typename": "User",
        "id": id_of(old_ann.user),
        "firstName": REFUSED_NAME,
        "lastName": "Example",
        "gender": "FEMALE",
    }


def test_update_account_refuses_the_name_that_is_being_changed(api: Api, old_ann: Patient) -> None:
    assert update(api, old_ann.user, firstName="Be\x85n") == REFUSED_TEXT


def test_upsert_profile_changes_another_field_beside_a_refused_telephone(
    api: Api, old_ann: Patient
) -> None:
    changes = {"patient": {"address": "Hafen 1"}}
    answer = root_value(api("UpsertProfile", {"input": changes}, user=old_ann.user))
    assert (answer["__typename"], answer["address"]) == ("Patient", "Hafen 1")


@pytest.mark.parametrize(
    ("mutation", "status"),
    [("ConfirmAppointment", "CONFIRMED"), ("CancelAppointment", "CANCELLED")],
)
def test_appointment_at_a_refused_time_changes_its_status(
    api: Api, dora: Doctor, skipped_hour: Appointment, mutation: str, status: str
) -> None:
    answer = api(mutation, {"input": {"id": id_of(skipped_hour)}}, user=dora.user)
    assert root_value(answer)["status"] == status


def test_appointment_at_a_refused_time_moves_to_another(
    api: Api, ann: Patient, skipped_hour: Appointment
) -> None:
    sent = {"id": id_of(skipped_hour), "date": "2026-03-04", "time": "09:00"}
    answer = root_value(api("RescheduleAppointment", {"input": sent}, user=ann.user))
    assert (answer["__typename"], answer["startsAt"]) == (
        "Appointment",
        "2026-03-04T09:00:00+01:00",
    )


def test_appointment_moved_to_a_refused_time_is_refused(
    api: Api, dora: Doctor, skipped_hour: Appointment
) -> None:
    sent = {"id": id_of(skipped_hour), "date": "2026-03-29", "time": "02:00"}
    answer = root_value(api("RescheduleAppointment", {"input": sent}, user=dora.user))
    assert [message["code"] for message in answer["messages"]] == ["nonexistent_time"]


def test_admin_changes_another_field_beside_a_refused_name(sam: User, old_ann: Patient) -> None:
    page = f"users/user/{old_ann.user_id}/change/"
    assert AdminClient(sam).save(page, gender="female").errors == {}
    old_ann.user.refresh_from_db()
    assert (old_ann.user.gender, old_ann.user.first_name) == ("female", REFUSED_NAME)


def test_changed_fields_follow_loading_assignment_and_saving(ann: Patient) -> None:
    user = User.objects.only("first_name").get(pk=ann.user_id)
    steps = [user.changed_fields()]
    assert user.last_name == "Example"  # loads a deferred field
    steps.append(user.changed_fields())
    user.first_name, user.last_name = "Anna", "Example"
    steps.append(user.changed_fields())
    user.save(update_fields=["first_name"])
    steps.append(user.changed_fields())
    user.first_name = "Ann"
    user.refresh_from_db()
    steps.append(user.changed_fields())
    assert steps == [set(), set(), {"first_name"}, set(), set()]


def test_clean_fields_checks_every_field_of_a_new_row() -> None:
    user = User(email="new@example.org", first_name=REFUSED_NAME, last_name="")
    with pytest.raises(ValidationError) as error:
        user.clean_fields(exclude=["password"])
    assert set(error.value.error_dict) == {"first_name", "last_name"}
