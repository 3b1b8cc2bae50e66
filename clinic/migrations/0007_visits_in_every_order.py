"""An index for each order in which the appointments of a person can be listed.

Foreign keys need no index of their own where another one begins with them. The new ones come first,
because MariaDB keeps the last index that a foreign key has. Appointments are booked meanwhile.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from users.common.migration_operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("clinic", "0006_access_of_many"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexOnline(
            "appointment", models.Index(name="appointment_doctor_time", fields=["doctor", "time"])
        ),
        AddIndexOnline(
            "appointment", models.Index(name="appointment_patient_time", fields=["patient", "time"])
        ),
        AddIndexOnline(
            "appointment",
            models.Index(name="appointment_doctor_created", fields=["doctor", "created_at"]),
        ),
        AddIndexOnline(
            "appointment",
            models.Index(name="appointment_patient_created", fields=["patient", "created_at"]),
        ),
        migrations.AlterField(
            "appointment",
            "doctor",
            models.ForeignKey(
                "clinic.doctor",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                db_index=False,
            ),
        ),
        migrations.AlterField(
            "appointment",
            "patient",
            models.ForeignKey(
                "clinic.patient",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                db_index=False,
            ),
        ),
        migrations.AlterField(
            "appointment",
            "booked_by",
            models.ForeignKey(
                settings.AUTH_USER_MODEL,
                null=True,
                blank=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                db_index=False,
            ),
        ),
    ]
