"""Patient data does not appear in logs, errors and email subjects."""

import json
import logging
from contextlib import suppress
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError
from django.test import Client

from clinic.models import Appointment, Doctor, Patient
from config.logging.formatters import JsonFormatter, RedactRequestFilter
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.global_ids import id_of
from users.authentication import refresh_tokens
from users.models import User

MARKER = "canary"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Return each log record as production formats it."""
    formatter, redaction = JsonFormatter(), RedactRequestFilter()
    return [json.loads(formatter.format(r)) for r in caplog.records if redaction.filter(r)]


@pytest.fixture
def marked(ann: Patient, dora: Doctor, caplog: pytest.LogCaptureFixture) -> Appointment:
    """An appointment of Ann with a leak marker in every personal text field."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    appointment = book_as_patient(ann, dora)
    Appointment.objects.filter(pk=appointment.pk).update(
        reason_for_visit=f"{MARKER} complaint", cancellation_reason=f"{MARKER} cancelled"
    )
    Patient.objects.filter(pk=ann.pk).update(
        address=f"{MARKER} street", emergency_contact_name=f"{MARKER} mother"
    )
    User.objects.filter(pk=ann.user_id).update(
        email=f"{MARKER}@example.org", first_name=f"{MARKER}first", last_name=f"{MARKER}last"
    )
    return appointment


def test_log_has_no_patient_data(
    api: Api,
    marked: Appointment,
    ann: Patient,
    dora: Doctor,
    caplog: pytest.LogCaptureFixture,
) -> None:
    wrong = {"email": f"{MARKER}@example.org", "password": f"{MARKER} password"}
    profile = {"address": f"{MARKER} " * 100, "emergencyContactPhone": f"{MARKER} phone"}
    responses = [
        api("PatientById", {"id": id_of(ann)}, user=dora.user),
        api("MyAppointments", user=dora.user),
        api(
            "CancelAppointment",
            {"input": {"id": id_of(marked), "reason": f"{MARKER} reason"}},
            user=dora.user,
        ),
    ]
    assert all("errors" not in each and MARKER in json.dumps(each) for each in responses)
    errors = [
        *(api("TokenAuth", wrong) for _ in range(6)),
        api("TokenAuth", {"email": {"a": MARKER}, "password": MARKER}),
        api("UpsertProfile", {"input": {"patient": profile}}, user=ann.user),
        api("UpsertProfile", {"input": {"patient": {"dateOfBirth": MARKER}}}, user=ann.user),
        api("PatientById", {"id": MARKER}, user=dora.user),
        api("RequestPasswordReset", {"email": f"{MARKER}@example.org"}),
    ]
    assert MARKER not in json.dumps(errors)
    assert MARKER not in json.dumps(lines(caplog))


def test_log_has_no_urls(ann: Patient, caplog: pytest.LogCaptureFixture) -> None:
    """A URL can contain a query, and the URL of a calendar is a secret."""
    caplog.set_level(logging.DEBUG)
    client = Client(raise_request_exception=False)
    query = {"query": "query ($a: Int) { clinic { today } }", "variables": f'{{"a": "{MARKER}"}}'}
    for path, sent in (
        ("/graphql/", query),
        ("/graphql/", {"query": f"{{ {MARKER} }}"}),
        ("/graphql/", {"query": "{", "variables": MARKER}),
        (f"/calendar/{MARKER}.ics", {}),
        (f"/{MARKER}/", {}),
    ):
        client.get(path, sent)
    written = lines(caplog)
    assert {line["logger"] for line in written} >= {"cybermed.request", "django.request"}
    assert MARKER not in json.dumps(written)


def test_log_has_no_database_error_message(ann: Patient, caplog: pytest.LogCaptureFixture) -> None:
    quoted = f"Key (email)=({MARKER}@example.org) already exists."

    def fail() -> None:
        raise IntegrityError(quoted)

    with suppress(IntegrityError):
        try:
            fail()
        except IntegrityError:
            logging.getLogger("schema.core.errors").exception("Unexpected error")
            raise
    [line] = lines(caplog)
    assert "raise IntegrityError(quoted)" in line["exc_info"]
    assert line["exc_info"].endswith("IntegrityError")
    assert MARKER not in json.dumps(line)


def test_request_log_writes_one_line_for_each_request(
    ann: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    token = refresh_tokens.start(ann.user).access_token
    response = Client().post(
        "/graphql/",
        {"query": "query Who { me { email } }"},
        content_type="application/json",
        headers={"Authorization": f"JWT {token}"},
    )
    [line] = [line for line in lines(caplog) if line["logger"] == "cybermed.request"]
    assert line == {
        "at": line["at"],
        "level": "INFO",
        "logger": "cybermed.request",
        "request_id": response["X-Request-ID"],
        "trace_id": "",
        "message": "request",
        "method": "POST",
        "route": "^graphql/?$",
        "status": 200,
        "operation": "Who",
        "duration_ms": line["duration_ms"],
        "statements": 1,
        "database_ms": line["database_ms"],
        "user_id": str(ann.user_id),
    }
    assert line["duration_ms"] > 0


def test_email_subjects_have_no_patient_data(api: Api, marked: Appointment, ann: Patient) -> None:
    api("RequestPasswordReset", {"email": f"{MARKER}@example.org"})
    assert MARKER not in " ".join(str(email.subject) for email in mail.outbox)
