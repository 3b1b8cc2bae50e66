"""An ID of a stranger's object gets the same response as one that does not exist.

For every argument and input field of the schema that takes an ID, and every caller of the
visibility matrix.
"""

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django import Settings

from clinic import clock as clinic_clock
from clinic.booking.date_exceptions import add_closure
from clinic.models import AccessRecord, AppointmentType, Doctor, Patient
from tests.security.id_positions import ANY, positions
from tests.security.matrix_callers import ANN, DORA, GINA, MONA, RITA, SAM
from tests.support.api_client import Api
from tests.support.booking import add_time_off, book_as_patient
from tests.support.fixtures.people import make_doctor, make_patient, offer_type
from tests.support.global_ids import id_of, node_id
from users.models import User

pytestmark = pytest.mark.django_db

STAFF = {RITA, MONA, SAM}
# Nothing of these types is a stranger's to staff with permission.
OPEN_TO_STAFF = {
    "Appointment",
    "AppointmentType",
    "Closure",
    "Doctor",
    "Patient",
    "Person",
    "TimeOff",
}
# Everybody can see closures; only who can change them matters.
PUBLIC = {"Closure"}


@pytest.fixture
def strangers(db: None) -> dict[str, str]:
    """IDs of objects of people whom no caller knows, by type."""
    hanna, hugo = make_doctor("Hanna"), make_patient("Hugo")
    appointment = book_as_patient(hugo, hanna)
    off = add_time_off(
        hanna,
        starts_at=dt.datetime(2026, 3, 4, tzinfo=dt.UTC),
        ends_at=dt.datetime(2026, 3, 5, tzinfo=dt.UTC),
    )
    unused = offer_type(hanna, "Unused")
    AppointmentType.objects.filter(pk=unused.pk).update(active=False)
    Doctor.objects.filter(pk=hanna.pk).update(approved=False)
    day = dt.date(2026, 5, 1)
    closure = add_closure(name="Course", first_day=day, last_day=day, now=clinic_clock.now())
    record = AccessRecord.objects.create(
        actor=hanna.user, patients=[hugo.pk], action="read", fields=["Patient.address"]
    )
    change = appointment.history.get()
    return {
        "AccessRecord": id_of(record),
        "Appointment": id_of(appointment),
        "AppointmentChange": id_of(change),
        "AppointmentType": id_of(unused),
        "Closure": id_of(closure),
        "Doctor": id_of(hanna),
        "Patient": id_of(hugo),
        "Person": id_of(hugo.user, "Person"),
        "TimeOff": id_of(off),
        "User": id_of(hugo.user),
    }


@pytest.fixture
def known(
    ann: Patient, dora: Doctor, callers: dict[str, User], strangers: dict[str, str]
) -> dict[str, str]:
    """IDs of objects that some of the callers can see, by type."""
    appointment = book_as_patient(ann, dora)
    day = dt.date(2026, 5, 2)
    closure = add_closure(name="Party", first_day=day, last_day=day, now=clinic_clock.now())
    return {
        "Appointment": id_of(appointment),
        "AppointmentType": id_of(offer_type(dora)),
        "Closure": id_of(closure),
        "Doctor": id_of(dora),
        "Patient": id_of(ann),
        "Person": id_of(callers[GINA], "Person"),
        "TimeOff": node_id("TimeOff", 987654),
    }


def respond(api: Api, document: str, token: str | None) -> str:
    """Return the response as JSON. Changes are rolled back."""
    with transaction.atomic():
        response = api(document, token=token)
        transaction.set_rollback(True)
    return json.dumps(response, sort_keys=True)


def cases(known: dict[str, str], strangers: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each place, a type whose IDs it gets, and the document."""
    for name, type_, document in positions(known):
        for kind in strangers if type_ == ANY else [type_]:
            if not (type_ == ANY and kind in PUBLIC):
                yield name, kind, document


def test_strangers_id_gets_same_response_as_unknown_id_for_every_caller(
    api: Api,
    tokens: dict[str, str | None],
    known: dict[str, str],
    strangers: dict[str, str],
    settings: Settings,
) -> None:
    settings.RATE_LIMIT_ENABLED = False
    differing = []
    for name, type_, document in cases(known, strangers):
        unknown = document % json.dumps(node_id(type_, 987654))
        foreign = document % json.dumps(strangers[type_])
        for caller, token in tokens.items():
            if caller in STAFF and type_ in OPEN_TO_STAFF:
                continue
            responses = [respond(api, each, token) for each in (unknown, foreign)]
            assert "INTERNAL_SERVER_ERROR" not in responses[0]
            assert "GRAPHQL_VALIDATION_FAILED" not in responses[0], unknown
            if responses[0] != responses[1]:
                differing.append((name, type_, caller, responses))
    assert differing == []


def test_places_of_ids_include_arguments_inputs_and_lists(known: dict[str, str]) -> None:
    """Negative control: places of each kind are found."""
    names = {position.name for position in positions(known)}
    assert names >= {
        "node.id",
        "appointments.doctorId",
        "createAppointment.patientId",
        "setAppointmentTypes.appointmentTypeIds",
        "Doctor.availableSlots.moving",
    }


def test_own_id_gets_another_response_than_unknown_id(
    api: Api, tokens: dict[str, str | None], known: dict[str, str]
) -> None:
    """Negative control: the documents reach the objects of callers who can see them."""
    unreached = []
    for name, type_, document in positions(known):
        own, unknown = known.get(type_), node_id(type_, 987654)
        if own is None or not any(
            respond(api, document % json.dumps(own), tokens[caller])
            != respond(api, document % json.dumps(unknown), tokens[caller])
            for caller in (ANN, DORA, SAM)
        ):
            unreached.append(name)
    # There is no time off in ``known``, and ``node`` takes IDs of every type.
    assert sorted(unreached) == ["node.id", "removeTimeOff.id"]
