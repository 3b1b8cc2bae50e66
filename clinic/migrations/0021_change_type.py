"""Store the type of an appointment in each entry of its history.

Entries from before get the present type. In an entry, null then means that there was no type.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import OuterRef, Subquery


def copy_types(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    appointments = apps.get_model("clinic.Appointment").objects.using(alias)
    changes = apps.get_model("clinic.AppointmentChange").objects.using(alias)
    typed = appointments.exclude(appointment_type=None)
    present = appointments.filter(pk=OuterRef("appointment")).values("appointment_type")[:1]
    # Not through a join: MySQL would read all primary keys first.
    changes.filter(appointment__in=typed.values("pk")).update(appointment_type=Subquery(present))


class Migration(migrations.Migration):
    dependencies = [("clinic", "0020_staff_groups")]

    operations = [
        migrations.AddField(
            model_name="appointmentchange",
            name="appointment_type",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="clinic.appointmenttype",
            ),
        ),
        migrations.RunPython(copy_types, migrations.RunPython.noop, elidable=True),
    ]
