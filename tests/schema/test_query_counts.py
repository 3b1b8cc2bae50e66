"""The number of queries of a list does not depend on its length.

Every number includes the query that loads the token's user and, if patients' records are
returned, the one that writes the audit log.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from clinic.models import AppointmentType, Closure
from tests.support.api_client import Api
from tests.support.bulk_data import BulkData, create_bulk_data
from tests.support.fixtures.people import become_patient
from tests.support.global_ids import id_of
from users.authentication import refresh_tokens
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_cost_limit(settings: Settings) -> None:
    """Pages of a hundred rows with all fields exceed the cost limit of clients."""
    settings.MAX_QUERY_COST = 10**9


PERSON = "user { id firstName lastName avatarUrl }"
WEEK = """workingHours { weekday startTime endTime } specialHours { date hours { startTime } }
appointmentTypes { name }"""
SLOTS = "availableSlots(days: 3) { date time durationMinutes startsAt endsAt }"
HISTORY = """history {
status date time changedAt outsideAvailability appointmentType { name }
changedBy { firstName lastName email }
}"""
APPOINTMENT_FIELDS = """
id date time durationMinutes startsAt endsAt reasonForVisit status cancellationReason
createdAt updatedAt arrivedAt changeableUntil appointmentType { name } bookedBy { firstName }
"""
BOTH = f"doctor {{ id specialty {PERSON} }} patient {{ id dateOfBirth {PERSON} }}"
CONFLICTS = f"conflicts {{ {APPOINTMENT_FIELDS} {BOTH} {HISTORY} }}"
ABSENCES = f"timeOff {{ id startsAt endsAt reason {CONFLICTS} }}"
PUBLIC = f"""
id specialty experienceYears slotMinutes phoneNumber approved
user {{ firstName email avatarUrl }} {WEEK} {SLOTS}
"""
DOCTOR = f"{PUBLIC} {ABSENCES}"
PATIENT = """
id dateOfBirth address emergencyContactName emergencyContactPhone
user { firstName lastName email avatarUrl }
"""

# For each list: its field and its number of queries.
LISTS = {
    "appointments": (
        (
            f"appointments(first: 100) {{ totalCount edges {{ cursor "
            f"node {{ {APPOINTMENT_FIELDS} {BOTH} }} }} }}"
        ),
        4,
    ),
    "appointments with both people": (
        f"appointments(first: 100) {{ edges {{ cursor node {{ {APPOINTMENT_FIELDS} {BOTH} }} }} }}",
        3,
    ),
    "appointments in another order": (
        (
            "appointments(first: 100, ordering: [{ createdAt: DESC }]) "
            f"{{ totalCount edges {{ node {{ {APPOINTMENT_FIELDS} {BOTH} }} }} }}"
        ),
        4,
    ),
    "appointments, the last": (
        (
            f"appointments(last: 100) {{ totalCount edges {{ "
            f"node {{ {APPOINTMENT_FIELDS} {BOTH} }} }} }}"
        ),
        4,
    ),
    "appointments without people": (
        "appointments(first: 100) { edges { node { id startsAt endsAt cancellationReason } } }",
        3,
    ),
    "appointments with e-mail addresses": (
        (
            "appointments(first: 100) { edges { node { id "
            "doctor { phoneNumber user { email } } patient { user { email } } } } }"
        ),
        4,
    ),
    "appointments with everything": (
        (
            f"appointments(first: 100) {{ totalCount edges {{ node {{ {APPOINTMENT_FIELDS} "
            f"doctor {{ {PUBLIC} timeOff {{ conflicts {{ id }} }} }} "
            f"patient {{ {PATIENT} }} {HISTORY} }} }} }}"
        ),
        15,
    ),
    "doctors": (
        f"doctors(first: 100) {{ totalCount edges {{ node {{ id specialty {PERSON} }} }} }}",
        3,
    ),
    "doctors with slots": (f"doctors(first: 100) {{ edges {{ node {{ {SLOTS} }} }} }}", 5),
    "doctors with everything": (
        f"doctors(first: 100) {{ totalCount edges {{ node {{ {DOCTOR} }} }} }}",
        15,
    ),
    "doctors free on a day": (
        (
            'doctors(first: 100, filters: { availableOn: "2026-03-03" }) '
            f"{{ totalCount edges {{ node {{ id {PERSON} }} }} }}"
        ),
        7,
    ),
    "patients": (f"patients(first: 100) {{ totalCount edges {{ node {{ {PATIENT} }} }} }}", 6),
    "specialties": ("specialties", 2),
    "appointment types": ("appointmentTypes { id name description maxPerDay }", 2),
    "nextAvailable": (
        (
            'nextAvailable(specialty: "cardiology", first: 100) '
            f"{{ doctor {{ id specialty {PERSON} }} slot {{ date time startsAt }} }}"
        ),
        6,
    ),
    "nextAvailable with everything": (
        (
            'nextAvailable(specialty: "cardiology", first: 100) { slot { date } '
            f"doctor {{ {DOCTOR} }} }}"
        ),
        18,
    ),
    "me with time off": (f"me {{ doctor {{ {ABSENCES} }} }}", 7),
    "me with everything": (f"me {{ id email doctor {{ {DOCTOR} }} patient {{ {PATIENT} }} }}", 15),
}

# For each type: a node with all fields selected, and its number of queries.
NODES = {
    "Appointment": (
        (
            f"... on Appointment {{ {APPOINTMENT_FIELDS} "
            f"doctor {{ {DOCTOR} }} patient {{ {PATIENT} }} {HISTORY} }}"
        ),
        15,
    ),
    "Doctor": (f"... on Doctor {{ {DOCTOR} }}", 14),
    "Patient": (f"... on Patient {{ {PATIENT} }}", 4),
    "TimeOff": (f"... on TimeOff {{ id startsAt endsAt reason {CONFLICTS} }}", 6),
    "User": (f"... on User {{ id email doctor {{ {DOCTOR} }} patient {{ {PATIENT} }} }}", 16),
    "AppointmentType": ("... on AppointmentType { id name description maxPerDay }", 2),
    "Closure": ("... on Closure { id name firstDay lastDay conflicts { id } }", 2),
    "Person": ("... on Person { id firstName lastName email avatarUrl }", 5),
}


@pytest.fixture(params=[10, 50, 100])
def bulk_data(request: pytest.FixtureRequest, db: None) -> BulkData:
    return create_bulk_data(request.param)


def assert_statements(
    api: Api,
    bulk_data: BulkData,
    assert_num_queries: DjangoAssertNumQueries,
    field: str,
    count: int,
    user: User | None = None,
) -> None:
    token = refresh_tokens.start(user or bulk_data.dora.user).access_token
    with assert_num_queries(count):
        answer = api(f"{{ answer: {field} }}", token=token)
    assert list(answer) == ["data"]
    assert answer["data"]["answer"]


@pytest.mark.parametrize("name", LISTS)
def test_query_count_of_list_does_not_depend_on_its_length(
    api: Api, bulk_data: BulkData, django_assert_num_queries: DjangoAssertNumQueries, name: str
) -> None:
    field, count = LISTS[name]
    assert_statements(api, bulk_data, django_assert_num_queries, field, count)


def test_query_count_for_doctor_who_is_also_a_patient(
    api: Api, bulk_data: BulkData, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    become_patient(bulk_data.dora)
    field, count = LISTS["appointments with both people"]
    # And one query for the patient records that are her own.
    assert_statements(api, bulk_data, django_assert_num_queries, field, count + 3)


@pytest.mark.parametrize("type_", NODES)
def test_query_count_of_node_does_not_depend_on_related_rows(
    api: Api, bulk_data: BulkData, django_assert_num_queries: DjangoAssertNumQueries, type_: str
) -> None:
    appointment = bulk_data.appointments[0]
    row = {
        "Appointment": appointment,
        "Doctor": bulk_data.dora,
        "Patient": appointment.patient,
        "TimeOff": bulk_data.dora.time_off.first(),
        "User": bulk_data.dora.user,
        "AppointmentType": AppointmentType.objects.first(),
        "Closure": Closure.objects.first(),
        "Person": appointment.patient.user,
    }[type_]
    assert row is not None
    selection, count = NODES[type_]
    field = f'node(id: "{id_of(row, type_)}") {{ {selection} }}'
    assert_statements(api, bulk_data, django_assert_num_queries, field, count)


def test_query_count_of_closures_does_not_depend_on_their_conflicts(
    api: Api, bulk_data: BulkData, django_assert_num_queries: DjangoAssertNumQueries, sam: User
) -> None:
    conflicts = f"conflicts {{ {APPOINTMENT_FIELDS} {BOTH} {HISTORY} }}"
    field = f"clinic {{ closures {{ id name firstDay lastDay {conflicts} }} }}"
    assert_statements(api, bulk_data, django_assert_num_queries, field, 5, user=sam)


def test_query_count_of_history_does_not_depend_on_its_length(
    api: Api, bulk_data: BulkData, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    field = f'appointment(id: "{id_of(bulk_data.appointments[0])}") {{ id {HISTORY} }}'
    assert_statements(api, bulk_data, django_assert_num_queries, field, 5)


def test_query_count_of_mutation_does_not_depend_on_history(api: Api, bulk_data: BulkData) -> None:
    token = refresh_tokens.start(bulk_data.dora.user).access_token
    statements = {}
    for appointment in bulk_data.appointments[:2]:
        cancel = f'cancelAppointment(input: {{ id: "{id_of(appointment)}" }})'
        with CaptureQueriesContext(connection) as captured:
            answer = api(
                f"mutation {{ {cancel} {{ ... on Appointment {{ {HISTORY} }} }} }}", token=token
            )
        statements[len(answer["data"]["cancelAppointment"]["history"])] = len(captured)
    assert statements == dict.fromkeys((len(bulk_data.appointments) + 1, 1), statements[1])
