"""Each field of the schema, asked for by everybody, on every way that leads to it."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLInputObjectType

from clinic.booking import schedules
from clinic.models import AccessRecord, Appointment, Doctor, Patient
from tests.security import field_visibility
from tests.security.field_visibility import CALLERS, NODES, STRANGER
from tests.security.schema_paths import (
    CORE,
    document_for,
    object_types,
    selection_on,
    ways_to,
)
from tests.support.api_client import Api, GraphQLResult
from tests.support.booking import book_as_patient
from tests.support.global_ids import id_of, node_id
from users.authentication import refresh_tokens
from users.models import User


@pytest.fixture
def tokens(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor, sam: User
) -> dict[str, str | None]:
    users = {"ann": ann.user, "ben": ben.user, "dora": dora.user, "emil": emil.user, "sam": sam}
    return {
        STRANGER: None,
        **{name: refresh_tokens.start(user).access_token for name, user in users.items()},
    }


@pytest.fixture
def ids(api: Api, ann: Patient, dora: Doctor) -> dict[str, str]:
    """A world in which every field has something to show, and the ids of its subjects."""
    Patient.objects.filter(pk=ann.pk).update(
        address="Elm Street 1", emergency_contact_name="Eve", emergency_contact_phone="+4930123457"
    )
    User.objects.filter(pk__in=(ann.user_id, dora.user_id)).update(avatar="avatars/one.webp")
    appointment = book_as_patient(ann, dora, reason_for_visit="a cough")
    start = appointment.starts_at - dt.timedelta(hours=1)
    off = schedules.add_time_off(
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


def found(answer: Any, type_: str, id_: str) -> Iterator[Mapping[str, Any]]:
    """Every object of that type and id, wherever it stands in an answer."""
    match answer:
        case {"__typename": name, "id": key} if (name, key) == (type_, id_):
            yield answer
        case dict():
            for value in answer.values():
                yield from found(value, type_, id_)
        case list():
            for value in answer:
                yield from found(value, type_, id_)


@pytest.mark.parametrize("subject", NODES)
def test_a_field_is_seen_by_those_it_is_meant_for_and_by_nobody_else(
    api: Api, tokens: dict[str, str | None], ids: dict[str, str], subject: str
) -> None:
    # An appointment that was called off, so that every field of it is filled.
    if subject == "Appointment:appointment":
        call_off(ids)
    type_ = subject.partition(":")[0]
    seen: dict[str, set[str]] = {field: set() for field in NODES[subject]}
    ways = list(ways_to(type_, {**ids, type_: ids[subject]}))
    for way in ways:
        for caller in CALLERS:
            answer = api(way % selection_on(type_), token=tokens[caller])
            for shown in found(answer, type_, ids[subject]):
                for field, callers in seen.items():
                    if shown[field] not in (None, "", [], False):
                        callers.add(caller)
    assert seen == NODES[subject]


def call_off(ids: dict[str, str]) -> None:
    # Past the verbs, for the doctor's time off still has to clash with it elsewhere.
    Appointment.objects.update(cancellation_reason="got well")
    appointment = Appointment.objects.get()
    assert ids["appointment"] == id_of(appointment)
    appointment.status = "cancelled"
    appointment.save()


def test_every_field_of_the_schema_is_classified() -> None:
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


def test_a_field_that_nobody_classified_would_be_missed() -> None:
    """The control of the test above: a table without a field is not equal to the schema."""
    assert "Patient.address" in field_visibility.classified()
    assert "Patient.insuranceNumber" not in field_visibility.classified()


def test_lists_are_narrowed_and_sorted_only_by_what_they_show() -> None:
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
def test_another_ones_id_and_a_made_up_one_are_answered_alike(
    api: Api, tokens: dict[str, str | None], ids: dict[str, str], field: str, type_: str
) -> None:
    mine = next(ids[subject] for subject in NODES if subject.startswith(type_))
    if (field, type_) == ("doctor", "Doctor"):
        Doctor.objects.update(approved=False)
    document = f"query ($id: ID!) {{ answer: {field}(id: $id) {{ id }} }}"
    made_up = node_id(type_, 987654)
    token = tokens["ben"]
    theirs = api(document, {"id": mine}, token=token)
    assert theirs == api(document, {"id": made_up}, token=token) == {"data": {"answer": None}}


WHEN = {"date": "2026-03-05", "time": "09:00"}


@pytest.mark.parametrize(
    ("name", "type_", "variables"),
    [
        ("PatientById", "Patient", lambda id_: {"id": id_}),
        ("AppointmentById", "Appointment", lambda id_: {"id": id_}),
        ("AppointmentAsNode", "Appointment", lambda id_: {"id": id_}),
        ("CreateAppointment", "Patient", lambda id_: {"input": {"patientId": id_, **WHEN}}),
        ("CancelAppointment", "Appointment", lambda id_: {"input": {"id": id_}}),
        ("RescheduleAppointment", "Appointment", lambda id_: {"input": {"id": id_, **WHEN}}),
    ],
)
def test_another_ones_id_and_a_made_up_one_take_as_long(
    api: Api,
    ids: dict[str, str],
    emil: Doctor,
    name: str,
    type_: str,
    variables: Callable[[str], dict[str, object]],
) -> None:
    """What takes the time is counted: a clock in a test is unsteady."""

    def ask(id_: str) -> tuple[int, GraphQLResult]:
        with CaptureQueriesContext(connection) as statements:
            answer = api(name, variables(id_), user=emil.user)
        return len(statements), answer

    theirs = next(ids[subject] for subject in NODES if subject.startswith(type_))
    assert ask(theirs) == ask(node_id(type_, 987654))


# Not to be sent as a document alone: over a WebSocket (which refuses at the door, see
# tests/schema/test_subscriptions.py), and with a file (tests/schema/test_avatars.py).
ELSEWHERE = {"appointmentChanged", "availabilityChanged", "uploadAvatar"}


@pytest.mark.parametrize("name", sorted(field_visibility.CLOSED - ELSEWHERE))
def test_a_stranger_is_refused_by_every_field_that_is_not_open(
    api: Api, db: None, name: str
) -> None:
    answer = api(document_for(name))
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
