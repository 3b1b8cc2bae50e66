"""Appointments from before migration 0016, migrated forwards and backwards.

Runs on the database of ``DATABASE_URL``. Prints the state as JSON: after migrating forwards, and
after what only the new release can store was added and all was migrated backwards.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from tests.support.migrations import migrate

OLD = ("clinic", "0015_held_notifications")
NEW = ("clinic", "0017_pending_since")
STATUSES = {"09:00": "pending", "10:00": "confirmed", "11:00": "cancelled"}
# Ticks of the confirmed appointment, from 10:00 to 10:25, and of its buffers.
TEN = dt.date(2026, 3, 3).toordinal() * 288 + 120
BUFFERS = {"buffer_before_minutes": 10, "buffer_after_minutes": 15}
KINDS = ("booked", "lapsed", "reopened", "amended", "reassigned")


def main(_arguments: Sequence[str]) -> None:
    migrate("users")
    _fill(migrate(*OLD))
    before = timezone.now()
    new = migrate(*NEW)
    states = {"new": _new_state(new, before)}
    _use_new_release(new)
    states["old"] = _old_state(migrate(*OLD))
    migrate()
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
    for minutes, (time, status) in enumerate(STATUSES.items(), start=4):
        appointment = apps.get_model("clinic.Appointment").objects.create(
            doctor=doctor,
            patient=patient,
            date="2026-03-03",
            time=time,
            duration_minutes=minutes * 5,
            status=status,
        )
        for entry in ("pending", status):
            appointment.history.create(
                status=entry,
                date=appointment.date,
                time=time,
                changed_at="2026-02-01T08:00:00Z",
                changed_by=ann,
            )


def _new_state(apps: Any, before: Any) -> dict[str, Any]:
    appointments = apps.get_model("clinic.Appointment").objects.order_by("time")
    return {
        # Whether it waits since the migration; None if it does not wait.
        "waits_since_migration": [
            since and before <= since <= timezone.now()
            for since in appointments.values_list("pending_since", flat=True)
        ],
    }


def _use_new_release(apps: Any) -> None:
    """Record a no-show with buffers and a change by no user, and notify of new kinds."""
    appointment = apps.get_model("clinic.Appointment").objects.get(status="confirmed")
    type(appointment).objects.filter(pk=appointment.pk).update(status="no_show", **BUFFERS)
    for person, span in (
        (appointment.doctor.user, range(TEN - 2, TEN + 8)),
        (appointment.patient.user, range(TEN, TEN + 5)),
    ):
        for tick in span:
            appointment.ticks.create(person=person, tick=tick)
    values = {"status": "no_show", "date": appointment.date, "time": appointment.time}
    appointment.history.create(changed_at=timezone.now(), changed_by=None, **values)
    for sequence, kind in enumerate(KINDS):
        appointment.notifications.create(
            recipient=appointment.patient.user, kind=kind, sequence=sequence, **values
        )


def _old_state(apps: Any) -> dict[str, Any]:
    notifications = apps.get_model("clinic.Notification").objects.order_by("sequence")
    return {
        "statuses": list(
            apps.get_model("clinic.Appointment")
            .objects.order_by("time")
            .values_list("status", flat=True)
        ),
        "history": _history(apps, "status", "changed_by__email"),
        "ticks": _ticks(apps),
        "notifications": list(notifications.values_list("kind", "status")),
    }


def _history(apps: Any, *fields: str) -> list[Any]:
    entries = apps.get_model("clinic.AppointmentChange").objects
    return list(entries.order_by("appointment__time", "pk").values_list(*fields))


def _ticks(apps: Any) -> list[Any]:
    """Return the ticks after the start of the confirmed appointment, by person."""
    ticks = apps.get_model("clinic.BusyTick").objects.order_by("person__email", "tick")
    return [(email, tick - TEN) for email, tick in ticks.values_list("person__email", "tick")]
