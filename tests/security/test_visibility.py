"""Each field of the schema, requested by every kind of caller on every path that leads to it.

``field_visibility.py`` is the completeness table that a new field must be added to.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.date_exceptions import add_closure, set_special_hours
from clinic.models import AccessRecord, Appointment, Doctor, Patient
from schema.core.record_access import RECORD_FIELDS
from tests.security import field_visibility
from tests.security.field_visibility import GUARDIAN_FIELDS, NAMED_ONLY, NODES
from tests.security.schema_paths import (
    document_for,
    paths_to,
    selection_on,
)
from tests.support.api_client import Api, GraphQLResult
from tests.support.booking import add_time_off, book_as_patient, write
from tests.support.fixtures.people import offer_type
from tests.support.global_ids import id_of, node_id
from users.authentication import refresh_tokens
from users.models import User


@pytest.fixture
def ids(api: Api, callers: dict[str, User], ann: Patient, dora: Doctor) -> dict[str, str]:
    """Global IDs of objects whose fields all have values, by their keys in ``NODES``."""
    contact = {"emergency_contact_name": "Eve", "emergency_contact_phone": "+4930123457"}
    Patient.objects.filter(pk=ann.pk).update(
        phone_number="+4930123458", address="Elm Street 1", **contact
    )
    User.objects.filter(pk__in=(ann.user_id, dora.user_id)).update(avatar="avatars/one.webp")
    now = clinic_clock.now()
    offered = offer_type(
        dora,
        description="Bring your card.",
        buffer_before_minutes=5,
        buffer_after_minutes=5,
        lead_time_minutes=5,
        cancellation_notice_minutes=60,
        max_per_day=9,
    )
    set_special_hours(dora, dt.date(2026, 3, 7), [(dt.time(9), dt.time(12))], now)
    day = dt.date(2026, 3, 3)
    appointment = book_as_patient(ann, dora, reason_for_visit="a cough")
    write(appointment, arrived_at=appointment.starts_at)
    closure = add_closure(name="Course", first_day=day, last_day=day, now=now)
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
        "AppointmentType:check-up": id_of(offered),
        "Closure:course": id_of(closure),
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
            # Any other error, such as one of a limit, would hide what this path shows.
            assert codes_of(response) <= {"UNAUTHENTICATED", "FORBIDDEN"}, (path, response)
            for shown in objects_in(response, type_, ids[subject]):
                for field, callers in seen.items():
                    if shown[field] not in (None, "", [], False):
                        callers.add(caller)
    return seen


def codes_of(response: GraphQLResult) -> set[str]:
    """Return the codes of the errors, but that of a path which is too deep for every caller."""
    return {
        error["extensions"]["code"]
        for error in response.get("errors", ())
        if "levels of fields" not in error["message"]
    }


@pytest.fixture
def _no_limits(settings: Settings) -> None:
    """Switch off the limits that the many and deep documents of this module exceed."""
    settings.RATE_LIMIT_ENABLED = False
    settings.MAX_QUERY_COST = 1_000_000


@pytest.mark.usefixtures("_no_limits")
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
        book_as_patient(ann, dora, dt.date(2026, 3, 4), dt.time(15))
    assert fields_seen(api, tokens, ids, subject) == NODES[subject]


def cancel_appointment(ids: dict[str, str]) -> None:
    """Fill the fields that only a cancelled appointment has.

    The fixture cannot do this, because ``TimeOff.conflicts`` has only appointments that are live.
    """
    Appointment.objects.update(cancellation_reason="got well")
    appointment = Appointment.objects.get(doctor__user__first_name="Dora")
    assert ids["appointment"] == id_of(appointment)
    appointment.status = "cancelled"
    appointment.save()


@pytest.mark.usefixtures("_no_limits")
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
    } - {"Patient.guardians"} | GUARDIAN_FIELDS == RECORD_FIELDS


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
        ("RecordArrival", "Appointment", lambda id_: {"input": {"id": id_}}),
        ("RecordNoShow", "Appointment", lambda id_: {"input": {"id": id_}}),
        ("ReopenAppointment", "Appointment", lambda id_: {"input": {"id": id_, "reason": "x"}}),
        ("AmendAppointment", "Appointment", lambda id_: {"input": {"id": id_}}),
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
