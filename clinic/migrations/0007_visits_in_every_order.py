"""An index for each order that one's visits may be listed in.

Foreign keys need none of their own where another begins with them. The new ones come
first, for MariaDB keeps the last index that a foreign key has.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0006_access_of_many"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            "appointment", models.Index(name="appointment_doctor_time", fields=["doctor", "time"])
        ),
        migrations.AddIndex(
            "appointment", models.Index(name="appointment_patient_time", fields=["patient", "time"])
        ),
        migrations.AddIndex(
            "appointment",
            models.Index(name="appointment_doctor_created", fields=["doctor", "created_at"]),
        ),
        migrations.AddIndex(
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
