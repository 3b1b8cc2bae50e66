"""Requests while the database is unavailable."""

import json
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from pytest_django import Settings

from clinic.errors import BookingErrorCode
from clinic.models import Doctor, Patient
from tests.schema.appointments.create_appointment import TUESDAY_AT_NINE
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.db_faults import failing
from tests.support.global_ids import id_of
from tests.support.graphql_responses import operation_info, root_value
from users.authentication import refresh_tokens

SECRET = 'connection to server at "10.0.0.5", user "clinic" failed'


def unavailable(error: type[Exception]) -> Any:
    """Let every SQL statement of the block raise the error."""

    def execute(*_args: object) -> None:
        raise error(SECRET)

    return connection.execute_wrapper(execute)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_graphql_returns_service_unavailable_without_database(
    api: Api, ann: Patient, error: type[Exception]
) -> None:
    token = refresh_tokens.start(ann.user).access_token
    headers = {"Authorization": f"JWT {token}", "Accept": "application/graphql-response+json"}
    body = {"query": "{ me { email } }"}
    with unavailable(error):
        response = Client().post(
            "/graphql/", body, content_type="application/json", headers=headers
        )
    [returned] = json.loads(response.content)["errors"]
    assert response.status_code == 503
    assert returned["message"] == "Service temporarily unavailable. Please try again."
    assert returned["extensions"] == {
        "code": "SERVICE_UNAVAILABLE",
        "requestId": returned["extensions"]["requestId"],
    }
    assert "10.0.0.5" not in response.content.decode()
    assert api("{ me { email } }", token=token) == {"data": {"me": {"email": "ann@example.org"}}}


def test_clinic_works_without_database(api: Api, db: None) -> None:
    with unavailable(OperationalError):
        assert api("{ clinic { today } }") == {"data": {"clinic": {"today": "2026-03-02"}}}


def test_patient_is_not_returned_if_audit_cannot_be_written(
    api: Api, dora: Doctor, ann: Patient
) -> None:
    book_as_patient(ann, dora)
    token = refresh_tokens.start(dora.user).access_token
    with failing("INSERT", "clinic_accessrecord", OperationalError(SECRET)):
        response = api("PatientById", {"id": id_of(ann)}, token=token)
    assert list(response) == ["errors"]
    assert [error["extensions"]["code"] for error in response["errors"]] == ["SERVICE_UNAVAILABLE"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no locks of rows")
def test_booking_is_answered_while_the_doctor_is_locked(
    api: Api, dora: Doctor, ann: Patient, settings: Settings
) -> None:
    settings.LOCK_TIMEOUT_SECONDS = 1
    booking = {"input": {**TUESDAY_AT_NINE, "doctorId": id_of(dora)}}
    limit = {"postgresql": "SET lock_timeout = '1s'", "mysql": "SET innodb_lock_wait_timeout = 1"}
    with connection.cursor() as cursor:
        cursor.execute(limit[connection.vendor])
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT id FROM users_user WHERE id = %s FOR UPDATE", [dora.user_id])
        busy = root_value(api("CreateAppointment", booking, user=ann.user))
    finally:
        other.close()
        connection.close()  # ends the limit of its session
    message = "The request conflicted with another one. Please retry."
    assert busy == operation_info(BookingErrorCode.BUSY, message=message)
    booked = root_value(api("CreateAppointment", booking, user=ann.user))
    assert booked["__typename"] == "Appointment"
