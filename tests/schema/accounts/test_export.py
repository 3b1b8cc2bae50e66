"""``exportMyData``: everything that is stored about the caller."""

import json
from typing import Any

import pytest
from django.test import Client

from clinic.models import Appointment, Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_patient
from tests.support.global_ids import id_of
from tests.support.task_worker import run_due_tasks
from users.models import User


@pytest.fixture
def appointment(dora: Doctor, ann: Patient) -> Appointment:
    return book_as_patient(ann, dora)


def export_of(api: Api, user: User) -> Any:
    return api("ExportMyData", user=user)["data"]["exportMyData"]


def test_export_my_data_has_all_own_data_and_no_others(
    api: Api, dora: Doctor, ann: Patient, ben: Patient, appointment: Appointment
) -> None:
    Appointment.objects.filter(pk=appointment.pk).update(reason_for_visit="a cough")
    book_as_patient(ben, dora, time=TEN)
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    export = export_of(api, ann.user)
    assert export["account"]["email"] == "ann@example.org"
    assert export["doctor"] is None
    assert export["patient"]["date_of_birth"] == "1990-05-17"
    [row] = export["patient"]["appointments"]
    assert (row["doctor"], row["reason_for_visit"]) == ("Dora Example", "a cough")
    assert (row["booked_by_you"], [change["by_you"] for change in row["history"]]) == (True, [True])
    assert [row["actor"] for row in export["patient"]["accesses"]] == ["Dora Example"]
    text = json.dumps(export)
    assert "Ben" not in text
    assert "hash" not in text
    assert ann.user.password not in text


def test_export_my_data_has_notifications_and_admin_log(
    api: Api, dora: Doctor, ann: Patient, sam: User, appointment: Appointment
) -> None:
    run_due_tasks()
    admin = Client()
    admin.force_login(sam)
    form = {"user": ann.user_id, "date_of_birth": "1990-05-17", "address": "Elm Street 1"}
    admin.post(f"/admin/clinic/patient/{ann.pk}/change/", form)
    export = export_of(api, ann.user)
    now = "2026-03-02T07:00:00Z"
    notification = {
        "kind": "booked",
        "status": "pending",
        "date": "2026-03-03",
        "time": "09:00:00",
        "created_at": now,
        "held_at": None,
        "sent_at": now,
        "dropped_at": None,
        "failures": 0,
    }
    [row] = export["patient"]["appointments"]
    assert row["letters"] == [{**notification, "to_you": False}, {**notification, "to_you": True}]
    entry = {"at": now, "of": "Clinic | patient", "what": "Changed Address."}
    assert (export["desk_log"], export["desk_log_by_you"]) == ([entry], [])
    assert export_of(api, sam)["desk_log_by_you"] == [entry]


def test_export_my_data_of_doctor_has_no_patient_data(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    Appointment.objects.filter(pk=appointment.pk).update(
        reason_for_visit="a cough", cancellation_reason="got well"
    )
    run_due_tasks()
    export = export_of(api, dora.user)
    [row] = export["doctor"]["appointments"]
    assert (row["date"], row["booked_by_you"]) == ("2026-03-03", False)
    text = json.dumps(export)
    assert [word for word in ("Ann", "cough", "well") if word in text] == []


def test_export_my_data_requires_authentication(api: Api) -> None:
    [error] = api("ExportMyData")["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
