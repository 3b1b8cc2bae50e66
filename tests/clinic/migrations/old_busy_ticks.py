"""A busy tick from before migration 0014, migrated forwards and backwards.

Runs on the database of ``DATABASE_URL``. Prints, as JSON, after each direction: the ticks, the
name of the constraint on them, and whether a second booking of the tick is rejected.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction

from tests.support.migrations import migrate

OLD = ("clinic", "0013_texts_in_nfc")
NEW = ("clinic", "0014_busy_tick_constraint_name")
TICK = 213_000_000


def main(_arguments: Sequence[str]) -> None:
    migrate("users")
    _fill(migrate(*OLD))
    states = [_state(migrate(*target)) for target in (NEW, OLD, NEW)]
    print(json.dumps(states))  # noqa: T201 - read by the test


def _fill(apps: Any) -> None:
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
    appointment = apps.get_model("clinic.Appointment").objects.create(
        doctor=doctor, patient=patient, date="2026-03-03", time="09:00", duration_minutes=30
    )
    apps.get_model("clinic.BusyTick").objects.create(appointment=appointment, person=ann, tick=TICK)


def _state(apps: Any) -> dict[str, Any]:
    ticks = apps.get_model("clinic.BusyTick").objects
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, "clinic_busytick")
    return {
        "ticks": list(ticks.values_list("person__email", "tick")),
        "constraints": [
            name
            for name, constraint in constraints.items()
            if constraint["unique"] and constraint["columns"] == ["person_id", "tick"]
        ],
        "rejects_second_booking": _rejects_second_booking(ticks),
    }


def _rejects_second_booking(ticks: Any) -> bool:
    tick = ticks.get()
    try:
        with transaction.atomic():
            ticks.create(appointment=tick.appointment, person=tick.person, tick=tick.tick)
    except IntegrityError:
        return True
    return False
