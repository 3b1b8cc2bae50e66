"""Who looked at a patient's record, or changed it, is remembered; what was in it, is not."""

import datetime as dt
import json
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AccessAction, AccessRecord, Appointment, Doctor, Patient
from tests.support.access_records import remembered
from tests.support.api_client import Api
from tests.support.booking import TEN, TUESDAY, book_as_patient
from tests.support.fixtures.people import PASSWORD, make_patient
from tests.support.global_ids import id_of
from tests.support.task_worker import work_off
from users import password_reset
from users.models import User

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


def test_a_doctor_who_reads_a_patient_is_remembered(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    assert remembered() == [("Dora", "read", "PatientById", "Ann", PROFILE)]
    [row] = AccessRecord.objects.all()
    assert (row.at.isoformat(), row.address) == ("2026-03-02T07:00:00+00:00", "127.0.0.1")
    assert row.request_id


def test_a_doctor_who_lists_appointments_is_remembered_with_what_was_shown(
    api: Api, dora: Doctor, appointment: Appointment
) -> None:
    api("MyAppointments", user=dora.user)
    page = ["PageInfo.endCursor", "PageInfo.startCursor"]
    fields = [*APPOINTMENT, "AppointmentCursorEdge.cursor", *page, *NAME]
    assert remembered() == [("Dora", "read", "MyAppointments", "Ann", fields)]


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
def test_whichever_way_a_record_is_reached_it_is_noted_by_its_own_names(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment, document: str
) -> None:
    variables = {"id": id_of(ann)} if "$id" in document else {}
    if variables:
        document = document.replace("query Alias", "query Alias($id: ID!)")
    assert "errors" not in api(document, variables, user=dora.user)
    assert remembered() == [("Dora", "read", "Alias", "Ann", ["Patient.address"])]


def test_a_person_looked_up_by_id_is_noted_too(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    document = "query Alias($id: ID!) { node(id: $id) { ... on Person { email } } }"
    api(document, {"id": id_of(ann.user, "Person")}, user=dora.user)
    assert remembered() == [("Dora", "read", "Alias", "Ann", ["Person.email"])]


def test_a_field_that_was_skipped_is_not_noted(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    document = "query ($id: ID!) { patient(id: $id) { id address @skip(if: true) } }"
    api(document, {"id": id_of(ann)}, user=dora.user)
    assert remembered() == [("Dora", "read", "", "Ann", ["Patient.id"])]


def test_reading_ones_own_record_is_not_noted(
    api: Api, ann: Patient, appointment: Appointment
) -> None:
    assert "errors" not in api("Me", user=ann.user)
    assert "errors" not in api("MyAppointments", user=ann.user)
    assert "errors" not in api("PatientById", {"id": id_of(ann)}, user=ann.user)
    assert remembered() == []


def test_a_record_that_was_not_shown_is_not_noted(
    api: Api, emil: Doctor, ann: Patient, appointment: Appointment
) -> None:
    assert api("PatientById", {"id": id_of(ann)}, user=emil.user) == {"data": {"patient": None}}
    assert remembered() == []


def test_every_change_is_noted_ones_own_too(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    document = """mutation Move($input: CancelAppointmentInput!) {
        cancelAppointment(input: $input) { ... on Appointment { status } } }"""
    profile = """mutation Profile($input: UpsertProfileInput!) {
        upsertProfile(input: $input) { ... on Patient { address } } }"""
    api(profile, {"input": {"patient": {"address": "Elsewhere 1"}}}, user=ann.user)
    api(document, {"input": {"id": id_of(appointment)}}, user=dora.user)
    assert remembered() == [
        (
            *("Ann", "change", "Profile", "Ann"),
            ["Mutation.upsertProfile", "Patient.address", "PatientProfileInput.address"],
        ),
        (
            *("Dora", "change", "Move", "Ann"),
            ["Appointment.status", "CancelAppointmentInput.id", "Mutation.cancelAppointment"],
        ),
    ]


def test_a_change_is_noted_by_what_was_asked_for_whatever_is_shown_of_it(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    blind = """mutation Blind($id: ID!) {
        confirmAppointment(input: { id: $id }) { __typename } }"""
    other = """mutation Other { upsertProfile(input: { patient: { address: "Elsewhere 1" } }) {
        ... on Patient { dateOfBirth } } }"""
    api(blind, {"id": id_of(appointment)}, user=dora.user)
    api(other, user=ann.user)
    assert [row[1:] for row in remembered()] == [
        (
            *("change", "Blind", "Ann"),
            ["ConfirmAppointmentInput.id", "Mutation.confirmAppointment"],
        ),
        (
            *("change", "Other", "Ann"),
            ["Mutation.upsertProfile", "Patient.dateOfBirth", "PatientProfileInput.address"],
        ),
    ]


def test_a_patients_change_of_the_account_is_noted_and_no_others(
    api: Api, dora: Doctor, ann: Patient
) -> None:
    document = """mutation Name { updateAccount(input: { lastName: "Other" }) { __typename } }"""
    for user in (ann.user, dora.user):
        api(document, user=user)
        api("Me", user=user)
    fields = ["Mutation.updateAccount", "UpdateAccountInput.lastName"]
    assert remembered() == [("Ann", "change", "Name", "Ann", fields)]


def test_whoever_proves_who_they_are_by_something_else_than_an_access_token_is_remembered(
    api: Api, ann: Patient
) -> None:
    document = """mutation Reset($token: String!) {
        resetPassword(input: { token: $token, newPassword: "a fresh long secret" }) {
            ... on User { patient { address } } } }"""
    token = password_reset.make_token(ann.user)
    answer = api(document, {"token": token})
    assert answer == {"data": {"resetPassword": {"patient": {"address": ""}}}}
    fields = ["Mutation.resetPassword", "Patient.address"]
    given = ["ResetPasswordInput.newPassword", "ResetPasswordInput.token"]
    assert remembered() == [("Ann", "change", "Reset", "Ann", [*fields, *given])]


def test_at_sign_in_one_is_shown_ones_own_record(api: Api, ann: Patient) -> None:
    document = """mutation In($password: String!) {
        tokenAuth(email: "ann@example.org", password: $password) {
            refreshToken user { patient { dateOfBirth } } } }"""
    signed_in = api(document, {"password": PASSWORD})["data"]["tokenAuth"]
    record = {"user": {"patient": {"dateOfBirth": "1990-05-17"}}}
    assert signed_in == {"refreshToken": signed_in["refreshToken"], **record}
    assert remembered() == []


@pytest.mark.parametrize(
    ("page", "whom", "fields"),
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
def test_a_cursor_tells_of_whom_it_points_to_and_is_noted(
    api: Api, dora: Doctor, ann: Patient, ben: Patient, page: str, whom: str, fields: list[str]
) -> None:
    for hour, patient in enumerate([ann, ben, make_patient("Cleo")], start=9):
        book_as_patient(patient, dora, time=dt.time(hour))
    assert "errors" not in api(f"query Page {{ patients {{ {page} }} }}", user=dora.user)
    assert remembered() == [("Dora", "read", "Page", whom, fields)]


def test_a_page_without_cursors_and_nodes_tells_of_nobody(
    api: Api, dora: Doctor, appointment: Appointment
) -> None:
    document = "{ patients { totalCount pageInfo { hasNextPage } edges { __typename } } }"
    assert "errors" not in api(document, user=dora.user)
    assert remembered() == []


def test_a_change_that_was_refused_is_not_noted(
    api: Api, dora: Doctor, appointment: Appointment
) -> None:
    answer = api("CompleteAppointment", {"input": {"id": id_of(appointment)}}, user=dora.user)
    assert answer["data"]["completeAppointment"]["__typename"] == "OperationInfo"
    assert remembered() == []


def test_a_page_of_fifty_costs_one_statement_more(api: Api, dora: Doctor, ann: Patient) -> None:
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


def test_an_operation_leaves_a_row_for_each_way_in_which_records_were_touched(
    api: Api, dora: Doctor, ann: Patient, ben: Patient, appointment: Appointment
) -> None:
    book_as_patient(ben, dora, time=TEN)
    document = """query Two($id: ID!) {
        appointments { edges { node { date } } } patient(id: $id) { address } }"""
    assert "errors" not in api(document, {"id": id_of(ann)}, user=dora.user)
    assert remembered() == [
        ("Dora", "read", "Two", "Ann", ["Appointment.date", "Patient.address"]),
        ("Dora", "read", "Two", "Ben", ["Appointment.date"]),
    ]
    assert len(set(AccessRecord.objects.values_list("request_id"))) == 1


def test_the_content_of_a_record_is_nowhere_in_the_audit(
    api: Api, dora: Doctor, ann: Patient
) -> None:
    Patient.objects.filter(pk=ann.pk).update(address="Canary Street 7")
    appointment = book_as_patient(ann, dora)
    Appointment.objects.filter(pk=appointment.pk).update(reason_for_visit="canary complaint")
    api("MyAppointments", user=dora.user)
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    assert "anary" not in json.dumps(list(AccessRecord.objects.values()), default=str)


def test_a_patient_is_told_who_looked(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    assert api("AccessLog", {"first": 5}, user=ann.user) == {
        "data": {
            "me": {
                "accessLog": {
                    "totalCount": 1,
                    "edges": [
                        {
                            "node": {
                                "at": "2026-03-02T08:00:00+01:00",
                                "action": "READ",
                                "fields": PROFILE,
                                "actor": {"firstName": "Dora", "lastName": "Example"},
                            }
                        }
                    ],
                }
            }
        }
    }


def test_nobody_is_told_who_looked_at_others(
    api: Api, dora: Doctor, ann: Patient, ben: Patient, appointment: Appointment
) -> None:
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    [row] = AccessRecord.objects.all()
    for user in (ben.user, dora.user):
        log = api("AccessLog", user=user)["data"]["me"]["accessLog"]
        assert log == {"totalCount": 0, "edges": []}
        node = api("query ($id: ID!) { node(id: $id) { id } }", {"id": id_of(row)}, user=user)
        assert node == {"data": {"node": None}}


def test_the_application_cannot_alter_the_audit(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    [row] = AccessRecord.objects.all()
    for alter in (
        row.save,
        row.delete,
        AccessRecord.objects.all().delete,
        lambda: AccessRecord.objects.update(action=AccessAction.CHANGE),
        lambda: AccessRecord.objects.bulk_update([row], ["action"]),
        lambda: AccessRecord.objects.bulk_create([row], ignore_conflicts=True),
        AccessRecord._base_manager.all().delete,  # noqa: SLF001 - Django passes by `objects`
    ):
        with pytest.raises(TypeError, match=r"append-only|cannot be deleted"):
            alter()
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessRecord(pk=row.pk, actor=ann.user, patients=[], action="read", fields=[]).save()
    assert remembered() == [("Dora", "read", "PatientById", "Ann", PROFILE)]


def export_of(api: Api, user: User) -> Any:
    return api("ExportMyData", user=user)["data"]["exportMyData"]


def test_one_is_given_everything_held_about_oneself_and_nothing_of_others(
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


def test_one_is_given_the_letters_and_what_the_desk_noted(
    api: Api, dora: Doctor, ann: Patient, sam: User, appointment: Appointment
) -> None:
    work_off()
    desk = Client()
    desk.force_login(sam)
    form = {"user": ann.user_id, "date_of_birth": "1990-05-17", "address": "Elm Street 1"}
    desk.post(f"/admin/clinic/patient/{ann.pk}/change/", form)
    export = export_of(api, ann.user)
    now = "2026-03-02T07:00:00Z"
    letter = {
        "kind": "booked",
        "status": "pending",
        "date": "2026-03-03",
        "time": "09:00:00",
        "created_at": now,
        "sent_at": now,
        "dropped_at": None,
        "failures": 0,
    }
    [row] = export["patient"]["appointments"]
    assert row["letters"] == [{**letter, "to_you": False}, {**letter, "to_you": True}]
    noted = {"at": now, "of": "Clinic | patient", "what": "Changed Address."}
    assert (export["desk_log"], export["desk_log_by_you"]) == ([noted], [])
    assert export_of(api, sam)["desk_log_by_you"] == [noted]


def test_a_doctor_is_given_appointments_without_whom_and_what_they_were_about(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    Appointment.objects.filter(pk=appointment.pk).update(
        reason_for_visit="a cough", cancellation_reason="got well"
    )
    work_off()
    export = export_of(api, dora.user)
    [row] = export["doctor"]["appointments"]
    assert (row["date"], row["booked_by_you"]) == ("2026-03-03", False)
    text = json.dumps(export)
    assert [word for word in ("Ann", "cough", "well") if word in text] == []


def test_a_stranger_is_given_nothing(api: Api) -> None:
    [error] = api("ExportMyData")["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
