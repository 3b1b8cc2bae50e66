"""Attack: a doctor who once had an appointment reads the patient's record for ever.

A patient cancels a request, staff withdraw an approval, or the clinic's period after the last
appointment ends. The doctor then sees the patient's name in their list, and nothing else.
"""

import json
from typing import Any

import pytest
from django.core import mail
from django.db.models import Q
from django.test import Client
from pytest_django import Settings
from time_machine import Traveller

from clinic.errors import BookingErrorCode
from clinic.models import Appointment, Doctor, Patient
from clinic.models import patient as patient_module
from clinic.privacy import visibility
from tests.support.access_records import recorded_accesses
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_patient, cancel
from tests.support.emails import content_of
from tests.support.global_ids import id_of, node_id
from tests.support.graphql_responses import operation_info, root_value
from tests.support.task_worker import run_due_tasks
from tests.support.words import has_word
from users.authentication import refresh_tokens
from users.common.prepared_queries import PreparedQuery, Variants
from users.models import User

pytestmark = pytest.mark.django_db

SECRETS = (
    *("Elm Street", "Eve", "+4930123457", "a cough", "got well", "ann@", "one.webp"),
    # The date of birth, in any format. The year alone could be part of an id.
    *("1990-05-17", "19900517", "17 May", "May 17", "17.05."),
)
APPOINTMENTS = """query List { appointments { edges { node {
    status reasonForVisit cancellationReason
    history { changedBy { firstName email avatarUrl } }
    patient {
        dateOfBirth address emergencyContactName emergencyContactPhone
        user { firstName lastName email avatarUrl }
    }
} } } }"""


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    """Ann's appointment with Dora; every field of Ann's record has a value."""
    Patient.objects.filter(pk=ann.pk).update(
        address="Elm Street 1", emergency_contact_name="Eve", emergency_contact_phone="+4930123457"
    )
    User.objects.filter(pk=ann.user_id).update(avatar="avatars/one.webp")
    return book_as_patient(ann, dora, reason_for_visit="a cough")


@pytest.fixture(params=["cancelled", "expired", "approval withdrawn"])
def lost(
    request: pytest.FixtureRequest, appointment: Appointment, settings: Settings, clock: Traveller
) -> Appointment:
    """The appointment, after Dora has lost her access to Ann's record."""
    if request.param == "cancelled":
        cancel(appointment.patient.user, appointment, "got well")
    elif request.param == "expired":
        settings.PATIENT_ACCESS_DAYS = 30
        clock.move_to("2026-04-10T10:00:00+02:00")
    else:
        Doctor.objects.update(approved=False)
    appointment.refresh_from_db()
    return appointment


def send(api: Api, document: str, user: User, **variables: object) -> Any:
    return root_value(api(document, variables, user=user))


def test_doctor_without_access_sees_only_the_name_in_own_list(api: Api, lost: Appointment) -> None:
    [edge] = send(api, APPOINTMENTS, lost.doctor.user)["edges"]
    person = {"firstName": "Ann", "lastName": "Example", "email": None, "avatarUrl": None}
    assert edge["node"] == {
        "status": lost.status.upper(),
        "reasonForVisit": "",
        "cancellationReason": None if lost.is_live else "",
        "history": [{"changedBy": {"firstName": "Ann", "email": None, "avatarUrl": None}}]
        * lost.history.count(),
        "patient": {
            "dateOfBirth": None,
            "address": "",
            "emergencyContactName": "",
            "emergencyContactPhone": "",
            "user": person,
        },
    }
    patient = ["Patient.user.firstName", "Patient.user.lastName"]
    changed_by = [f"Appointment.history.changedBy.{name}" for name in ("avatarUrl", "email")]
    fields = [*changed_by, "Appointment.history.changedBy.firstName", "Appointment.status"]
    assert recorded_accesses() == [("Dora", "read", "List", "Ann", [*fields, *patient])]


def test_hidden_fields_alone_leave_no_audit_record(api: Api, lost: Appointment) -> None:
    document = "{ appointments { edges { node { reasonForVisit patient { address } } } } }"
    [edge] = send(api, document, lost.doctor.user)["edges"]
    assert edge["node"] == {"reasonForVisit": "", "patient": {"address": ""}}
    assert recorded_accesses() == []


@pytest.mark.parametrize(
    ("document", "type_"),
    [
        ("query ($id: ID!) { patient(id: $id) { id } }", "Patient"),
        ("query ($id: ID!) { node(id: $id) { id } }", "Patient"),
        ("query ($id: ID!) { node(id: $id) { id } }", "Person"),
    ],
)
def test_patient_without_access_is_answered_like_an_unknown_one(
    api: Api, lost: Appointment, document: str, type_: str
) -> None:
    patient = lost.patient
    known = id_of(patient) if type_ == "Patient" else id_of(patient.user, "Person")
    answers = [
        json.dumps(api(document, {"id": id_}, user=lost.doctor.user))
        for id_ in (known, node_id(type_, 987654))
    ]
    assert answers[0] == answers[1]
    assert "null" in answers[0]


def test_booking_patient_without_access_is_answered_like_an_unknown_one(
    api: Api, lost: Appointment
) -> None:
    slot = {"date": "2026-05-05", "time": "09:00"}
    answers = [
        api("CreateAppointment", {"input": {"patientId": id_, **slot}}, user=lost.doctor.user)
        for id_ in (id_of(lost.patient), node_id("Patient", 987654))
    ]
    field = "patientId" if Doctor.objects.get().approved else "doctorId"
    expected = operation_info(BookingErrorCode.NOT_FOUND, field)
    assert [root_value(answer) for answer in answers] == [expected] * 2


@pytest.mark.parametrize("search", [None, "Ann", "Example"])
def test_patients_lists_and_counts_no_patient_without_access(
    api: Api, lost: Appointment, search: str | None
) -> None:
    document = """query ($search: String) {
        patients(filters: { search: $search }) { totalCount edges { node { id } } } }"""
    answer = send(api, document, lost.doctor.user, search=search)
    assert answer == {"totalCount": 0, "edges": []}


def test_doctor_without_access_gets_no_data_from_other_channels(
    api: Api, lost: Appointment
) -> None:
    """The export, the emails and the calendar feed."""
    token = refresh_tokens.start(lost.doctor.user).access_token
    export = json.dumps(api("ExportMyData", token=token)["data"])
    url = api("Calendar", token=token)["data"]["me"]["calendarUrl"]
    feed = Client().get(url.removeprefix("http://testserver")).content.decode()
    run_due_tasks()
    to_doctor = [content_of(message) for message in mail.outbox if "dora@example.org" in message.to]
    for text in (export, feed, *to_doctor):
        assert [secret for secret in SECRETS if has_word(text, secret)] == []
    assert not has_word(export + feed, "Ann")


def test_time_off_conflicts_hide_record_without_access(api: Api, lost: Appointment) -> None:
    document = """mutation { addTimeOff(input: {
        startsAt: "2026-03-03T00:00:00Z", endsAt: "2026-05-04T00:00:00Z" }) {
        ... on TimeOff { conflicts {
            reasonForVisit patient { dateOfBirth user { firstName email } } } } } }"""
    hidden = {"dateOfBirth": None, "user": {"firstName": "Ann", "email": None}}
    conflict = {"reasonForVisit": "", "patient": hidden}
    expected = {"conflicts": [conflict] if lost.is_live else []}
    assert send(api, document, lost.doctor.user) == expected


def test_doctor_without_access_cannot_restore_it(api: Api, lost: Appointment) -> None:
    """By moving the appointment into the future, for example."""
    sent = {"id": id_of(lost), "date": "2026-05-05", "time": "10:00"}
    answer = send(api, "RescheduleAppointment", lost.doctor.user, input=sent)
    code = BookingErrorCode.NOT_FOUND if lost.is_live else BookingErrorCode.INVALID_TRANSITION
    assert answer == operation_info(code, "id" if lost.is_live else None)
    slots = send(
        api, "AvailableSlots", lost.doctor.user, doctorId=id_of(lost.doctor), moving=id_of(lost)
    )
    assert slots["availableSlots"] == []


def test_patient_sees_everything_after_doctor_has_lost_access(api: Api, lost: Appointment) -> None:
    [edge] = send(api, APPOINTMENTS, lost.patient.user)["edges"]
    assert edge["node"]["reasonForVisit"] == "a cough"
    assert edge["node"]["patient"]["dateOfBirth"] == "1990-05-17"
    assert recorded_accesses() == []


def test_cancellation_by_doctor_ends_access_in_its_own_response(
    api: Api, appointment: Appointment
) -> None:
    document = """mutation Cancel($input: CancelAppointmentInput!) {
        cancelAppointment(input: $input) { ... on Appointment {
            reasonForVisit cancellationReason patient { dateOfBirth user { email } } } } }"""
    sent = {"id": id_of(appointment), "reason": "got well"}
    answer = send(api, document, appointment.doctor.user, input=sent)
    assert answer == {
        "reasonForVisit": "",
        "cancellationReason": "",
        "patient": {"dateOfBirth": None, "user": {"email": None}},
    }
    written = ["CancelAppointmentInput.id", "CancelAppointmentInput.reason"]
    fields = [*written, "Mutation.cancelAppointment"]
    assert recorded_accesses() == [("Dora", "change", "Cancel", "Ann", fields)]


def test_cancelled_appointment_is_readable_with_another_appointment(
    api: Api, appointment: Appointment
) -> None:
    cancel(appointment.patient.user, appointment, "got well")
    book_as_patient(appointment.patient, appointment.doctor, time=TEN)
    document = """{ appointments { edges { node {
        reasonForVisit cancellationReason
        patient { dateOfBirth user { email avatarUrl } } } } } }"""
    edges = send(api, document, appointment.doctor.user)["edges"]
    picture = "http://testserver/media/avatars/one.webp"
    user = {"email": "ann@example.org", "avatarUrl": picture}
    patient = {"dateOfBirth": "1990-05-17", "user": user}
    assert [edge["node"] for edge in edges] == [
        {"reasonForVisit": "a cough", "cancellationReason": "got well", "patient": patient},
        {"reasonForVisit": "", "cancellationReason": None, "patient": patient},
    ]


def test_page_decides_access_for_each_patient(
    api: Api, appointment: Appointment, ben: Patient
) -> None:
    cancel(appointment.patient.user, appointment)
    book_as_patient(ben, appointment.doctor, time=TEN, reason_for_visit="a fever")
    document = "{ appointments { edges { node { reasonForVisit patient { dateOfBirth } } } } }"
    edges = send(api, document, appointment.doctor.user)["edges"]
    assert [edge["node"] for edge in edges] == [
        {"reasonForVisit": "", "patient": {"dateOfBirth": None}},
        {"reasonForVisit": "a fever", "patient": {"dateOfBirth": "1990-05-17"}},
    ]


def test_sign_in_to_another_account_gives_no_access(api: Api, lost: Appointment) -> None:
    """Signing in to a second account in the same operation gives the first one no access."""
    document = """mutation {
        tokenAuth(email: "ann@example.org", password: "correct horse battery staple") {
            user { patient { address user { avatarUrl } } } }
        updateAccount(input: { firstName: "Dora" }) { ... on User {
            doctor { timeOff { conflicts { reasonForVisit patient { address } } } } } } }"""
    token = refresh_tokens.start(lost.doctor.user).access_token
    api(
        "AddTimeOff",
        {"input": {"startsAt": "2026-03-03T00:00:00Z", "endsAt": "2026-05-04T00:00:00Z"}},
        token=token,
    )
    data = api(document, token=token)["data"]
    # Ann has signed in with her own password, so tokenAuth shows her record.
    assert data["tokenAuth"]["user"]["patient"]["address"] == "Elm Street 1"
    [off] = data["updateAccount"]["doctor"]["timeOff"]
    conflict = {"reasonForVisit": "", "patient": {"address": ""}}
    assert off == {"conflicts": [conflict] if lost.is_live else []}


def test_without_the_condition_the_record_is_readable(
    monkeypatch: pytest.MonkeyPatch, api: Api, lost: Appointment
) -> None:
    """The negative control: without ``gives_record_access()`` the attack succeeds."""
    monkeypatch.setattr(patient_module, "gives_record_access", lambda _path="": Q())
    # The query that has been prepared has the condition; this one must not be kept.
    monkeypatch.setattr(visibility, "READABLE_QUERIES", Variants[PreparedQuery](limit=1))
    document = "query ($id: ID!) { patient(id: $id) { address } }"
    answer = send(api, document, lost.doctor.user, id=id_of(lost.patient))
    assert answer == {"address": "Elm Street 1"}
    [edge] = send(api, APPOINTMENTS, lost.doctor.user)["edges"]
    assert edge["node"]["reasonForVisit"] == "a cough"
