"""Each field of the schema, requested by every kind of caller on every path that leads to it.

``field_visibility.py`` is the completeness table that a new field must be added to.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLInputObjectType
from pytest_django import Settings
from time_machine import Traveller

from clinic.models import AccessRecord, Appointment, Doctor, Patient
from schema.core.record_access import RECORD_FIELDS
from tests.security import field_visibility
from tests.security.field_visibility import NAMED_ONLY, NODES, UNAUTHENTICATED
from tests.security.schema_paths import (
    CORE,
    document_for,
    object_types,
    paths_to,
    selection_on,
)
from tests.support.api_client import Api, GraphQLResult
from tests.support.booking import add_time_off, book_as_patient
from tests.support.global_ids import id_of, node_id
from users.authentication import refresh_tokens
from users.models import User


@pytest.fixture
def tokens(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor, sam: User
) -> dict[str, str | None]:
    """The access token of each caller."""
    users = {"ann": ann.user, "ben": ben.user, "dora": dora.user, "emil": emil.user, "sam": sam}
    return {
        UNAUTHENTICATED: None,
        **{name: refresh_tokens.start(user).access_token for name, user in users.items()},
    }


@pytest.fixture
def ids(api: Api, ann: Patient, dora: Doctor) -> dict[str, str]:
    """Global IDs of objects whose fields all have values, by their keys in ``NODES``."""
    Patient.objects.filter(pk=ann.pk).update(
        address="Elm Street 1", emergency_contact_name="Eve", emergency_contact_phone="+4930123457"
    )
    User.objects.filter(pk__in=(ann.user_id, dora.user_id)).update(avatar="avatars/one.webp")
    appointment = book_as_patient(ann, dora, reason_for_visit="a cough")
    start = appointment.starts_at - dt.timedelta(hours=1)
    off = add_time_off(
        dora, starts_at=start, ends_at=start + dt.timedelta(hours=4), reason="a course"
    )
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    record = AccessRecord.objects.get()
    return {
        "Patient:ann": id_of(ann),
        "Appointment:appointment": id_of(appointment),
        "Doctor:dora": id_of(dora),
        "Person:ann": id_of(ann.user, "Person"),
        "Person:dora": id_of(dora.user, "Person"),
        "TimeOff:dora": id_of(off),
        "User:ann": id_of(ann.user),
        "AccessRecord:ann": id_of(record),
        "patient": id_of(ann),
        "doctor": id_of(dora),
        "appointment": id_of(appointment),
    }


def objects_in(value: Any, type_: str, id_: str) -> Iterator[Mapping[str, Any]]:
    """Yield every object of the type and ID, at any depth of a response."""
    match value:
        case {"__typename": name, "id": key} if (name, key) == (type_, id_):
            yield value
        case dict():
            for item in value.values():
                yield from objects_in(item, type_, id_)
        case list():
            for item in value:
                yield from objects_in(item, type_, id_)


def fields_seen(
    api: Api, tokens: Mapping[str, str | None], ids: Mapping[str, str], subject: str
) -> dict[str, set[str]]:
    """Return the callers who see a value in each field of the subject, on any path to it."""
    type_ = subject.partition(":")[0]
    seen: dict[str, set[str]] = {field: set() for field in NODES[subject]}
    for path in paths_to(type_, {**ids, type_: ids[subject]}):
        for caller, token in tokens.items():
            response = api(path % selection_on(type_), token=token)
            for shown in objects_in(response, type_, ids[subject]):
                for field, callers in seen.items():
                    if shown[field] not in (None, "", [], False):
                        callers.add(caller)
    return seen


@pytest.mark.parametrize("subject", NODES)
def test_fields_are_visible_only_to_callers_in_table(
    api: Api,
    tokens: dict[str, str | None],
    ids: dict[str, str],
    ann: Patient,
    dora: Doctor,
    subject: str,
) -> None:
    if subject == "Appointment:appointment":
        cancel_appointment(ids)
        # Dora keeps her access to Ann's record.
        book_as_patient(ann, dora, time=dt.time(15))
    assert fields_seen(api, tokens, ids, subject) == NODES[subject]


def cancel_appointment(ids: dict[str, str]) -> None:
    """Fill the fields that only a cancelled appointment has.

    The fixture cannot do this, because ``TimeOff.conflicts`` has only appointments that are live.
    """
    Appointment.objects.update(cancellation_reason="got well")
    appointment = Appointment.objects.get()
    assert ids["appointment"] == id_of(appointment)
    appointment.status = "cancelled"
    appointment.save()


@pytest.mark.parametrize("subject", NAMED_ONLY)
@pytest.mark.parametrize("state", ["cancelled", "expired", "approval withdrawn"])
def test_fields_without_record_access_are_those_of_the_name(
    api: Api,
    ids: dict[str, str],
    ann: Patient,
    dora: Doctor,
    settings: Settings,
    clock: Traveller,
    state: str,
    subject: str,
) -> None:
    if state == "cancelled":
        cancel_appointment(ids)
    elif state == "expired":
        settings.PATIENT_ACCESS_DAYS = 30
        clock.move_to("2026-04-10T10:00:00+02:00")
    else:
        Doctor.objects.filter(pk=dora.pk).update(approved=False)
    tokens = {
        name: refresh_tokens.start(user).access_token
        for name, user in (("ann", ann.user), ("dora", dora.user))
    }
    seen = fields_seen(api, tokens, ids, subject)
    assert {field for field, callers in seen.items() if "dora" in callers} == NAMED_ONLY[subject]
    of_ann = {field for field, callers in seen.items() if "ann" in callers}
    # The reason of a cancellation is null before there is one.
    always_null = set() if state == "cancelled" else {"cancellationReason"}
    assert of_ann == NODES[subject].keys() - always_null


def test_record_fields_are_those_hidden_in_table() -> None:
    """The audit log leaves out exactly the fields that are empty without access."""
    assert {
        f"{'Patient.user' if type_ == 'Person' else type_}.{field}"
        for subject, named in NAMED_ONLY.items()
        for type_ in [subject.partition(":")[0]]
        for field in NODES[subject].keys() - named
    } == RECORD_FIELDS


def test_schema_fields_are_all_in_table() -> None:
    roots = {CORE.query_type, CORE.mutation_type, CORE.subscription_type}
    fields = {
        f"{type_.name}.{name}"
        for type_ in object_types()
        if type_ not in roots
        for name in type_.fields
    }
    assert fields | {"Node.id"} == field_visibility.classified()
    assert {name for root in roots if root for name in root.fields} == (
        field_visibility.OPEN | field_visibility.CLOSED
    )


def test_schema_fields_missing_in_table_are_detected() -> None:
    """The control of the test above: the table does not contain arbitrary fields."""
    assert "Patient.address" in field_visibility.classified()
    assert "Patient.insuranceNumber" not in field_visibility.classified()


def test_filters_and_orders_use_only_visible_fields() -> None:
    compared = {
        f"{name}.{field}"
        for name, type_ in CORE.type_map.items()
        if isinstance(type_, GraphQLInputObjectType) and name.endswith(("Filter", "Order"))
        for field in type_.fields
    }
    assert compared == field_visibility.COMPARED.keys()
    shown = {name for names in field_visibility.COMPARED.values() for name in names.split()}
    assert shown <= field_visibility.classified()


@pytest.mark.parametrize(
    ("field", "type_"),
    [
        ("patient", "Patient"),
        ("doctor", "Doctor"),
        ("appointment", "Appointment"),
        ("node", "Patient"),
        ("node", "Appointment"),
        ("node", "TimeOff"),
        ("node", "Person"),
        ("node", "User"),
        ("node", "AccessRecord"),
    ],
)
def test_id_without_access_gets_same_response_as_unknown_id(
    api: Api, tokens: dict[str, str | None], ids: dict[str, str], field: str, type_: str
) -> None:
    existing = next(ids[subject] for subject in NODES if subject.startswith(type_))
    if (field, type_) == ("doctor", "Doctor"):
        Doctor.objects.update(approved=False)
    document = f"query ($id: ID!) {{ result: {field}(id: $id) {{ id }} }}"
    unknown = node_id(type_, 987654)
    token = tokens["ben"]
    response = api(document, {"id": existing}, token=token)
    assert response == api(document, {"id": unknown}, token=token) == {"data": {"result": None}}


SLOT = {"date": "2026-03-05", "time": "09:00"}


@pytest.mark.parametrize(
    ("name", "type_", "variables"),
    [
        ("PatientById", "Patient", lambda id_: {"id": id_}),
        ("AppointmentById", "Appointment", lambda id_: {"id": id_}),
        ("AppointmentAsNode", "Appointment", lambda id_: {"id": id_}),
        ("CreateAppointment", "Patient", lambda id_: {"input": {"patientId": id_, **SLOT}}),
        ("CancelAppointment", "Appointment", lambda id_: {"input": {"id": id_}}),
        ("RescheduleAppointment", "Appointment", lambda id_: {"input": {"id": id_, **SLOT}}),
    ],
)
def test_id_without_access_takes_same_time_as_unknown_id(
    api: Api,
    ids: dict[str, str],
    emil: Doctor,
    name: str,
    type_: str,
    variables: Callable[[str], dict[str, object]],
) -> None:
    """Compares the number of SQL statements, because measured times vary."""

    def send(id_: str) -> tuple[int, GraphQLResult]:
        with CaptureQueriesContext(connection) as statements:
            response = api(name, variables(id_), user=emil.user)
        return len(statements), response

    existing = next(ids[subject] for subject in NODES if subject.startswith(type_))
    assert send(existing) == send(node_id(type_, 987654))


# Root fields that need more than a document: a WebSocket, which is closed without a token
# (tests/schema/subscriptions/test_websocket_protocol.py), or a file
# (tests/schema/accounts/test_avatars.py).
ELSEWHERE = {"appointmentChanged", "availabilityChanged", "uploadAvatar"}


@pytest.mark.parametrize("name", sorted(field_visibility.CLOSED - ELSEWHERE))
def test_root_fields_require_authentication(api: Api, db: None, name: str) -> None:
    response = api(document_for(name))
    assert [error["extensions"]["code"] for error in response["errors"]] == ["UNAUTHENTICATED"]
