"""A clinic that grows gets no slower: what is asked for is found by an index, as PostgreSQL tells.

The tables that grow with every day are never read from end to end, and the visits of a
page come out of their index in the order in which they are shown.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from clinic.models import Doctor
from tests.api import Api
from tests.nodes import id_of
from users import refresh_tokens

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="a plan of PostgreSQL's"),
]

GROWING: set[str | None] = {
    "clinic_accessrecord",
    "clinic_appointment",
    "clinic_appointmentchange",
    "clinic_busytick",
    "clinic_patient",
    "users_refreshtoken",
    "users_user",
}
DOCTORS, PATIENTS, VISITS = 200, 50_000, 100_000
# Everything is made of its number, so that no two plans differ by luck.
FILL = f"""
INSERT INTO users_user (password, is_superuser, is_staff, is_active, date_joined, email,
    first_name, last_name, is_doctor, is_patient, gender, avatar, avatar_small, calendar_key)
SELECT '', false, false, true, now(), 'n' || n || '@example.org',
    'F' || md5(n::text), 'L' || md5(n::text), n <= {DOCTORS}, n > {DOCTORS},
    'undisclosed', '', '', ''
FROM generate_series(1, {DOCTORS + PATIENTS}) AS n;

INSERT INTO clinic_doctor
    (user_id, specialty, phone_number, experience_years, slot_minutes, approved)
SELECT id, 'Specialty ' || id % 20, '+4930123456', id % 40, 30, true
FROM users_user WHERE is_doctor AND email LIKE 'n%';

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
    30, '', (array['pending', 'confirmed', 'completed', 'cancelled'])[n.n % 4 + 1], '', '',
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
VISITS_BY_INDEX = {
    "as they come": "",
    "from a day on": 'filters: { date: { gte: "2026-03-10" } }',
    "before a day": 'filters: { date: { lt: "2026-03-10" } }',
    "by day": "ordering: [{ date: ASC }]",
    "the latest day first": "ordering: [{ date: DESC }]",
}
# The caller's own are found by an index, and then sorted or looked through.
OWN_VISITS_BY_INDEX = VISITS_BY_INDEX | {
    "of one day": 'filters: { date: { exact: "2026-03-10" } }',
    "of a status": "filters: { status: { exact: PENDING } }",
    "of some statuses": "filters: { status: { inList: [PENDING, CONFIRMED] } }",
    "of a patient": 'filters: { patientId: "PATIENT" }',
    "with a doctor": 'filters: { doctorId: "DOCTOR" }',
    "by time": "ordering: [{ time: ASC }]",
    "by booking": "ordering: [{ createdAt: DESC }]",
}
OTHERS = {
    "a history": "appointments(first: 20) { edges { node { history { status changedAt } } } }",
    "the patients": "patients(first: 20) { edges { node { id user { lastName } } } }",
    "the record's readers": "me { accessLog(first: 20) { edges { node { at } } } }",
    "open slots": "me { doctor { availableSlots(days: 14) { date time } } }",
    "one visit": 'appointment(id: "VISIT") { id history { status } }',
    "one patient": 'patient(id: "PATIENT") { id }',
}


class Clinic(NamedTuple):
    doctor: Doctor
    names: dict[str, str]


class Step(NamedTuple):
    """One step of a plan: what it does, and to which table."""

    kind: str
    table: str | None


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The big clinic, for all of the tests; none of them leaves anything in it."""
    tables = ", ".join(map(str, GROWING | {"clinic_doctor"}))
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("ANALYZE")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # Not analyzed, for then PostgreSQL would plan as if they stayed empty.
        cursor.execute(f"TRUNCATE {tables} CASCADE")


@pytest.fixture
def clinic(filled: None, db: None) -> Clinic:
    doctor = Doctor.objects.select_related("user").order_by("pk")[7]
    visit = doctor.appointments.select_related("patient").earliest("pk")
    names = {
        "DOCTOR": id_of(doctor),
        "PATIENT": id_of(visit.patient),
        "VISIT": id_of(visit),
    }
    return Clinic(doctor, names)


def steps_of(api: Api, clinic: Clinic, field: str) -> list[Step]:
    """Every step that PostgreSQL takes to answer ``field`` to the doctor."""
    for name, id_ in clinic.names.items():
        field = field.replace(f'"{name}"', f'"{id_}"')
    token = refresh_tokens.start(clinic.doctor.user).access_token
    with CaptureQueriesContext(connection) as captured:
        answer = api(f"{{ answer: {field} }}", token=token)
    assert list(answer) == ["data"]
    assert answer["data"]["answer"]
    asked = [query["sql"] for query in captured if query["sql"].lstrip().startswith("SELECT")]
    assert len(asked) > 1
    return [step for sql in asked for step in plan_of(sql)]


def plan_of(sql: str) -> Iterator[Step]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        (told,) = cursor.fetchone()
    waiting = [told[0]["Plan"]]
    while waiting:
        step = waiting.pop()
        yield Step(step["Node Type"], step.get("Relation Name"))
        waiting.extend(step.get("Plans", ()))


def read_to_the_end(steps: list[Step]) -> set[str | None]:
    return GROWING & {step.table for step in steps if step.kind == "Seq Scan"}


@pytest.mark.parametrize("arguments", OWN_VISITS_BY_INDEX.values(), ids=OWN_VISITS_BY_INDEX)
def test_a_page_of_visits_is_found_by_an_index(api: Api, clinic: Clinic, arguments: str) -> None:
    steps = steps_of(api, clinic, f"appointments(first: 20, {arguments}) {{ {PAGE} }}")
    assert read_to_the_end(steps) == set()


@pytest.mark.parametrize("arguments", VISITS_BY_INDEX.values(), ids=VISITS_BY_INDEX)
def test_a_page_of_visits_is_not_sorted(api: Api, clinic: Clinic, arguments: str) -> None:
    steps = steps_of(api, clinic, f"appointments(first: 20, {arguments}) {{ {PAGE} }}")
    assert "Sort" not in {step.kind for step in steps}


@pytest.mark.parametrize("field", OTHERS.values(), ids=OTHERS)
def test_what_else_is_asked_for_is_found_by_an_index(api: Api, clinic: Clinic, field: str) -> None:
    assert read_to_the_end(steps_of(api, clinic, field)) == set()


def test_without_the_index_it_would_be_seen(api: Api, clinic: Clinic) -> None:
    field = f"appointments(first: 20) {{ {PAGE} }}"
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE clinic_appointment DROP CONSTRAINT appointment_doctor_one_start"
        )
        cursor.execute("DROP INDEX appointment_start")
        assert "Sort" in {step.kind for step in steps_of(api, clinic, field)}
        index = connection.introspection.get_constraints(cursor, "clinic_appointment")
        for name, entry in index.items():
            if entry["columns"] == ["doctor_id"] and entry["index"]:
                cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    assert read_to_the_end(steps_of(api, clinic, field)) == {"clinic_appointment"}
