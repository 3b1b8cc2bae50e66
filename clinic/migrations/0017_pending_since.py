"""Count the days until an unanswered request lapses from this release on.

Backwards, rows that an earlier release cannot represent are changed: NO_SHOW becomes CONFIRMED, the
doctor counts as the author of a change that no user made, a notification of a new kind gets the
most similar one, and the time of buffers is free again.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import OuterRef, Subquery
from django.utils import timezone

BATCH = 500
EARLIER_KINDS = {
    "lapsed": "cancelled",
    "reopened": "confirmed",
    "amended": "moved",
    "reassigned": "moved",
}


def start_waiting(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    appointments = apps.get_model("clinic.Appointment").objects.using(
        schema_editor.connection.alias
    )
    pending = appointments.filter(status="pending", pending_since__isnull=True)
    pending.update(pending_since=timezone.now())


def remove_new_values(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    for name in ("Appointment", "AppointmentChange", "Notification"):
        rows = apps.get_model(f"clinic.{name}").objects.using(alias)
        rows.filter(status="no_show").update(status="confirmed")
    appointments = apps.get_model("clinic.Appointment").objects.using(alias)
    doctor = appointments.filter(pk=OuterRef("appointment")).values("doctor__user")[:1]
    changes = apps.get_model("clinic.AppointmentChange").objects.using(alias)
    changes.filter(changed_by__isnull=True).update(changed_by=Subquery(doctor))
    _remove_buffers(apps, alias)
    notifications = apps.get_model("clinic.Notification").objects.using(alias)
    for kind, earlier in EARLIER_KINDS.items():
        notifications.filter(kind=kind).update(kind=earlier)


def _remove_buffers(apps: StateApps, alias: str) -> None:
    """Delete the ticks of buffers, which would block the doctor and belong to no appointment."""
    appointments = apps.get_model("clinic.Appointment").objects.using(alias)
    buffered = appointments.exclude(buffer_before_minutes=0, buffer_after_minutes=0)
    ticks = apps.get_model("clinic.BusyTick").objects.using(alias)
    columns = ("ticks", "ticks__tick", "date", "time", "duration_minutes")
    stale = []
    for pk, tick, date, time, minutes in buffered.filter(ticks__isnull=False).values_list(*columns):
        start = date.toordinal() * 288 + (time.hour * 60 + time.minute) // 5
        if not start <= tick < start + minutes // 5:
            stale.append(pk)
    for first in range(0, len(stale), BATCH):
        ticks.filter(pk__in=stale[first : first + BATCH]).delete()
    buffered.update(buffer_before_minutes=0, buffer_after_minutes=0)


class Migration(migrations.Migration):
    dependencies = [("clinic", "0016_appointment_types")]

    operations = [migrations.RunPython(start_waiting, remove_new_values, elidable=True)]
