"""A busy tick from before migration 0014, migrated forwards and backwards.

Runs on the database of ``DATABASE_URL``. Prints, as JSON, after each direction: the ticks, the
name of the constraint on them, and whether a second booking of the tick is rejected.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

OLD = ("clinic", "0013_texts_in_nfc")
NEW = ("clinic", "0014_busy_tick_constraint_name")
TICK = 213_000_000


def main(_arguments: Sequence[str]) -> None:
    _fill(_migrate(OLD))
    states = [_state(_migrate(target)) for target in (NEW, OLD, NEW)]
    print(json.dumps(states))  # noqa: T201 - read by the test


def _migrate(target: tuple[str, str]) -> Any:
    call_command("migrate", "users", verbosity=0)
    call_command("migrate", *target, verbosity=0)
    loader = MigrationExecutor(connection).loader
    return loader.project_state([target, *loader.graph.leaf_nodes("users")]).apps


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
