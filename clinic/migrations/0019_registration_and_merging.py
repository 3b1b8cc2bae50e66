"""Add merged patients, the lock of registrations, and indexes to find patients by."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def add_lock(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    locks = apps.get_model("clinic.ServiceLock").objects.using(schema_editor.connection.alias)
    locks.create(name="register_patient")


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0018_guardians_and_assistants"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ServiceLock",
            fields=[
                ("name", models.CharField(max_length=50, primary_key=True, serialize=False)),
            ],
        ),
        migrations.RunPython(add_lock, migrations.RunPython.noop),
        migrations.CreateModel(
            name="MergedPatient",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "merged_id",
                    models.BigIntegerField(
                        help_text="Primary key of the former patient profile.", unique=True
                    ),
                ),
                ("merged_at", models.DateTimeField()),
                (
                    "merged_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "merged_user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="clinic.patient",
                    ),
                ),
            ],
        ),
        migrations.AlterModelOptions(
            name="patient",
            options={"permissions": (("merge_patients", "Can merge the records of two patients"),)},
        ),
        migrations.AddIndex(
            "patient", models.Index(fields=["date_of_birth"], name="patient_date_of_birth")
        ),
        migrations.AddIndex(
            "patient", models.Index(fields=["phone_number"], name="patient_phone_number")
        ),
    ]
