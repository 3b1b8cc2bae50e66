"""Every document of the contract, sent to a live server, and its whole answer.

How each operation answers in every other case is told by the tests of its noun.
"""

import json
from collections.abc import Callable

import httpx
import pytest
from pytest_django.live_server_helper import LiveServer

from clinic.models import Doctor, Patient
from tests.contract.documents import document_of, documents
from tests.schema.contract_cases import accounts, appointments, doctors
from tests.schema.contract_cases.world import Scene, Stage
from tests.support.booking import book_as_patient
from tests.support.global_ids import id_of
from tests.support.pictures import halves, saved
from users.authentication import refresh_tokens
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

SCENES: dict[str, Callable[[Stage], Scene]] = {
    "Register": accounts.register,
    "TokenAuth": accounts.token_auth,
    "VerifyToken": accounts.verify_token,
    "RefreshToken": accounts.refresh_token,
    "RevokeToken": accounts.revoke_token,
    "ChangePassword": accounts.change_password,
    "RequestPasswordReset": accounts.request_password_reset,
    "ResetPassword": accounts.reset_password,
    "UpdateAccount": accounts.update_account,
    "Me": accounts.me,
    "RemoveAvatar": accounts.remove_avatar,
    "Clinic": doctors.clinic,
    "UpsertProfile": doctors.upsert_profile,
    "SetWorkingHours": doctors.set_working_hours,
    "AddTimeOff": doctors.add_time_off_,
    "MySchedule": doctors.my_schedule,
    "RemoveTimeOff": doctors.remove_time_off,
    "Doctors": doctors.doctors,
    "SearchDoctors": doctors.search_doctors,
    "Specialties": doctors.specialties,
    "AvailableSlots": doctors.available_slots,
    "NextAvailable": doctors.next_available,
    "CreateAppointment": appointments.create_appointment,
    "RescheduleAppointment": appointments.reschedule_appointment,
    "ConfirmAppointment": appointments.confirm_appointment,
    "CompleteAppointment": appointments.complete_appointment,
    "CancelAppointment": appointments.cancel_appointment,
    "MyAppointments": appointments.my_appointments,
    "Upcoming": appointments.upcoming,
    "AppointmentById": appointments.appointment_by_id,
    "AppointmentHistory": appointments.appointment_history,
    "AppointmentAsNode": appointments.appointment_as_node,
    "PatientById": appointments.patient_by_id,
    "MyPatients": appointments.my_patients,
}
# Sent otherwise than the rest: a file, over a WebSocket (test_subscriptions.py),
# about what others did (tests/security/test_audit.py), or for an address to follow
# (tests/clinic/test_views.py).
BY_ITSELF = {
    "UploadAvatar",
    "AppointmentChanged",
    "AvailabilityChanged",
    "AccessLog",
    "ExportMyData",
    "Calendar",
    "ResetCalendarUrl",
}


@pytest.fixture
def stage(ann: Patient, dora: Doctor) -> Stage:
    return Stage(ann, dora, book_as_patient(ann, dora))


def headers_of(user: User | None) -> dict[str, str]:
    return {"Authorization": f"JWT {refresh_tokens.start(user).access_token}"} if user else {}


def test_every_document_of_the_contract_is_sent() -> None:
    assert set(documents()) == SCENES.keys() | BY_ITSELF


@pytest.mark.parametrize("name", SCENES)
def test_a_document_is_answered_as_the_contract_says(
    live_server: LiveServer, stage: Stage, name: str
) -> None:
    scene = SCENES[name](stage)
    body = {"query": document_of(name), "variables": dict(scene.variables)}
    response = httpx.post(f"{live_server}/graphql/", json=body, headers=headers_of(scene.sender))
    answer = response.json()
    answer.pop("extensions", None)
    expected = scene.expected
    data = expected(answer["data"]) if callable(expected) else expected
    assert (response.status_code, answer) == (200, {"data": data})


def test_a_picture_is_uploaded(live_server: LiveServer, stage: Stage) -> None:
    operations = {"query": document_of("UploadAvatar"), "variables": {"image": None}}
    response = httpx.post(
        f"{live_server}/graphql/",
        data={"operations": json.dumps(operations), "map": json.dumps({"0": ["variables.image"]})},
        files={"0": ("me.jpg", saved(halves(), "JPEG"))},
        headers=headers_of(stage.ann.user) | {"Apollo-Require-Preflight": "true"},
    )
    user = stage.ann.user
    user.refresh_from_db()
    answer = response.json()
    answer.pop("extensions", None)
    url = f"{live_server}/media/{user.avatar.name}"
    assert answer == {
        "data": {"uploadAvatar": {"__typename": "User", "id": id_of(user), "avatarUrl": url}}
    }


@pytest.mark.parametrize("name", ["AppointmentChanged", "AvailabilityChanged"])
def test_a_subscription_over_http_is_sent_to_the_websocket(
    live_server: LiveServer, name: str
) -> None:
    response = httpx.post(f"{live_server}/graphql/", json={"query": document_of(name)})
    assert response.json() == {
        "errors": [
            {
                "message": "Subscriptions need a WebSocket.",
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ]
    }
