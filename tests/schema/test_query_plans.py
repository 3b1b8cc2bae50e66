"""Query plans of PostgreSQL on 100,000 rows: queries use indexes and read few rows.

No filter and no order reads many more rows of a growing table than belong to the caller.
Doctors are few: queries can read and sort all of them. Pages of appointments are read from
an index in their order.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from math import inf
from typing import NamedTuple

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLInputObjectType, get_named_type
from pytest_django import DjangoDbBlocker

from clinic.models import Appointment, AppointmentType, Closure, Doctor
from tests.schema.query_plan_cases import (
    DIRECTIONS,
    FILTERS,
    ONE,
    ORDERS,
    OTHERS,
    PAGE,
    PAGES,
    UNSORTED,
)
from tests.security.schema_paths import CORE, object_types
from tests.support.api_client import Api
from tests.support.global_ids import id_of
from tests.support.query_plan_data import DOCTORS, FILL
from users.authentication import refresh_tokens
from users.models import User

pytestmark = pytest.mark.django_db

# The tables that grow every day, and the most rows that one step of a plan can read of them.
# More than the 500 appointments of one user, and more than the busy ticks of all doctors on
# one day. Reading a whole table would exceed the limit at least ten times.
GROWING: dict[str | None, int] = {
    "clinic_accessrecord": 1_000,
    "clinic_appointment": 1_000,
    "clinic_appointmentchange": 1_000,
    "clinic_busytick": 5_000,
    "clinic_patient": 1_000,
    "clinic_specialhours": 1_000,
    "clinic_specialinterval": 1_000,
    "users_refreshtoken": 1_000,
    "users_user": 1_000,
}
# The same for objects that are loaded by id.
FEW_ROWS = dict.fromkeys(GROWING, 10)


class Caller(NamedTuple):
    """A user, and the values of the names in the test cases."""

    user: User
    names: dict[str, str]


CALLERS = ("doctor", "patient", "both", "newcomer")
Clinic = dict[str, Caller]


class Step(NamedTuple):
    """One step of a query plan: its kind, its table, and the number of rows that it reads."""

    kind: str
    table: str | None
    rows: float


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Fills the database once for all tests of the module, and empties it again."""
    if connection.vendor != "postgresql":
        pytest.skip("Checks query plans of PostgreSQL.")
    tables = ", ".join(map(str, GROWING.keys() | {"clinic_appointmenttype", "clinic_doctor"}))
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("ANALYZE")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # Without ANALYZE: PostgreSQL would plan later tests for empty tables.
        cursor.execute(f"TRUNCATE {tables} CASCADE")


@pytest.fixture
def clinic(filled: None, db: None) -> Clinic:
    """A doctor, one of their patients, a doctor who is also a patient, and a new such doctor."""
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
    # Of a patient who is a doctor too, one of their own patients.
    as_doctor = Appointment.objects.filter(doctor__user=appointment.patient.user).live()
    patient = (as_doctor.select_related("patient").order_by("pk").first() or appointment).patient
    return {
        "DOCTOR": id_of(appointment.doctor),
        "DOCTOR AS A PERSON": id_of(appointment.doctor.user, "Person"),
        "PATIENT": id_of(appointment.patient),
        "PATIENT AS A PERSON": id_of(appointment.patient.user, "Person"),
        "APPOINTMENT": id_of(appointment),
        "FIRST DAY": str(days[0].date),
        "LAST DAY": str(days.reverse()[0].date),
        "BIRTH": str(patient.date_of_birth),
        "PHONE": str(patient.phone_number),
        "TYPE": id_of(AppointmentType.objects.get(name="Rare")),
    }


def steps_of(api: Api, caller: Caller, field: str) -> list[Step]:
    """Return all steps of PostgreSQL's plans for ``field``, which must not be empty."""
    for name, value in caller.names.items():
        field = field.replace(f'"{name}"', f'"{value}"')
    token = refresh_tokens.start(caller.user).access_token
    with CaptureQueriesContext(connection) as captured:
        answer = api(f"{{ answer: {field} }}", token=token)
    assert list(answer) == ["data"]
    assert answer["data"]["answer"] not in (None, [], {"edges": []})
    selects = [query["sql"] for query in captured if query["sql"].lstrip().startswith("SELECT")]
    assert len(selects) > 1
    return [step for sql in selects for step in plan_of(sql)]


def plan_of(sql: str) -> Iterator[Step]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        (plans,) = cursor.fetchone()
    pending = [plans[0]["Plan"]]
    while pending:
        step = pending.pop()
        # An index can be read completely and most of its rows discarded.
        read = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        rows = sum(step.get(name, 0) for name in read) * step["Actual Loops"]
        yield Step(step["Node Type"], step.get("Relation Name"), rows)
        pending.extend(step.get("Plans", ()))


def tables_over_limit(
    steps: list[Step], limits: Mapping[str | None, int] = GROWING
) -> set[str | None]:
    """Return the growing tables of which a step reads too many rows."""
    return {step.table for step in steps if step.rows > limits.get(step.table, inf)}


def is_sorted(steps: list[Step]) -> bool:
    return "Sort" in {step.kind for step in steps}


def page_in(condition: str, value: str) -> str:
    """Return the selection of a page with a filter or order of ``query_plan_cases``."""
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
    """Return all filters and orders that the schema offers, without mutations."""
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


def test_query_plan_cases_contain_every_filter_and_order() -> None:
    assert conditions_offered() == FILTERS.keys() | ORDERS.keys()


@pytest.mark.parametrize("condition", FILTERS)
def test_query_plan_of_filter_reads_own_rows_only(api: Api, clinic: Clinic, condition: str) -> None:
    field = page_in(condition, FILTERS[condition])
    for caller in callers_of(field):
        assert tables_over_limit(steps_of(api, clinic[caller], field)) == set()


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("condition", ORDERS)
def test_query_plan_of_order_reads_own_rows_only(
    api: Api, clinic: Clinic, condition: str, direction: str
) -> None:
    field = page_in(condition, direction)
    for caller in callers_of(field):
        assert tables_over_limit(steps_of(api, clinic[caller], field)) == set()


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_query_plan_of_order_uses_its_index(api: Api, clinic: Clinic, direction: str) -> None:
    assert {
        order: not is_sorted(steps_of(api, clinic["doctor"], page_in(order, direction)))
        for order in ORDERS
    } == ORDERS


@pytest.mark.parametrize("arguments", UNSORTED.values(), ids=UNSORTED)
def test_query_plan_of_appointments_does_not_sort(api: Api, clinic: Clinic, arguments: str) -> None:
    field = f"appointments(first: 20, {arguments}) {{ {PAGE} }}"
    assert not is_sorted(steps_of(api, clinic["doctor"], field))


@pytest.mark.parametrize(("size", "cursor"), [("first", "after"), ("last", "before")])
@pytest.mark.parametrize("order", [order for order, is_indexed in ORDERS.items() if is_indexed])
def test_query_plan_of_page_info_reads_own_rows_only(
    api: Api, clinic: Clinic, order: str, size: str, cursor: str
) -> None:
    ordering = f"ordering: {{ {order.rpartition('.')[2]}: ASC }}"
    for caller in clinic.values():
        token = refresh_tokens.start(caller.user).access_token
        outermost = api(
            f"{{ appointments({size}: 1, {ordering}) {{ edges {{ cursor }} }} }}", token=token
        )
        [edge] = outermost["data"]["appointments"]["edges"]
        page = f"{size}: 20, {cursor}: {json.dumps(edge['cursor'])}, {ordering}"
        info = "pageInfo { hasPreviousPage hasNextPage }"
        steps = steps_of(api, caller, f"appointments({page}) {{ {info} {PAGE} }}")
        assert tables_over_limit(steps) == set()


@pytest.mark.parametrize("field", OTHERS.values(), ids=OTHERS)
def test_query_plans_read_only_own_rows(api: Api, clinic: Clinic, field: str) -> None:
    for caller in callers_of(field):
        assert tables_over_limit(steps_of(api, clinic[caller], field)) == set()


@pytest.mark.parametrize("field", ONE.values(), ids=ONE)
def test_query_plan_of_object_by_id_reads_few_rows(api: Api, clinic: Clinic, field: str) -> None:
    for caller in clinic.values():
        assert tables_over_limit(steps_of(api, caller, field), FEW_ROWS) == set()


def test_query_plan_of_closure_conflicts_reads_the_appointments_inside(
    api: Api, clinic: Clinic, sam: User
) -> None:
    day = dt.date(2026, 3, 20)
    Closure.objects.create(name="Works outing", first_day=day, last_day=day)
    staff = Caller(sam, {})
    steps = steps_of(api, staff, "clinic { closures { conflicts { id } } }")
    # All appointments of the day, of which the first 1,000 are returned.
    limits = GROWING | {"clinic_appointment": 16 * DOCTORS}
    assert tables_over_limit(steps, limits) == set()


def test_query_plan_of_one_or_condition_reads_all_appointments(clinic: Clinic) -> None:
    visible = Appointment.objects.visible_to(clinic["newcomer"].user)
    page = visible.order_by("date", "time", "pk")[:20]
    with CaptureQueriesContext(connection) as captured:
        assert len(page) == 2
    assert tables_over_limit([*plan_of(captured[0]["sql"])]) == {"clinic_appointment"}


def test_query_plan_without_index_reads_all_appointments(api: Api, clinic: Clinic) -> None:
    field = f"appointments(first: 20) {{ {PAGE} }}"
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE clinic_appointment DROP CONSTRAINT appointment_doctor_one_start"
        )
        cursor.execute("DROP INDEX appointment_start")
        assert is_sorted(steps_of(api, clinic["doctor"], field))
        cursor.execute("DROP INDEX appointment_doctor_time, appointment_doctor_created")
    assert tables_over_limit(steps_of(api, clinic["doctor"], field)) == {"clinic_appointment"}
