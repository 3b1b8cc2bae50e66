"""One row of the audit for an operation, with all of its patients, in place of one for each."""

from itertools import groupby
from operator import attrgetter

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import clinic.models.access_record

BATCH = 1000
# What the rows of one operation share, unless it touched some records in another way.
operation = attrgetter("request_id", "at", "actor_id", "action", "operation", "fields", "address")


def gather(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the first row of each operation all of its patients, and drop the others."""
    records = apps.get_model("clinic", "AccessRecord").objects.using(schema_editor.connection.alias)
    kept, surplus = [], []
    for _, rows in groupby(records.order_by("pk").iterator(BATCH), key=operation):
        first, *others = rows
        first.patients = sorted({row.patient_id for row in (first, *others)})
        kept.append(first)
        surplus += [row.pk for row in others]
    records.bulk_update(kept, ["patients"], batch_size=BATCH)
    for start in range(0, len(surplus), BATCH):
        records.filter(pk__in=surplus[start : start + BATCH]).delete()


def index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001 - a migration's signature
    """By which a patient is found in the lists; the others have no such kind of index."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX access_of_patients ON clinic_accessrecord "
            "USING gin (patients jsonb_path_ops)"
        )


class Migration(migrations.Migration):
    dependencies = [("clinic", "0005_notice_sending_since")]

    operations = [
        migrations.AddField(
            "accessrecord",
            "patients",
            clinic.models.access_record.PatientIds(default=list, help_text="Whose records."),
            preserve_default=False,
        ),
        migrations.RunPython(gather),
        migrations.RemoveIndex("accessrecord", "access_of_patient"),
        migrations.RemoveField("accessrecord", "patient"),
        migrations.RunPython(index),
        migrations.AlterModelOptions("accessrecord", {"base_manager_name": "objects"}),
    ]
