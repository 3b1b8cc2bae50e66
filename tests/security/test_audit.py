"""The audit log records who read or changed a patient's record, but not its content."""

import datetime as dt
import json

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic.models import AccessAction, AccessRecord, Appointment, Doctor, Patient
from tests.support.access_records import recorded_accesses
from tests.support.api_client import Api
from tests.support.booking import TEN, TUESDAY, book_as_patient
from tests.support.fixtures.people import PASSWORD, make_patient
from tests.support.global_ids import id_of
from users import password_reset

APPOINTMENT = [
    "Appointment.cancellationReason",
    "Appointment.createdAt",
    "Appointment.date",
    "Appointment.durationMinutes",
    "Appointment.endsAt",
    "Appointment.id",
    "Appointment.reasonForVisit",
    "Appointment.startsAt",
    "Appointment.status",
    "Appointment.time",
    "Appointment.updatedAt",
]
NAME = ["Patient.id", "Patient.user.firstName", "Patient.user.lastName"]
PROFILE = [
    "Patient.address",
    "Patient.dateOfBirth",
    "Patient.emergencyContactName",
    "Patient.emergencyContactPhone",
    "Patient.id",
    "Patient.user.email",
    "Patient.user.firstName",
    "Patient.user.lastName",
]


@pytest.fixture
def appointment(dora: Doctor, ann: Patient) -> Appointment:
    return book_as_patient(ann, dora)


def test_audit_records_patient_read_by_doctor(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    assert recorded_accesses() == [("Dora", "read", "PatientById", "Ann", PROFILE)]
    [row] = AccessRecord.objects.all()
    assert (row.at.isoformat(), row.address) == ("2026-03-02T07:00:00+00:00", "127.0.0.1")
    assert row.request_id


def test_audit_records_fields_of_listed_appointments(
    api: Api, dora: Doctor, appointment: Appointment
) -> None:
    api("MyAppointments", user=dora.user)
    page = ["PageInfo.endCursor", "PageInfo.startCursor"]
    fields = [*APPOINTMENT, "AppointmentCursorEdge.cursor", *page, *NAME]
    assert recorded_accesses() == [("Dora", "read", "MyAppointments", "Ann", fields)]


@pytest.mark.parametrize(
    "document",
    [
        "query Alias { ann: patient(id: $id) { secret: address } }",
        "query Alias { node(id: $id) { ... on Patient { address } } }",
        "query Alias { node(id: $id) { ...F } } fragment F on Node { ... on Patient { address } }",
        "query Alias { patients { edges { node { address } } } }",
        "query Alias { appointments { edges { node { patient { address } } } } }",
    ],
)
def test_audit_records_schema_names_for_every_path_and_alias(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment, document: str
) -> None:
    variables = {"id": id_of(ann)} if "$id" in document else {}
    if variables:
        document = document.replace("query Alias", "query Alias($id: ID!)")
    assert "errors" not in api(document, variables, user=dora.user)
    assert recorded_accesses() == [("Dora", "read", "Alias", "Ann", ["Patient.address"])]


def test_audit_records_person_read_by_node(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    document = "query Alias($id: ID!) { node(id: $id) { ... on Person { email } } }"
    api(document, {"id": id_of(ann.user, "Person")}, user=dora.user)
    assert recorded_accesses() == [("Dora", "read", "Alias", "Ann", ["Person.email"])]


def test_audit_ignores_skipped_fields(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    document = "query ($id: ID!) { patient(id: $id) { id address @skip(if: true) } }"
    api(document, {"id": id_of(ann)}, user=dora.user)
    assert recorded_accesses() == [("Dora", "read", "", "Ann", ["Patient.id"])]


def test_audit_ignores_reads_of_own_record(
    api: Api, ann: Patient, appointment: Appointment
) -> None:
    assert "errors" not in api("Me", user=ann.user)
    assert "errors" not in api("MyAppointments", user=ann.user)
    assert "errors" not in api("PatientById", {"id": id_of(ann)}, user=ann.user)
    assert recorded_accesses() == []


def test_audit_ignores_records_that_were_not_returned(
    api: Api, emil: Doctor, ann: Patient, appointment: Appointment
) -> None:
    assert api("PatientById", {"id": id_of(ann)}, user=emil.user) == {"data": {"patient": None}}
    assert recorded_accesses() == []


def test_audit_records_all_changes_including_own(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    document = """mutation Move($input: CancelAppointmentInput!) {
        cancelAppointment(input: $input) { ... on Appointment { status } } }"""
    profile = """mutation Profile($input: UpsertProfileInput!) {
        upsertProfile(input: $input) { ... on Patient { address } } }"""
    api(profile, {"input": {"patient": {"address": "Elsewhere 1"}}}, user=ann.user)
    api(document, {"input": {"id": id_of(appointment)}}, user=dora.user)
    assert recorded_accesses() == [
        (
            *("Ann", "change", "Profile", "Ann"),
            ["Mutation.upsertProfile", "Patient.address", "PatientProfileInput.address"],
        ),
        (
            *("Dora", "change", "Move", "Ann"),
            ["Appointment.status", "CancelAppointmentInput.id", "Mutation.cancelAppointment"],
        ),
    ]


def test_audit_records_mutation_input_whatever_is_selected(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    nothing_selected = """mutation Blind($id: ID!) {
        confirmAppointment(input: { id: $id }) { __typename } }"""
    other_selected = """mutation Other {
        upsertProfile(input: { patient: { address: "Elsewhere 1" } }) {
            ... on Patient { dateOfBirth } } }"""
    api(nothing_selected, {"id": id_of(appointment)}, user=dora.user)
    api(other_selected, user=ann.user)
    assert [row[1:] for row in recorded_accesses()] == [
        (
            *("change", "Blind", "Ann"),
            ["ConfirmAppointmentInput.id", "Mutation.confirmAppointment"],
        ),
        (
            *("change", "Other", "Ann"),
            ["Mutation.upsertProfile", "Patient.dateOfBirth", "PatientProfileInput.address"],
        ),
    ]


def test_audit_records_account_changes_of_patients_only(
    api: Api, dora: Doctor, ann: Patient
) -> None:
    document = """mutation Name { updateAccount(input: { lastName: "Other" }) { __typename } }"""
    for user in (ann.user, dora.user):
        api(document, user=user)
        api("Me", user=user)
    fields = ["Mutation.updateAccount", "UpdateAccountInput.lastName"]
    assert recorded_accesses() == [("Ann", "change", "Name", "Ann", fields)]


def test_audit_records_user_authenticated_by_reset_token(api: Api, ann: Patient) -> None:
    document = """mutation Reset($token: String!) {
        resetPassword(input: { token: $token, newPassword: "a fresh long secret" }) {
            ... on User { patient { address } } } }"""
    token = password_reset.make_token(ann.user)
    response = api(document, {"token": token})
    assert response == {"data": {"resetPassword": {"patient": {"address": ""}}}}
    fields = ["Mutation.resetPassword", "Patient.address"]
    given = ["ResetPasswordInput.newPassword", "ResetPasswordInput.token"]
    assert recorded_accesses() == [("Ann", "change", "Reset", "Ann", [*fields, *given])]


def test_audit_ignores_own_record_returned_by_token_auth(api: Api, ann: Patient) -> None:
    document = """mutation In($password: String!) {
        tokenAuth(email: "ann@example.org", password: $password) {
            refreshToken user { patient { dateOfBirth } } } }"""
    signed_in = api(document, {"password": PASSWORD})["data"]["tokenAuth"]
    record = {"user": {"patient": {"dateOfBirth": "1990-05-17"}}}
    assert signed_in == {"refreshToken": signed_in["refreshToken"], **record}
    assert recorded_accesses() == []


@pytest.mark.parametrize(
    ("page", "patients", "fields"),
    [
        ("edges { cursor }", "Ann Ben Cleo", ["PatientCursorEdge.cursor"]),
        ("pageInfo { startCursor }", "Ann", ["PageInfo.startCursor"]),
        ("pageInfo { endCursor }", "Cleo", ["PageInfo.endCursor"]),
        (
            "pageInfo { endCursor } edges { node { address } }",
            *("Ann Ben Cleo", ["PageInfo.endCursor", "Patient.address"]),
        ),
    ],
)
def test_audit_records_patients_of_cursors(
    api: Api, dora: Doctor, ann: Patient, ben: Patient, page: str, patients: str, fields: list[str]
) -> None:
    for hour, patient in enumerate([ann, ben, make_patient("Cleo")], start=9):
        book_as_patient(patient, dora, time=dt.time(hour))
    assert "errors" not in api(f"query Page {{ patients {{ {page} }} }}", user=dora.user)
    assert recorded_accesses() == [("Dora", "read", "Page", patients, fields)]


def test_audit_ignores_page_without_cursors_and_nodes(
    api: Api, dora: Doctor, appointment: Appointment
) -> None:
    document = "{ patients { totalCount pageInfo { hasNextPage } edges { __typename } } }"
    assert "errors" not in api(document, user=dora.user)
    assert recorded_accesses() == []


def test_audit_ignores_rejected_changes(api: Api, dora: Doctor, appointment: Appointment) -> None:
    response = api("CompleteAppointment", {"input": {"id": id_of(appointment)}}, user=dora.user)
    assert response["data"]["completeAppointment"]["__typename"] == "OperationInfo"
    assert recorded_accesses() == []


def test_audit_records_page_of_fifty_in_one_statement(api: Api, dora: Doctor, ann: Patient) -> None:
    for number in range(50):
        day, slot = divmod(number, 16)
        date, time = TUESDAY + dt.timedelta(days=day), dt.time(9 + slot // 2, slot % 2 * 30)
        book_as_patient(make_patient(f"P{number}"), dora, date, time)
    document = "{ patients(first: 100) { edges { node { address } } } }"
    with CaptureQueriesContext(connection) as statements:
        api(document, user=dora.user)
    inserts = [s["sql"] for s in statements if "clinic_accessrecord" in s["sql"]]
    assert len(inserts) == 1
    [row] = AccessRecord.objects.all()
    others = Patient.objects.exclude(pk=ann.pk).order_by("pk")
    assert row.patients == list(others.values_list("pk", flat=True))


def test_audit_records_one_row_for_each_distinct_access(
    api: Api, dora: Doctor, ann: Patient, ben: Patient, appointment: Appointment
) -> None:
    book_as_patient(ben, dora, time=TEN)
    document = """query Two($id: ID!) {
        appointments { edges { node { date } } } patient(id: $id) { address } }"""
    assert "errors" not in api(document, {"id": id_of(ann)}, user=dora.user)
    assert recorded_accesses() == [
        ("Dora", "read", "Two", "Ann", ["Appointment.date", "Patient.address"]),
        ("Dora", "read", "Two", "Ben", ["Appointment.date"]),
    ]
    assert len(set(AccessRecord.objects.values_list("request_id"))) == 1


def test_audit_has_no_content_of_records(api: Api, dora: Doctor, ann: Patient) -> None:
    Patient.objects.filter(pk=ann.pk).update(address="Canary Street 7")
    appointment = book_as_patient(ann, dora)
    Appointment.objects.filter(pk=appointment.pk).update(reason_for_visit="canary complaint")
    api("MyAppointments", user=dora.user)
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    assert "anary" not in json.dumps(list(AccessRecord.objects.values()), default=str)


def test_access_records_cannot_be_changed_or_deleted(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    [row] = AccessRecord.objects.all()
    for change in (
        row.save,
        row.delete,
        AccessRecord.objects.all().delete,
        lambda: AccessRecord.objects.update(action=AccessAction.CHANGE),
        lambda: AccessRecord.objects.bulk_update([row], ["action"]),
        lambda: AccessRecord.objects.bulk_create([row], ignore_conflicts=True),
        AccessRecord._base_manager.all().delete,  # noqa: SLF001 - Django itself bypasses `objects`
    ):
        with pytest.raises(TypeError, match=r"append-only|cannot be deleted"):
            change()
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessRecord(pk=row.pk, actor=ann.user, patients=[], action="read", fields=[]).save()
    assert recorded_accesses() == [("Dora", "read", "PatientById", "Ann", PROFILE)]
