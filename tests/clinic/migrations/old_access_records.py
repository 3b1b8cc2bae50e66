"""Access records from before migration 0006, migrated forwards.

Runs on the database of ``DATABASE_URL``. Prints, as JSON, the patients, the operation and
the fields of each row after the migration.
"""

import json
from collections.abc import Sequence
from typing import Any

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


def main(_arguments: Sequence[str]) -> None:
    migrate("users")
    _fill(migrate(*OLD))
    migrate("clinic")

    ids = Patient.objects.order_by("pk").values_list("pk", flat=True)
    numbers = {pk: number for number, pk in enumerate(ids)}
    rows = [
        [[numbers[pk] for pk in row.patients], row.operation, row.fields]
        for row in AccessRecord.objects.order_by("pk")
    ]
    print(json.dumps(rows))  # noqa: T201 - read by the test


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
