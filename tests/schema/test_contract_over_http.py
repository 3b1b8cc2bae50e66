"""Every document of the contract, sent to a live server, with its complete response.

All other cases of an operation are tested beside its module.
"""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pytest_django.live_server_helper import LiveServer

from clinic.models import Doctor, Patient
from tests.contract.documents import document_of, documents
from tests.schema.contract_cases import (
    accounts,
    appointments,
    day,
    doctors,
    patients,
    people,
    schedule,
)
from tests.schema.contract_cases.case import Case, Context
from tests.support.booking import book_as_patient
from tests.support.global_ids import id_of
from tests.support.pictures import halves, saved
from users.authentication import refresh_tokens
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

CASES: dict[str, Callable[[Context], Case]] = {
    "Register": accounts.register,
    "TokenAuth": accounts.token_auth,
    "VerifyToken": accounts.verify_token,
    "RefreshToken": accounts.refresh_token,
    "RevokeToken": accounts.revoke_token,
    "ChangePassword": accounts.change_password,
    "RequestPasswordReset": accounts.request_password_reset,
    "ResetPassword": accounts.reset_password,
    "RequestEmailVerification": accounts.request_email_verification,
    "VerifyEmail": accounts.verify_email,
    "RequestEmailChange": accounts.request_email_change,
    "InvitePatient": accounts.invite_patient,
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
    "AppointmentTypes": schedule.appointment_types,
    "SaveAppointmentType": schedule.save_appointment_type,
    "SetAppointmentTypes": schedule.set_appointment_types,
    "SetSpecialHours": schedule.set_special_hours_,
    "RemoveSpecialHours": schedule.remove_special_hours,
    "SlotsOfType": schedule.slots_of_type,
    "NextAvailableOfType": schedule.next_available_of_type,
    "ClinicDays": schedule.clinic_days,
    "AddClosure": schedule.add_closure_,
    "RemoveClosure": schedule.remove_closure,
    "CreateAppointment": appointments.create_appointment,
    "RescheduleAppointment": appointments.reschedule_appointment,
    "ConfirmAppointment": appointments.confirm_appointment,
    "CompleteAppointment": appointments.complete_appointment,
    "CancelAppointment": appointments.cancel_appointment,
    "BookType": day.book_type,
    "RecordArrival": day.record_arrival,
    "RecordNoShow": day.record_no_show,
    "ReopenAppointment": day.reopen_appointment,
    "AmendAppointment": day.amend_appointment,
    "ReassignAppointment": day.reassign_appointment,
    "MyAppointments": appointments.my_appointments,
    "Upcoming": appointments.upcoming,
    "AppointmentById": appointments.appointment_by_id,
    "AppointmentHistory": appointments.appointment_history,
    "AppointmentAsNode": appointments.appointment_as_node,
    "PatientById": appointments.patient_by_id,
    "MyPatients": appointments.my_patients,
    "FindPatients": patients.find_patients,
    "RegisterPatient": patients.register_patient,
    "AddDependant": people.add_dependant_,
    "RemoveDependant": people.remove_dependant,
    "MyDependants": people.my_dependants,
    "PatientAccessLog": people.patient_access_log,
    "SlotsForPatient": people.slots_for_patient,
    "NextAvailableForPatient": people.next_available_for_patient,
    "SetAssistants": people.set_assistants,
}
# Tested elsewhere: the upload below, subscriptions in tests/schema/subscriptions, the access log
# and the export in tests/schema/accounts, and the calendar in tests/clinic/calendars.
TESTED_ELSEWHERE = {
    "UploadAvatar",
    "AppointmentChanged",
    "AvailabilityChanged",
    "AccessLog",
    "ExportMyData",
    "Calendar",
    "ResetCalendarUrl",
}


def post(url: str, **request: Any) -> httpx.Response:
    # By default httpx waits for 5 seconds only, and a busy machine can take longer.
    return httpx.post(url, timeout=60, **request)


@pytest.fixture
def context(ann: Patient, dora: Doctor) -> Context:
    """Patient Ann, doctor Dora and their pending appointment."""
    return Context(ann, dora, book_as_patient(ann, dora))


def headers_of(user: User | None) -> dict[str, str]:
    return {"Authorization": f"JWT {refresh_tokens.start(user).access_token}"} if user else {}


def test_contract_documents_all_have_a_case() -> None:
    assert set(documents()) == CASES.keys() | TESTED_ELSEWHERE


@pytest.mark.parametrize("name", CASES)
def test_contract_document_returns_expected_response(
    live_server: LiveServer, context: Context, name: str
) -> None:
    case = CASES[name](context)
    body = {"query": document_of(name), "variables": dict(case.variables)}
    response = post(f"{live_server}/graphql/", json=body, headers=headers_of(case.sender))
    answer = response.json()
    answer.pop("extensions", None)
    expected = case.expected
    data = expected(answer["data"]) if callable(expected) else expected
    assert (response.status_code, answer) == (200, {"data": data})


def test_upload_avatar_document_returns_avatar_url(
    live_server: LiveServer, context: Context
) -> None:
    operations = {"query": document_of("UploadAvatar"), "variables": {"image": None}}
    response = post(
        f"{live_server}/graphql/",
        data={"operations": json.dumps(operations), "map": json.dumps({"0": ["variables.image"]})},
        files={"0": ("me.jpg", saved(halves(), "JPEG"))},
        headers=headers_of(context.ann.user) | {"Apollo-Require-Preflight": "true"},
    )
    user = context.ann.user
    user.refresh_from_db()
    answer = response.json()
    answer.pop("extensions", None)
    url = f"{live_server}/media/{user.avatar.name}"
    assert answer == {
        "data": {"uploadAvatar": {"__typename": "User", "id": id_of(user), "avatarUrl": url}}
    }


@pytest.mark.parametrize("name", ["AppointmentChanged", "AvailabilityChanged"])
def test_subscription_document_over_http_requires_websocket(
    live_server: LiveServer, name: str
) -> None:
    response = post(f"{live_server}/graphql/", json={"query": document_of(name)})
    assert response.json() == {
        "errors": [
            {
                "message": "Subscriptions need a WebSocket.",
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ]
    }
