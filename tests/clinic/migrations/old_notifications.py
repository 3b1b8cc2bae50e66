"""A notification and a grant from before migration 0008, migrated forwards and backwards.

Runs on the database of ``DATABASE_URL``. Prints, as JSON, after each direction: the
table's rows and the codenames of the permissions that the group has.
"""

import json
from collections.abc import Sequence
from typing import Any

from tests.support.migrations import migrate

OLD = ("clinic", "0007_visits_in_every_order")
NEW = ("clinic", "0008_notification")
ACTIONS = ("add", "change", "delete", "view")


def main(_arguments: Sequence[str]) -> None:
    migrate("users")
    _fill(migrate(*OLD))
    states = []
    for target, model in ((NEW, "Notification"), (OLD, "Notice")):
        states.append(_state(migrate(*target), model))
    migrate()
    print(json.dumps(states))  # noqa: T201 - read by the test


def _fill(apps: Any) -> None:
    people = [
        apps.get_model("users.User").objects.create(
            email=f"{name}@example.org", first_name=name, last_name="Example"
        )
        for name in ("ann", "dora")
    ]
    patient = apps.get_model("clinic.Patient").objects.create(
        user=people[0], date_of_birth="1990-05-17"
    )
    doctor = apps.get_model("clinic.Doctor").objects.create(
        user=people[1], specialty="Cardiology", phone_number="+4930123456", experience_years=12
    )
    appointment = apps.get_model("clinic.Appointment").objects.create(
        doctor=doctor, patient=patient, date="2026-03-03", time="09:00", duration_minutes=30
    )
    apps.get_model("clinic.Notice").objects.create(
        appointment=appointment,
        recipient=people[0],
        kind="booked",
        status="pending",
        date="2026-03-03",
        time="09:00",
        sequence=0,
    )
    type_, _ = apps.get_model("contenttypes.ContentType").objects.get_or_create(
        app_label="clinic", model="notice"
    )
    group = apps.get_model("auth.Group").objects.create(name="Reception")
    for action in ACTIONS:
        permission, _ = apps.get_model("auth.Permission").objects.get_or_create(
            content_type=type_, codename=f"{action}_notice", name=f"Can {action} notice"
        )
        group.permissions.add(permission)


def _state(apps: Any, model: str) -> dict[str, Any]:
    group = apps.get_model("auth.Group").objects.get(name="Reception")
    return {
        "notifications": list(
            apps.get_model("clinic", model).objects.values_list("recipient__email", "kind")
        ),
        "permissions": sorted(
            group.permissions.values_list("content_type__model", "codename", "name")
        ),
    }
