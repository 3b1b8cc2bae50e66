"""Add guardians, assistants, patients who were registered, and for whom a change was made.

Appointments that patients booked themselves count as booked from the patient's side.
"""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import OuterRef, Subquery

import users.fields

RELATIONSHIPS = [
    ("parent", "Parent"),
    ("guardian", "Legal guardian"),
    ("partner", "Partner"),
    ("child", "Child"),
    ("carer", "Carer"),
    ("other", "Other"),
]


def mark_booked_by_patient(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    owner = apps.get_model("clinic.Patient").objects.filter(pk=OuterRef("patient"))
    appointments = apps.get_model("clinic.Appointment").objects.using(alias)
    appointments.filter(booked_by=Subquery(owner.values("user")[:1])).update(booked_by_patient=True)


def on_behalf_of() -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        help_text="The patient or the doctor for whom a guardian or an assistant acted.",
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0017_pending_since"),
        ("users", "0014_people_without_account"),
    ]

    operations = [
        migrations.AddField("accessrecord", "on_behalf_of", on_behalf_of()),
        migrations.AddField("appointmentchange", "on_behalf_of", on_behalf_of()),
        migrations.AddField(
            "appointment",
            "booked_by_patient",
            models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            "patient",
            "phone_number",
            users.fields.PhoneNumberField(blank=True, max_length=128, region=None),
        ),
        migrations.AddField(
            "patient",
            "registered_on",
            models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            "patient",
            "registering_doctor",
            models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="clinic.doctor",
            ),
        ),
        migrations.CreateModel(
            name="Assistant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "doctor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assistants",
                        to="clinic.doctor",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assisted_doctors",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("doctor", "user"), name="assistant_once_per_doctor"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Guardian",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("relationship", models.CharField(choices=RELATIONSHIPS, max_length=16)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "age_notified_at",
                    models.DateTimeField(blank=True, editable=False, null=True),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="guardians",
                        to="clinic.patient",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dependants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("patient", "user"), name="guardian_once_per_patient"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("relationship__in", [value for value, _label in RELATIONSHIPS])
                        ),
                        name="guardian_relationship_is_known",
                    ),
                ],
            },
        ),
        migrations.RunPython(mark_booked_by_patient, migrations.RunPython.noop, elidable=True),
    ]
