"""INSERTs that are compiled once, and the cursor of prepared statements."""

import datetime as dt

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from clinic.models import AccessRecord, AppointmentChange, Doctor, Patient
from tests.support.booking import NINE, TUESDAY, book_as_patient
from users.common.open_cursor import default_database, open_cursor
from users.common.prepared_inserts import PreparedInsert

pytestmark = pytest.mark.django_db


def test_insert_stores_what_save_stores(
    dora: Doctor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    values = {
        "at": dt.datetime(2026, 3, 29, 0, 30, tzinfo=dt.UTC),
        "actor_id": dora.user_id,
        "on_behalf_of_id": None,
        "patients": [1, 2],
        "action": "read",
        "operation": "100 % of %s",
        "fields": ["Patient.dateOfBirth"],
        "address": "2001:db8::1",
        "request_id": "",
    }
    insert = PreparedInsert(AccessRecord)
    AccessRecord.objects.create(**values)
    other = {**values, "operation": ") VALUES (%s", "patients": [3], "address": None}
    for rows in ([values], [values, other], []):
        with django_assert_num_queries(min(len(rows), 1)):
            insert.run(rows)
    stored = AccessRecord.objects.order_by("pk").values(*values)
    assert list(stored) == [values, values, values, other]


def test_insert_requires_each_field(dora: Doctor) -> None:
    names = ["at", "on_behalf_of_id", "patients", "action", "operation", "fields"]
    with pytest.raises(KeyError, match="address"):
        PreparedInsert(AccessRecord).run([{**dict.fromkeys(names), "actor_id": dora.user_id}])


def test_insert_of_one_returns_primary_key(
    dora: Doctor, ann: Patient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    appointment = book_as_patient(ann, dora)
    first = AppointmentChange.objects.get()
    values = {
        "appointment_id": appointment.pk,
        "status": "confirmed",
        "date": TUESDAY,
        "time": NINE,
        "duration_minutes": 30,
        "doctor_id": dora.pk,
        "appointment_type_id": None,
        "outside_availability": True,
        "reason": "50 % \u00fc",
        "changed_at": dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC),
        "changed_by_id": None,
        "on_behalf_of_id": ann.user_id,
    }
    insert = PreparedInsert(AppointmentChange)
    for _ in range(2):
        with django_assert_num_queries(1):
            pk = insert.run_one(**values)
        assert AppointmentChange.objects.filter(pk=pk).values(*values).get() == values
    assert AppointmentChange.objects.exclude(pk=first.pk).count() == 2


@pytest.mark.django_db(transaction=True)
def test_open_cursor_is_kept_until_connection_is_closed() -> None:
    cursor, opened = open_cursor(default_database()), connection.connection
    assert open_cursor(default_database()) is cursor
    connection.close()
    other = open_cursor(default_database())
    # Django does not close SQLite's database in memory.
    assert (other is cursor) == (connection.connection is opened)
    other.execute("SELECT 1")
    assert other.fetchall()[0][0] == 1
