"""The audit log names guardians and assistants, and for whom they acted."""

from typing import Any

import pytest
from django.test import Client

from clinic.models import AccessRecord, Appointment, Doctor, Patient
from tests.support.acting_people import (
    book_as_guardian,
    make_assistant,
    make_dependant,
    make_guardian,
)
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_patient, confirm, move
from tests.support.global_ids import id_of
from tests.support.graphql_responses import root_value
from users.models import User

pytestmark = pytest.mark.django_db

READ = "query Read($id: ID!) { patient(id: $id) { address } }"
CANCEL = """mutation Cancel($id: ID!) { cancelAppointment(input: { id: $id }) { __typename } }"""
HISTORY = """query History($id: ID!) { appointment(id: $id) {
    history { status changedBy { firstName } onBehalfOf { firstName } } } }"""
LOG = """{ me { accessLog { edges { node {
    action actor { firstName } onBehalfOf { firstName } } } } } }"""


def entries() -> list[tuple[str, str | None, str, list[int]]]:
    """Return actor, person for whom the actor acted, action and patients of each entry."""
    rows = AccessRecord.objects.order_by("pk").values_list(
        "actor__first_name", "on_behalf_of__first_name", "action", "patients"
    )
    return list(rows)


@pytest.fixture
def tim(ann: Patient) -> Patient:
    """Ann's child, who has no account."""
    return make_dependant(ann.user, "Tim")


@pytest.fixture
def asa(dora: Doctor) -> User:
    """Dora's assistant."""
    return make_assistant("Asa", dora)


def test_audit_names_the_dependant_for_whom_a_guardian_acted(
    api: Api, ann: Patient, tim: Patient, dora: Doctor
) -> None:
    appointment = book_as_guardian(ann.user, tim, dora)
    api(READ, {"id": id_of(tim)}, user=ann.user)
    api(READ, {"id": id_of(ann)}, user=ann.user)
    api(CANCEL, {"id": id_of(appointment)}, user=ann.user)
    assert entries() == [("Ann", "Tim", "read", [tim.pk]), ("Ann", "Tim", "change", [tim.pk])]


def test_audit_names_the_doctor_for_whom_an_assistant_acted(
    api: Api, ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    asa = make_assistant("Asa", dora, emil)
    appointments = [book_as_patient(ann, dora), book_as_patient(ben, emil)]
    api("query Read { patients { edges { node { address } } } }", user=asa)
    api(CANCEL, {"id": id_of(appointments[1])}, user=asa)
    assert entries() == [
        ("Asa", "Dora", "read", [ann.pk]),
        ("Asa", "Emil", "read", [ben.pk]),
        ("Asa", "Emil", "change", [ben.pk]),
    ]


def test_audit_names_nobody_for_own_access_and_for_staff(
    api: Api, ann: Patient, dora: Doctor, sam: User
) -> None:
    appointment = book_as_patient(ann, dora)
    api(READ, {"id": id_of(ann)}, user=dora.user)
    api(READ, {"id": id_of(ann)}, user=sam)
    api(CANCEL, {"id": id_of(appointment)}, user=ann.user)
    assert entries() == [
        ("Dora", None, "read", [ann.pk]),
        ("Sam", None, "read", [ann.pk]),
        ("Ann", None, "change", [ann.pk]),
    ]


def name(first_name: str | None) -> dict[str, str] | None:
    return (first_name and {"firstName": first_name}) or None


def test_access_log_of_patient_names_guardian_and_assistant(
    api: Api, ann: Patient, ben: Patient, dora: Doctor, asa: User
) -> None:
    make_guardian(ann, ben.user)
    book_as_patient(ann, dora)
    for user in (ben.user, asa):
        api(READ, {"id": id_of(ann)}, user=user)
    edges = root_value(api(LOG, user=ann.user))["accessLog"]["edges"]
    assert [edge["node"] for edge in edges] == [
        {"action": "READ", "actor": name("Asa"), "onBehalfOf": name("Dora")},
        {"action": "READ", "actor": name("Ben"), "onBehalfOf": name("Ann")},
    ]


def test_history_names_who_acted_for_whom(
    api: Api, ann: Patient, tim: Patient, dora: Doctor, asa: User
) -> None:
    appointment = book_as_guardian(ann.user, tim, dora)
    confirm(asa, appointment)
    move(dora.user, appointment, time=TEN)
    history = root_value(api(HISTORY, {"id": id_of(appointment)}, user=ann.user))["history"]
    assert [(row["changedBy"], row["onBehalfOf"]) for row in history] == [
        (name("Ann"), name("Tim")),
        (name("Asa"), name("Dora")),
        (name("Dora"), None),
    ]


def page(user: User, path: str) -> str:
    admin = Client()
    admin.force_login(user)
    response: Any = admin.get(f"/admin/clinic/{path}")
    assert response.status_code == 200
    return str(response.content.decode())


def test_admin_lists_for_whom_an_access_was(
    api: Api, ann: Patient, tim: Patient, sam: User
) -> None:
    api(READ, {"id": id_of(tim)}, user=ann.user)
    shown = page(sam, "accessrecord/")
    assert '<td class="field-on_behalf_of nowrap">Tim Example</td>' in shown
    [record] = AccessRecord.objects.filter(actor=ann.user)
    assert "Tim Example" in page(sam, f"accessrecord/{record.pk}/change/")


def test_admin_history_of_appointment_names_who_acted_for_whom(
    ann: Patient, tim: Patient, dora: Doctor, sam: User
) -> None:
    appointment: Appointment = book_as_guardian(ann.user, tim, dora)
    shown = page(sam, f"appointment/{appointment.pk}/change/")
    assert "field-on_behalf_of" in shown
