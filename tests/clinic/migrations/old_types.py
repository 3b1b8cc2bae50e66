"""History from before migration 0021, migrated forwards and backwards.

Runs on the database of ``DATABASE_URL``. Prints the types in the history as JSON, and whether the
history is complete after migrating backwards.
"""

import json
from collections.abc import Sequence
from typing import Any

from tests.support.migrations import migrate

OLD = ("clinic", "0020_staff_groups")
NEW = ("clinic", "0021_change_type")


def main(_arguments: Sequence[str]) -> None:
    migrate("users")
    _fill(migrate(*OLD))
    changes = migrate(*NEW).get_model("clinic.AppointmentChange").objects.order_by("pk")
    types = list(changes.values_list("time", "appointment_type__name"))
    old = migrate(*OLD).get_model("clinic.AppointmentChange").objects
    states = {"new": [(f"{time:%H:%M}", name) for time, name in types], "old": old.count()}
    migrate()
    print(json.dumps(states))  # noqa: T201 - read by the test


def _fill(apps: Any) -> None:
    """Store an appointment with a type and one without, each with two entries in the history."""
    ann, dora = (
        apps.get_model("users.User").objects.create(
            email=f"{name}@example.org", first_name=name, last_name="Example"
        )
        for name in ("ann", "dora")
    )
    patient = apps.get_model("clinic.Patient").objects.create(user=ann, date_of_birth="1990-05-17")
    doctor = apps.get_model("clinic.Doctor").objects.create(
        user=dora, specialty="Cardiology", phone_number="+4930123456", experience_years=12
    )
    check_up = apps.get_model("clinic.AppointmentType").objects.create(
        name="Check-up", duration_minutes=30
    )
    for time, kind in (("09:00", check_up), ("10:00", None)):
        values = {"date": "2026-03-03", "time": time, "duration_minutes": 30}
        appointment = apps.get_model("clinic.Appointment").objects.create(
            doctor=doctor, patient=patient, appointment_type=kind, **values
        )
        for status in ("pending", "confirmed"):
            appointment.history.create(
                status=status, changed_at="2026-02-01T08:00:00Z", changed_by=ann, **values
            )
