"""What is in a record stays out of logs, errors and letters' subjects."""

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

CANARY = "canary"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Every record as production writes it."""
    formatter, addresses = JsonFormatter(), RedactRequestFilter()
    return [json.loads(formatter.format(r)) for r in caplog.records if addresses.filter(r)]


@pytest.fixture
def planted(ann: Patient, dora: Doctor, caplog: pytest.LogCaptureFixture) -> Appointment:
    """An appointment of Ann's, with a canary in every personal field that can hold one."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    appointment = book_as_patient(ann, dora)
    Appointment.objects.filter(pk=appointment.pk).update(
        reason_for_visit=f"{CANARY} complaint", cancellation_reason=f"{CANARY} cancelled"
    )
    Patient.objects.filter(pk=ann.pk).update(
        address=f"{CANARY} street", emergency_contact_name=f"{CANARY} mother"
    )
    User.objects.filter(pk=ann.user_id).update(
        email=f"{CANARY}@example.org", first_name=f"{CANARY}first", last_name=f"{CANARY}last"
    )
    return appointment


def test_reading_and_changing_a_record_leaves_no_word_of_it_in_the_log(
    api: Api,
    planted: Appointment,
    ann: Patient,
    dora: Doctor,
    caplog: pytest.LogCaptureFixture,
) -> None:
    wrong = {"email": f"{CANARY}@example.org", "password": f"{CANARY} password"}
    profile = {"address": f"{CANARY} " * 100, "emergencyContactPhone": f"{CANARY} phone"}
    answers = [
        api("PatientById", {"id": id_of(ann)}, user=dora.user),
        api("MyAppointments", user=dora.user),
        api(
            "CancelAppointment",
            {"input": {"id": id_of(planted), "reason": f"{CANARY} reason"}},
            user=dora.user,
        ),
    ]
    assert all("errors" not in answer and CANARY in json.dumps(answer) for answer in answers)
    refused = [
        *(api("TokenAuth", wrong) for _ in range(6)),
        api("TokenAuth", {"email": {"a": CANARY}, "password": CANARY}),
        api("UpsertProfile", {"input": {"patient": profile}}, user=ann.user),
        api("UpsertProfile", {"input": {"patient": {"dateOfBirth": CANARY}}}, user=ann.user),
        api("PatientById", {"id": CANARY}, user=dora.user),
        api("RequestPasswordReset", {"email": f"{CANARY}@example.org"}),
    ]
    assert CANARY not in json.dumps(refused)
    assert CANARY not in json.dumps(lines(caplog))


def test_an_address_is_not_logged_whatever_comes_of_it(
    ann: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    """A query may be sent in it, and a calendar's is a secret."""
    caplog.set_level(logging.DEBUG)
    client = Client(raise_request_exception=False)
    query = {"query": "query ($a: Int) { clinic { today } }", "variables": f'{{"a": "{CANARY}"}}'}
    for path, sent in (
        ("/graphql/", query),
        ("/graphql/", {"query": f"{{ {CANARY} }}"}),
        ("/graphql/", {"query": "{", "variables": CANARY}),
        (f"/calendar/{CANARY}.ics", {}),
        (f"/{CANARY}/", {}),
    ):
        client.get(path, sent)
    written = lines(caplog)
    assert {line["logger"] for line in written} >= {"cybermed.request", "django.request"}
    assert CANARY not in json.dumps(written)


def test_a_row_that_the_database_quotes_is_not_logged(
    ann: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    quoted = f"Key (email)=({CANARY}@example.org) already exists."

    def refuse() -> None:
        raise IntegrityError(quoted)

    with suppress(IntegrityError):
        try:
            refuse()
        except IntegrityError:
            logging.getLogger("schema.core.errors").exception("Unexpected error")
            raise
    [line] = lines(caplog)
    assert "raise IntegrityError(quoted)" in line["exc_info"]
    assert line["exc_info"].endswith("IntegrityError")
    assert CANARY not in json.dumps(line)


def test_each_request_is_one_line_that_says_what_happened(
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
        "message": "request",
        "method": "POST",
        "route": "^graphql/?$",
        "status": 200,
        "operation": "Who",
        "duration_ms": line["duration_ms"],
        "statements": 1,
        "user_id": str(ann.user_id),
    }
    assert line["duration_ms"] > 0


def test_no_letter_says_in_its_subject_whom_it_is_about(
    api: Api, planted: Appointment, ann: Patient
) -> None:
    api("RequestPasswordReset", {"email": f"{CANARY}@example.org"})
    assert CANARY not in " ".join(str(letter.subject) for letter in mail.outbox)
