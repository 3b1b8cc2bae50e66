"""Prepared queries return what the same querysets return, on every database."""

import datetime as dt
from typing import Any

import pytest
from django.db.models import (
    CharField,
    DateField,
    DateTimeField,
    F,
    IntegerField,
    QuerySet,
    Value,
)
from pytest_django import DjangoAssertNumQueries

from clinic.models import (
    Appointment,
    Closure,
    Doctor,
    Patient,
    TimeOff,
    WorkingHours,
)
from tests.support.booking import add_time_off, book_as_patient
from users.common.prepared_queries import Keys, Parameter, PreparedQuery, Variants

pytestmark = pytest.mark.django_db
COLUMNS = ("doctor", "weekday", "start_time", "end_time")
HOURS = PreparedQuery(
    lambda: (
        WorkingHours.objects.filter(doctor__in=Keys("doctors")).order_by("pk").values_list(*COLUMNS)
    )
)


def test_rows_have_the_values_of_the_queryset(
    dora: Doctor, emil: Doctor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for doctors in ([dora.pk], [dora.pk, emil.pk], [emil.pk]):
        hours = WorkingHours.objects.filter(doctor__in=doctors).order_by("pk")
        expected = list(hours.values_list(*COLUMNS))
        assert expected
        with django_assert_num_queries(1):
            assert HOURS.rows(doctors=doctors) == expected


def test_no_keys_take_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert HOURS.rows(doctors=[]) == []


def test_moments_are_compared_and_returned_in_utc(dora: Doctor) -> None:
    start = dt.datetime(2026, 3, 29, 0, 30, tzinfo=dt.UTC)
    end = start + dt.timedelta(hours=1)
    add_time_off(dora, starts_at=start, ends_at=end)
    ending_after = PreparedQuery(
        lambda: TimeOff.objects.filter(
            ends_at__gt=Parameter("moment", DateTimeField())
        ).values_list("starts_at", "ends_at")
    )
    berlin = dt.timezone(dt.timedelta(hours=2))
    assert ending_after.rows(moment=(end - dt.timedelta(minutes=1)).astimezone(berlin)) == [
        (start, end)
    ]
    assert ending_after.rows(moment=end.astimezone(berlin)) == []


def test_constants_and_percent_signs_stay() -> None:
    Closure.objects.create(
        name="50 % off", first_day=dt.date(2026, 5, 1), last_day=dt.date(2026, 5, 2)
    )
    Closure.objects.create(
        name="50 pieces", first_day=dt.date(2026, 5, 1), last_day=dt.date(2026, 5, 2)
    )
    closures = PreparedQuery(
        lambda: Closure.objects.filter(
            name__contains="0 %", first_day=Parameter("first", DateField())
        ).values_list("name", Value("%s", CharField()))
    )
    assert closures.rows(first=dt.date(2026, 5, 1)) == [("50 % off", "%s")]
    assert closures.rows(first=dt.date(2026, 5, 2)) == []


def test_instances_are_those_of_the_queryset(
    ann: Patient, dora: Doctor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """With related rows, deferred fields, annotations and converted values."""
    appointment = book_as_patient(ann, dora)

    def rows(key: Any) -> QuerySet[Appointment]:
        loaded = Appointment.objects.filter(pk=key).select_related("doctor__user", "patient")
        only = ("date", "time", "doctor__user__last_name", "patient__date_of_birth")
        return loaded.only(*only).annotate(ends=F("time"), note=Value("50 %"))

    def state(row: Appointment) -> dict[str, Any]:
        related = {"doctor": row.doctor, "account": row.doctor.user, "patient": row.patient}
        parts = {"row": row, **related}
        left_out = ("_state", "loaded")
        return {
            name: {key: value for key, value in vars(part).items() if key not in left_out}
            for name, part in parts.items()
        }

    query = PreparedQuery(lambda: rows(Parameter("key", IntegerField())))
    [expected] = rows(appointment.pk)
    for _ in range(2):
        with django_assert_num_queries(1):
            [found] = query.instances(key=appointment.pk)
            assert state(found) == state(expected)
    assert not found._state.adding  # noqa: SLF001 - Django's public name
    assert query.instances(key=0) == []
    with django_assert_num_queries(1):
        assert found.duration_minutes == appointment.duration_minutes


def test_conditions_that_exclude_all_rows_take_no_query(
    dora: Doctor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    query = PreparedQuery(lambda: Doctor.objects.filter(pk__in=()))
    for _ in range(2):
        with django_assert_num_queries(0):
            assert (query.rows(), query.instances()) == ([], [])


def test_variants_keep_a_limited_number_of_conditions() -> None:
    made: list[int] = []

    def get(condition: int) -> int:
        def make() -> int:
            made.append(condition)
            return condition * 10

        return variants.get(condition, make)

    variants = Variants[int](limit=2)
    assert [get(1), get(2), get(1), get(2)] == [10, 20, 10, 20]
    assert made == [1, 2]
    assert [get(3), get(3), get(1)] == [30, 30, 10]
    assert made == [1, 2, 3, 1]
