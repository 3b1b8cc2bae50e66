"""Prepared queries return what the same querysets return, on every database."""

import datetime as dt

import pytest
from django.db.models import CharField, DateField, DateTimeField, Value
from pytest_django import DjangoAssertNumQueries

from clinic.models import Closure, Doctor, TimeOff, WorkingHours
from tests.support.booking import add_time_off
from users.common.prepared_queries import Keys, Parameter, PreparedQuery

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
