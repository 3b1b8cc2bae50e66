"""``exportMyData``: everything that is stored about the caller."""

import json
from typing import Any

import pytest
from django.test import Client

from clinic.models import AccessRecord, Appointment, Doctor, Guardian, Patient
from clinic.models.guardian import Relationship
from tests.support.acting_people import (
    book_as_guardian,
    make_assistant,
    make_dependant,
    make_guardian,
)
from tests.support.admin_client import NO_GUARDIANS
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_patient
from tests.support.global_ids import id_of
from tests.support.task_worker import run_due_tasks
from tests.support.words import has_word
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
    assert not has_word(text, "Ben")
    assert not has_word(text, "hash")
    assert ann.user.password not in text


def test_export_my_data_has_notifications_and_admin_log(
    api: Api, dora: Doctor, ann: Patient, sam: User, appointment: Appointment
) -> None:
    run_due_tasks()
    admin = Client()
    admin.force_login(sam)
    names = {"first_name": "Ann", "last_name": "Example", "gender": "undisclosed"}
    form = {**names, "date_of_birth": "1990-05-17", "address": "Elm Street 1", **NO_GUARDIANS}
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


def test_export_my_data_of_guardian_has_records_of_dependants(
    api: Api, dora: Doctor, ann: Patient, ben: Patient
) -> None:
    tim = make_dependant(ann.user, "Tim")
    make_guardian(tim, ben.user, Relationship.CARER)
    appointment = book_as_guardian(ann.user, tim, dora)
    Appointment.objects.filter(pk=appointment.pk).update(reason_for_visit="a cough")
    api("PatientById", {"id": id_of(tim)}, user=ann.user)
    export = export_of(api, ben.user)
    [dependant] = export["dependants"]
    record = dependant.pop("patient")
    assert dependant == {
        "name": "Tim Example",
        "email": None,
        "gender": "undisclosed",
        "relationship": "carer",
        "created_at": "2026-03-02T07:00:00Z",
        "age_notified_at": None,
    }
    assert [row["guardian"] for row in record["guardians"]] == ["Ann Example", "Ben Example"]
    [row] = record["appointments"]
    assert (row["doctor"], row["reason_for_visit"]) == ("Dora Example", "a cough")
    assert (row["booked_by_you"], row["booked_by_patient"]) == (False, True)
    [change] = row["history"]
    assert (change["by_you"], change["on_behalf_of"]) == (False, "patient")
    [access] = record["accesses"]
    assert (access["actor"], access["on_behalf_of"]) == ("Ann Example", "Tim Example")
    assert export["patient"]["appointments"] == []


def test_export_my_data_of_guardian_is_audited_as_read_of_the_dependants(
    api: Api, ann: Patient
) -> None:
    make_dependant(ann.user, "Tim")
    export_of(api, ann.user)
    [record] = AccessRecord.objects.select_related("on_behalf_of")
    assert (record.actor, str(record.on_behalf_of), record.action, record.fields) == (
        *(ann.user, "Tim Example", "read", ["Query.exportMyData"]),
    )


def test_export_my_data_of_former_guardian_has_no_dependants(api: Api, ann: Patient) -> None:
    make_dependant(ann.user, "Tim")
    Guardian.objects.all().delete()
    assert export_of(api, ann.user)["dependants"] == []
    assert AccessRecord.objects.count() == 0


def test_export_my_data_of_doctor_does_not_name_the_patient_of_a_guardian(
    api: Api, dora: Doctor, ann: Patient
) -> None:
    book_as_guardian(ann.user, make_dependant(ann.user, "Tim"), dora)
    export = export_of(api, dora.user)
    [row] = export["doctor"]["appointments"]
    assert [change["on_behalf_of"] for change in row["history"]] == ["patient"]
    assert [word for word in ("Ann", "Tim") if word in json.dumps(export)] == []


def test_export_my_data_names_assistants_to_the_doctor_and_doctors_to_the_assistant(
    api: Api, dora: Doctor, emil: Doctor
) -> None:
    asa = make_assistant("Asa", dora, emil)
    since = {"created_at": "2026-03-02T07:00:00Z"}
    assert export_of(api, dora.user)["doctor"]["assistants"] == [
        since | {"assistant": "Asa Example"}
    ]
    assert export_of(api, asa)["assisted_doctors"] == [
        since | {"doctor": f"{name} Example"} for name in ("Dora", "Emil")
    ]


def test_export_my_data_requires_authentication(api: Api) -> None:
    [error] = api("ExportMyData")["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
