"""The database goes away, and comes back."""

import json
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from clinic.models import Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.db_faults import failing
from tests.support.global_ids import id_of
from users.authentication import refresh_tokens

SECRET = 'connection to server at "10.0.0.5", user "clinic" failed'


def gone(error: type[Exception]) -> Any:
    def execute(*_args: object) -> None:
        raise error(SECRET)

    return connection.execute_wrapper(execute)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_without_a_database_the_answer_is_coded_and_the_next_request_works(
    api: Api, ann: Patient, error: type[Exception]
) -> None:
    token = refresh_tokens.start(ann.user).access_token
    headers = {"Authorization": f"JWT {token}", "Accept": "application/graphql-response+json"}
    body = {"query": "{ me { email } }"}
    with gone(error):
        response = Client().post(
            "/graphql/", body, content_type="application/json", headers=headers
        )
    answer = json.loads(response.content)
    [refusal] = answer["errors"]
    assert response.status_code == 503
    assert refusal["message"] == "Service temporarily unavailable. Please try again."
    assert refusal["extensions"] == {
        "code": "SERVICE_UNAVAILABLE",
        "requestId": refusal["extensions"]["requestId"],
    }
    assert "10.0.0.5" not in response.content.decode()
    assert api("{ me { email } }", token=token) == {"data": {"me": {"email": "ann@example.org"}}}


def test_what_needs_no_database_is_answered_without_one(api: Api, db: None) -> None:
    with gone(OperationalError):
        assert api("{ clinic { today } }") == {"data": {"clinic": {"today": "2026-03-02"}}}


def test_nothing_of_a_record_is_shown_if_the_audit_cannot_be_written(
    api: Api, dora: Doctor, ann: Patient
) -> None:
    book_as_patient(ann, dora)

    token = refresh_tokens.start(dora.user).access_token
    with failing("INSERT", "clinic_accessrecord", OperationalError(SECRET)):
        answer = api("PatientById", {"id": id_of(ann)}, token=token)
    assert list(answer) == ["errors"]
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["SERVICE_UNAVAILABLE"]
