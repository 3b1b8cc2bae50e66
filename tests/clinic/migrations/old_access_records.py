"""Access records from before migration 0006, migrated forwards.

Runs on the database of ``DATABASE_URL``. Prints, as JSON, the patients, the operation and
the fields of each row after the migration. The arguments: the number of rows of a batch, and after
how many batches the migration is interrupted before it is run again, 0 for never.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

from django.db import connection
from django.utils import timezone

from clinic.models import AccessRecord, Patient
from tests.support.migrations import migrate

OLD = ("clinic", "0005_notice_sending_since")
# Request, operation, fields and patient of each row.
ROWS = [
    ("one", "List", ["Patient.address"], 0),
    ("one", "List", ["Patient.address"], 1),
    ("one", "List", ["Patient.address", "Patient.dateOfBirth"], 2),
    ("two", "List", ["Patient.address"], 1),
    ("two", "List", ["Patient.address"], 0),
]


class Interrupted(Exception):
    """The process that migrates was ended."""


def main(arguments: Sequence[str]) -> None:
    migration: Any = import_module("clinic.migrations.0006_access_of_many")
    migration.BATCH, batches = map(int, arguments)
    migration.FOLLOWING = 1
    migrate("users")
    _fill(migrate(*OLD))
    if batches:
        with suppress(Interrupted), connection.execute_wrapper(_interrupt_after(batches)):
            migrate("clinic")
    migrate("clinic")

    ids = Patient.objects.order_by("pk").values_list("pk", flat=True)
    numbers = {pk: number for number, pk in enumerate(ids)}
    rows = [
        [[numbers[pk] for pk in row.patients], row.operation, row.fields]
        for row in AccessRecord.objects.order_by("pk")
    ]
    print(json.dumps(rows))  # noqa: T201 - read by the test


def _interrupt_after(batches: int) -> Callable[..., Any]:
    """Return a wrapper of statements that fails at the batch after so many of them."""
    left = batches

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's signature
        nonlocal left
        if many and "clinic_accessrecord" in sql:
            left -= 1
            if left < 0:
                raise Interrupted
        return run(sql, params, many, context)

    return execute


def _fill(apps: Any) -> None:
    user, patient, record = (
        apps.get_model(name) for name in ("users.User", "clinic.Patient", "clinic.AccessRecord")
    )
    people = [
        user.objects.create(
            email=f"{n}@example.org", first_name="A", last_name="B", is_patient=True
        )
        for n in range(3)
    ]
    patients = [
        patient.objects.create(user=person, date_of_birth="1990-05-17") for person in people
    ]
    at = timezone.now()
    for request, operation, fields, number in ROWS:
        record.objects.create(
            at=at,
            actor=people[0],
            patient=patients[number],
            action="read",
            operation=operation,
            fields=fields,
            request_id=request,
        )
