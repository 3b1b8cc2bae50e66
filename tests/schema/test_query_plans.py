"""PostgreSQL's query plans on 100,000 appointments: queries use indexes.

No filter or sort order reads many more rows of a growing table than those of the caller. Doctors
are few, so queries can read and sort all of them. Pages of appointments are read in the order of an
index.

``FILTERS`` and ``ORDERS`` are completeness tables: a new filter or sort order must be added there.
"""

from collections.abc import Iterator, Mapping
from math import inf
from typing import NamedTuple

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLInputObjectType, get_named_type
from pytest_django import DjangoDbBlocker
from strawberry_django import Ordering

from clinic.models import Appointment, Doctor
from tests.schema.query_plan_data import DOCTORS, FILL, GROWING
from tests.security.schema_paths import CORE, object_types
from tests.support.api_client import Api
from tests.support.global_ids import id_of
from users.authentication import refresh_tokens
from users.models import User

pytestmark = pytest.mark.django_db

# The limits for queries of one object by its ID.
BY_ID = dict.fromkeys(GROWING, 10)
PAGE = "edges { node { id date doctor { user { lastName } } patient { user { lastName } } } }"
NAMES = "edges { node { id user { lastName } } }"
PAGES = {"appointments": PAGE, "doctors": NAMES, "patients": NAMES}
# Every filter of a list in the schema, with the value to test it with.
FILTERS = {
    "Query.appointments.filters.date.exact": '"FIRST DAY"',
    "Query.appointments.filters.date.gt": '"FIRST DAY"',
    "Query.appointments.filters.date.gte": '"FIRST DAY"',
    "Query.appointments.filters.date.lt": '"LAST DAY"',
    "Query.appointments.filters.date.lte": '"LAST DAY"',
    "Query.appointments.filters.status.exact": "PENDING",
    "Query.appointments.filters.status.inList": "[PENDING, CONFIRMED]",
    "Query.appointments.filters.doctorId": '"DOCTOR"',
    "Query.appointments.filters.patientId": '"PATIENT"',
    "Query.doctors.filters.search": '"f specialty"',
    "Query.doctors.filters.specialty.exact": '"Specialty 1"',
    "Query.doctors.filters.specialty.iExact": '"specialty 1"',
    "Query.doctors.filters.specialty.inList": '["Specialty 1", "Specialty 2"]',
    "Query.doctors.filters.availableOn": '"2026-03-05"',
    "Query.patients.filters.search": '"f"',
}
# Every sort order of a list in the schema, and whether an index has that order.
ORDERS = {
    "Query.appointments.ordering.date": True,
    "Query.appointments.ordering.time": True,
    "Query.appointments.ordering.createdAt": True,
    "Query.doctors.ordering.specialty": False,
    "Query.doctors.ordering.experienceYears": False,
    "Query.doctors.ordering.lastName": False,
    "Query.doctors.ordering.firstName": False,
}
DIRECTIONS = [each.name for each in Ordering]
UNSORTED = {
    "by default": "",
    "from a day on": 'filters: { date: { gte: "FIRST DAY" } }',
    "before a day": 'filters: { date: { lt: "LAST DAY" } }',
    "by day and time": "ordering: [{ date: ASC }, { time: ASC }]",
    "latest first": "ordering: [{ date: DESC }, { time: DESC }]",
}
OTHER_FIELDS = {
    "a history": "appointments(first: 20) { edges { node { history { status changedAt } } } }",
    "total count": "appointments(first: 20) { totalCount }",
    "the last appointments": f"appointments(last: 20) {{ {PAGE} }}",
    "the doctors": f"doctors(first: 20) {{ totalCount {NAMES} }}",
    "the doctors' slots": "doctors(first: 20) { edges { node { availableSlots { date } } } }",
    "the earliest slots": 'nextAvailable(specialty: "specialty 1") { slot { date } }',
    "the patients": f"patients(first: 20) {{ totalCount {NAMES} }}",
    "access log": "me { accessLog(first: 20) { edges { node { at } } } }",
    "the specialties": "specialties",
    "open slots": "me { doctor { availableSlots(days: 14) { date time } } }",
}
SINGLE_OBJECTS = {
    "a doctor": 'doctor(id: "DOCTOR") { id workingHours { weekday } }',
    "a patient": 'patient(id: "PATIENT") { id address }',
    "an appointment": 'appointment(id: "APPOINTMENT") { id history { status } }',
    "a doctor as a person": 'node(id: "DOCTOR AS A PERSON") { ... on Person { lastName } }',
    "a patient as a person": 'node(id: "PATIENT AS A PERSON") { ... on Person { lastName } }',
}


class Caller(NamedTuple):
    """A user, and the values for the placeholders in the fields above."""

    user: User
    values: dict[str, str]


CALLERS = ("doctor", "patient", "both", "newcomer")
Clinic = dict[str, Caller]


class Step(NamedTuple):
    """One step of a plan: its type, its table and the number of rows it reads."""

    kind: str
    table: str | None
    rows: float


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The filled database for all tests of the module; each test rolls its changes back."""
    if connection.vendor != "postgresql":
        pytest.skip("Only PostgreSQL's plans are tested.")
    tables = ", ".join(map(str, GROWING.keys() | {"clinic_doctor"}))
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("ANALYZE")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # Not analyzed, because PostgreSQL would then plan later tests for empty tables.
        cursor.execute(f"TRUNCATE {tables} CASCADE")


@pytest.fixture
def clinic(filled: None, db: None) -> Clinic:
    """A doctor and one of the patients, a doctor who is also a patient, and a new such doctor."""
    doctors = Doctor.objects.select_related("user").order_by("pk")
    one, both, newcomer = doctors[7], doctors[DOCTORS - 1], doctors[DOCTORS]
    appointments = Appointment.objects.with_people().order_by("pk")
    of_one, of_both, of_newcomer = (
        appointments.filter(party)[0]
        for party in (Q(doctor=one), Q(patient__user=both.user), Q(patient__user=newcomer.user))
    )
    return {
        "doctor": Caller(one.user, values_for(of_one)),
        "patient": Caller(of_one.patient.user, values_for(of_one)),
        "both": Caller(both.user, values_for(of_both)),
        "newcomer": Caller(newcomer.user, values_for(of_newcomer)),
    }


def values_for(appointment: Appointment) -> dict[str, str]:
    days = appointment.patient.appointments.order_by("date")
    return {
        "DOCTOR": id_of(appointment.doctor),
        "DOCTOR AS A PERSON": id_of(appointment.doctor.user, "Person"),
        "PATIENT": id_of(appointment.patient),
        "PATIENT AS A PERSON": id_of(appointment.patient.user, "Person"),
        "APPOINTMENT": id_of(appointment),
        "FIRST DAY": str(days[0].date),
        "LAST DAY": str(days.reverse()[0].date),
    }


def steps_of(api: Api, caller: Caller, field: str) -> list[Step]:
    """Request a field, which must not be empty, and return all steps of its query plans."""
    for name, value in caller.values.items():
        field = field.replace(f'"{name}"', f'"{value}"')
    token = refresh_tokens.start(caller.user).access_token
    with CaptureQueriesContext(connection) as captured:
        response = api(f"{{ result: {field} }}", token=token)
    assert list(response) == ["data"]
    assert response["data"]["result"] not in (None, [], {"edges": []})
    queries = [query["sql"] for query in captured if query["sql"].lstrip().startswith("SELECT")]
    assert len(queries) > 1
    return [step for sql in queries for step in plan_of(sql)]


def plan_of(sql: str) -> Iterator[Step]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        (plan,) = cursor.fetchone()
    pending = [plan[0]["Plan"]]
    while pending:
        step = pending.pop()
        # A scan can read a whole index and discard most rows, so these count as well.
        read = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        rows = sum(step.get(name, 0) for name in read) * step["Actual Loops"]
        yield Step(step["Node Type"], step.get("Relation Name"), rows)
        pending.extend(step.get("Plans", ()))


def tables_over_limit(
    steps: list[Step], limits: Mapping[str | None, int] = GROWING
) -> set[str | None]:
    """Return the growing tables of which a step reads more rows than the limit."""
    return {step.table for step in steps if step.rows > limits.get(step.table, inf)}


def is_sorted(steps: list[Step]) -> bool:
    return "Sort" in {step.kind for step in steps}


def page_in(condition: str, value: str) -> str:
    """Return the field of a page with a filter or sort order, as named in the tables above."""
    _query, name, argument, *path = condition.split(".")
    for part in reversed(path):
        value = f"{{ {part}: {value} }}"
    return f"{name}(first: 20, {argument}: {value}) {{ {PAGES[name]} }}"


def leaves(type_: GraphQLInputObjectType, path: str) -> Iterator[str]:
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLInputObjectType):
            yield from leaves(inner, f"{path}.{name}")
        else:
            yield f"{path}.{name}"


def conditions_in_schema() -> set[str]:
    """Return every filter and sort order of the schema, without mutations."""
    return {
        leaf
        for type_ in object_types()
        if type_ not in (CORE.mutation_type, CORE.subscription_type)
        for name, field in type_.fields.items()
        for argument, of in field.args.items()
        if isinstance(of_type := get_named_type(of.type), GraphQLInputObjectType)
        for leaf in leaves(of_type, f"{type_}.{name}.{argument}")
    }


def callers_of(field: str) -> tuple[str, ...]:
    return ("doctor", "both") if field.startswith("patients") else CALLERS


def test_filters_and_orders_of_schema_are_all_in_tables() -> None:
    assert conditions_in_schema() == FILTERS.keys() | ORDERS.keys()


@pytest.mark.parametrize("condition", FILTERS)
def test_filters_read_only_own_rows(api: Api, clinic: Clinic, condition: str) -> None:
    field = page_in(condition, FILTERS[condition])
    for caller in callers_of(field):
        assert tables_over_limit(steps_of(api, clinic[caller], field)) == set()


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("condition", ORDERS)
def test_orders_read_only_own_rows(
    api: Api, clinic: Clinic, condition: str, direction: str
) -> None:
    field = page_in(condition, direction)
    for caller in callers_of(field):
        assert tables_over_limit(steps_of(api, clinic[caller], field)) == set()


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_orders_with_index_are_not_sorted(api: Api, clinic: Clinic, direction: str) -> None:
    assert {
        order: not is_sorted(steps_of(api, clinic["doctor"], page_in(order, direction)))
        for order in ORDERS
    } == ORDERS


@pytest.mark.parametrize("arguments", UNSORTED.values(), ids=UNSORTED)
def test_appointments_are_read_in_index_order(api: Api, clinic: Clinic, arguments: str) -> None:
    field = f"appointments(first: 20, {arguments}) {{ {PAGE} }}"
    assert not is_sorted(steps_of(api, clinic["doctor"], field))


@pytest.mark.parametrize("field", OTHER_FIELDS.values(), ids=OTHER_FIELDS)
def test_other_fields_read_only_own_rows(api: Api, clinic: Clinic, field: str) -> None:
    for caller in callers_of(field):
        assert tables_over_limit(steps_of(api, clinic[caller], field)) == set()


@pytest.mark.parametrize("field", SINGLE_OBJECTS.values(), ids=SINGLE_OBJECTS)
def test_single_objects_are_found_by_index(api: Api, clinic: Clinic, field: str) -> None:
    for caller in clinic.values():
        assert tables_over_limit(steps_of(api, caller, field), BY_ID) == set()


def test_appointments_with_one_condition_for_both_roles_read_all(clinic: Clinic) -> None:
    visible = Appointment.objects.visible_to(clinic["newcomer"].user)
    page = visible.order_by("date", "time", "pk")[:20]
    with CaptureQueriesContext(connection) as captured:
        assert len(page) == 2
    assert tables_over_limit([*plan_of(captured[0]["sql"])]) == {"clinic_appointment"}


def test_tables_over_limit_detects_missing_index(api: Api, clinic: Clinic) -> None:
    field = f"appointments(first: 20) {{ {PAGE} }}"
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE clinic_appointment DROP CONSTRAINT appointment_doctor_one_start"
        )
        cursor.execute("DROP INDEX appointment_start")
        assert is_sorted(steps_of(api, clinic["doctor"], field))
        cursor.execute("DROP INDEX appointment_doctor_time, appointment_doctor_created")
    assert tables_over_limit(steps_of(api, clinic["doctor"], field)) == {"clinic_appointment"}
