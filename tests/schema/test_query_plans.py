"""A clinic that grows gets no slower: what is asked for is found by an index, as PostgreSQL tells.

Of the tables that grow with every day, no filter and no order reads much more than the
caller's own; of doctors, who are few, it may read all, and sort them. A page of appointments
comes out of an index in its order.
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
from tests.security.schema_paths import CORE, object_types
from tests.support.api_client import Api
from tests.support.global_ids import id_of
from users.authentication import refresh_tokens
from users.models import User

pytestmark = pytest.mark.django_db

DOCTORS, PATIENTS, VISITS = 200, 50_000, 100_000
# The tables that grow with every day, and how many rows one step of a plan reads of them at
# most. That is more than the 500 appointments that anybody here has, and of occupied time more
# than all doctors' of a day; of a whole table it would be ten times as many, or more.
GROWING: dict[str | None, int] = {
    "clinic_accessrecord": 1_000,
    "clinic_appointment": 1_000,
    "clinic_appointmentchange": 1_000,
    "clinic_busytick": 5_000,
    "clinic_patient": 1_000,
    "users_refreshtoken": 1_000,
    "users_user": 1_000,
}
# The same, of what is asked for by its id.
A_FEW = dict.fromkeys(GROWING, 10)
# Everything is made of its number, so that no two plans differ by luck. The doctors were
# there before their patients. The last two of them are patients too, and the very last is
# new and has no appointments to himself.
FILL = f"""
INSERT INTO users_user (password, is_superuser, is_staff, is_active, date_joined, email,
    first_name, last_name, is_doctor, is_patient, gender, avatar, avatar_small, calendar_key)
SELECT '', false, false, true, now(), 'n' || n || '@example.org',
    'F' || md5(n::text), 'L' || md5(n::text), n <= {DOCTORS} + 1, n >= {DOCTORS},
    'undisclosed', '', '', ''
FROM generate_series(1, {DOCTORS + PATIENTS}) AS n;

INSERT INTO clinic_doctor
    (user_id, specialty, phone_number, experience_years, slot_minutes, approved)
SELECT id, 'Specialty ' || id % 20, '+4930123456', id % 40, 30, true
FROM users_user WHERE is_doctor AND email LIKE 'n%';

INSERT INTO clinic_workinghours (doctor_id, weekday, start_time, end_time)
SELECT id, weekday, '09:00', '17:00' FROM clinic_doctor, generate_series(0, 4) AS weekday;

INSERT INTO clinic_patient (user_id, date_of_birth, address, emergency_contact_name,
    emergency_contact_phone)
SELECT id, '1990-05-17', '', '', '' FROM users_user WHERE is_patient AND email LIKE 'n%';

CREATE TEMPORARY TABLE doctors ON COMMIT DROP AS
    SELECT id, user_id, row_number() OVER (ORDER BY id) - 1 AS n FROM clinic_doctor;
CREATE TEMPORARY TABLE patients ON COMMIT DROP AS
    SELECT id, user_id, row_number() OVER (ORDER BY id) - 1 AS n FROM clinic_patient;
CREATE TEMPORARY TABLE numbers ON COMMIT DROP AS
    SELECT n, n % {DOCTORS} AS doctor, (n * 7) % {PATIENTS} AS patient, n / {DOCTORS} AS turn
    FROM generate_series(0, {VISITS - 1}) AS n;

INSERT INTO clinic_appointment (doctor_id, patient_id, date, time, duration_minutes,
    reason_for_visit, status, cancellation_reason, request_hash, created_at, updated_at)
SELECT d.id, p.id, date '2026-03-03' + turn / 16, time '09:00' + turn % 16 * interval '30 min',
    30, '', CASE WHEN turn >= {VISITS // DOCTORS // 2} THEN 'pending'
        ELSE (array['confirmed', 'completed', 'cancelled'])[turn % 3 + 1] END, '', '',
    timestamptz '2026-01-01' + hashint4(n.n) % 50000 * interval '1 min', now()
FROM numbers n JOIN doctors d ON d.n = n.doctor JOIN patients p ON p.n = n.patient;

INSERT INTO clinic_appointmentchange
    (appointment_id, status, date, time, changed_at, changed_by_id)
SELECT a.id, a.status, a.date, a.time, a.created_at, d.user_id
FROM clinic_appointment a JOIN doctors d ON d.id = a.doctor_id;

INSERT INTO clinic_busytick (person_id, tick, appointment_id)
SELECT d.user_id, (a.date - date '0001-01-01' + 1) * 288 + extract(hour FROM a.time) * 12
    + extract(minute FROM a.time) / 5, a.id
FROM clinic_appointment a JOIN doctors d ON d.id = a.doctor_id WHERE a.status != 'cancelled';

INSERT INTO clinic_accessrecord
    (at, actor_id, patients, action, operation, fields, address, request_id)
SELECT a.created_at, d.user_id, jsonb_build_array(a.patient_id), 'read', 'R1', '[]', NULL,
    a.id::text
FROM clinic_appointment a JOIN doctors d ON d.id = a.doctor_id;

INSERT INTO users_refreshtoken (user_id, family, token_hash, created_at, expires_at)
SELECT id, gen_random_uuid(), md5(id::text), now(), now() + interval '14 days' FROM users_user;
"""  # noqa: S608 - our own numbers
PAGE = "edges { node { id date doctor { user { lastName } } patient { user { lastName } } } }"
NAMES = "edges { node { id user { lastName } } }"
PAGES = {"appointments": PAGE, "doctors": NAMES, "patients": NAMES}
# What each filter that a list of the schema offers is compared with.
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
# Whether a page in each order comes out of an index in it. Doctors, who are few, are sorted.
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
    "as they come": "",
    "from a day on": 'filters: { date: { gte: "FIRST DAY" } }',
    "before a day": 'filters: { date: { lt: "LAST DAY" } }',
    "by day and time": "ordering: [{ date: ASC }, { time: ASC }]",
    "the latest first": "ordering: [{ date: DESC }, { time: DESC }]",
}
OTHERS = {
    "a history": "appointments(first: 20) { edges { node { history { status changedAt } } } }",
    "all counted": "appointments(first: 20) { totalCount }",
    "the last appointments": f"appointments(last: 20) {{ {PAGE} }}",
    "the doctors": f"doctors(first: 20) {{ totalCount {NAMES} }}",
    "the doctors' slots": "doctors(first: 20) { edges { node { availableSlots { date } } } }",
    "the earliest slots": 'nextAvailable(specialty: "specialty 1") { slot { date } }',
    "the patients": f"patients(first: 20) {{ totalCount {NAMES} }}",
    "the record's readers": "me { accessLog(first: 20) { edges { node { at } } } }",
    "the specialties": "specialties",
    "open slots": "me { doctor { availableSlots(days: 14) { date time } } }",
}
ONE = {
    "a doctor": 'doctor(id: "DOCTOR") { id workingHours { weekday } }',
    "a patient": 'patient(id: "PATIENT") { id address }',
    "an appointment": 'appointment(id: "VISIT") { id history { status } }',
    "a doctor as a person": 'node(id: "DOCTOR AS A PERSON") { ... on Person { lastName } }',
    "a patient as a person": 'node(id: "PATIENT AS A PERSON") { ... on Person { lastName } }',
}


class Caller(NamedTuple):
    """Somebody, and what the examples above name to them."""

    user: User
    names: dict[str, str]


CALLERS = ("doctor", "patient", "both", "newcomer")
Clinic = dict[str, Caller]


class Step(NamedTuple):
    """One step of a plan: what it does, to which table, and how many rows it reads there."""

    kind: str
    table: str | None
    rows: float


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The big clinic, for all of the tests; none of them leaves anything in it."""
    if connection.vendor != "postgresql":
        pytest.skip("The plans are PostgreSQL's.")
    tables = ", ".join(map(str, GROWING.keys() | {"clinic_doctor"}))
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("ANALYZE")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # Not analyzed, for then PostgreSQL would plan as if they stayed empty.
        cursor.execute(f"TRUNCATE {tables} CASCADE")


@pytest.fixture
def clinic(filled: None, db: None) -> Clinic:
    """A doctor and one of their patients, a doctor who is a patient too, and a new such one."""
    doctors = Doctor.objects.select_related("user").order_by("pk")
    one, both, newcomer = doctors[7], doctors[DOCTORS - 1], doctors[DOCTORS]
    appointments = Appointment.objects.with_people().order_by("pk")
    of_one, of_both, of_newcomer = (
        appointments.filter(side)[0]
        for side in (Q(doctor=one), Q(patient__user=both.user), Q(patient__user=newcomer.user))
    )
    return {
        "doctor": Caller(one.user, names_around(of_one)),
        "patient": Caller(of_one.patient.user, names_around(of_one)),
        "both": Caller(both.user, names_around(of_both)),
        "newcomer": Caller(newcomer.user, names_around(of_newcomer)),
    }


def names_around(appointment: Appointment) -> dict[str, str]:
    days = appointment.patient.appointments.order_by("date")
    return {
        "DOCTOR": id_of(appointment.doctor),
        "DOCTOR AS A PERSON": id_of(appointment.doctor.user, "Person"),
        "PATIENT": id_of(appointment.patient),
        "PATIENT AS A PERSON": id_of(appointment.patient.user, "Person"),
        "VISIT": id_of(appointment),
        "FIRST DAY": str(days[0].date),
        "LAST DAY": str(days.reverse()[0].date),
    }


def steps_of(api: Api, caller: Caller, field: str) -> list[Step]:
    """Every step that PostgreSQL takes to answer ``field``, which finds something."""
    for name, value in caller.names.items():
        field = field.replace(f'"{name}"', f'"{value}"')
    token = refresh_tokens.start(caller.user).access_token
    with CaptureQueriesContext(connection) as captured:
        answer = api(f"{{ answer: {field} }}", token=token)
    assert list(answer) == ["data"]
    assert answer["data"]["answer"] not in (None, [], {"edges": []})
    asked = [query["sql"] for query in captured if query["sql"].lstrip().startswith("SELECT")]
    assert len(asked) > 1
    return [step for sql in asked for step in plan_of(sql)]


def plan_of(sql: str) -> Iterator[Step]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        (told,) = cursor.fetchone()
    waiting = [told[0]["Plan"]]
    while waiting:
        step = waiting.pop()
        # An index can be read from end to end as well, and its rows thrown away.
        read = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        rows = sum(step.get(name, 0) for name in read) * step["Actual Loops"]
        yield Step(step["Node Type"], step.get("Relation Name"), rows)
        waiting.extend(step.get("Plans", ()))


def overread(steps: list[Step], most: Mapping[str | None, int] = GROWING) -> set[str | None]:
    """The growing tables of which some step reads too much."""
    return {step.table for step in steps if step.rows > most.get(step.table, inf)}


def is_sorted(steps: list[Step]) -> bool:
    return "Sort" in {step.kind for step in steps}


def page_in(condition: str, value: str) -> str:
    """The field of a page narrowed or sorted by ``condition``, as named in the tables above."""
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


def conditions_offered() -> set[str]:
    """Everything by which a field, other than a mutation, is narrowed or sorted."""
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


def test_every_filter_and_order_that_a_list_offers_is_tried_here() -> None:
    assert conditions_offered() == FILTERS.keys() | ORDERS.keys()


@pytest.mark.parametrize("condition", FILTERS)
def test_a_filter_reads_no_more_than_ones_own(api: Api, clinic: Clinic, condition: str) -> None:
    field = page_in(condition, FILTERS[condition])
    for caller in callers_of(field):
        assert overread(steps_of(api, clinic[caller], field)) == set()


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("condition", ORDERS)
def test_an_order_reads_no_more_than_ones_own(
    api: Api, clinic: Clinic, condition: str, direction: str
) -> None:
    field = page_in(condition, direction)
    for caller in callers_of(field):
        assert overread(steps_of(api, clinic[caller], field)) == set()


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_a_page_comes_out_of_an_index_in_the_orders_that_have_one(
    api: Api, clinic: Clinic, direction: str
) -> None:
    assert {
        order: not is_sorted(steps_of(api, clinic["doctor"], page_in(order, direction)))
        for order in ORDERS
    } == ORDERS


@pytest.mark.parametrize("arguments", UNSORTED.values(), ids=UNSORTED)
def test_a_page_of_appointments_is_not_sorted(api: Api, clinic: Clinic, arguments: str) -> None:
    field = f"appointments(first: 20, {arguments}) {{ {PAGE} }}"
    assert not is_sorted(steps_of(api, clinic["doctor"], field))


@pytest.mark.parametrize("field", OTHERS.values(), ids=OTHERS)
def test_what_else_is_asked_for_reads_no_more_than_ones_own(
    api: Api, clinic: Clinic, field: str
) -> None:
    for caller in callers_of(field):
        assert overread(steps_of(api, clinic[caller], field)) == set()


@pytest.mark.parametrize("field", ONE.values(), ids=ONE)
def test_what_is_asked_for_by_its_id_is_found_by_it(api: Api, clinic: Clinic, field: str) -> None:
    for caller in clinic.values():
        assert overread(steps_of(api, caller, field), A_FEW) == set()


def test_whose_appointments_are_found_by_one_condition_leafs_through_all(clinic: Clinic) -> None:
    visible = Appointment.objects.visible_to(clinic["newcomer"].user)
    page = visible.order_by("date", "time", "pk")[:20]
    with CaptureQueriesContext(connection) as captured:
        assert len(page) == 2
    assert overread([*plan_of(captured[0]["sql"])]) == {"clinic_appointment"}


def test_without_the_index_it_would_be_seen(api: Api, clinic: Clinic) -> None:
    field = f"appointments(first: 20) {{ {PAGE} }}"
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE clinic_appointment DROP CONSTRAINT appointment_doctor_one_start"
        )
        cursor.execute("DROP INDEX appointment_start")
        assert is_sorted(steps_of(api, clinic["doctor"], field))
        cursor.execute("DROP INDEX appointment_doctor_time, appointment_doctor_created")
    assert overread(steps_of(api, clinic["doctor"], field)) == {"clinic_appointment"}
