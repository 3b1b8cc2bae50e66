"""One access record for an operation, with all of its patients, instead of one for each patient.

Runs in batches, so that no row and no table is locked for long. It can be interrupted and run
again.
"""

import json
from itertools import groupby, takewhile
from operator import attrgetter
from typing import Any

import django.db.models.deletion
from django.db import connections, migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import QuerySet

import clinic.models.access_record
from users.common.migration_operations import (
    AddFieldIfMissing,
    AlterFieldIfPresent,
    RemoveFieldIfPresent,
    RemoveIndexIfPresent,
    create_index_concurrently,
)

BATCH = 1000
FOLLOWING = 100
# What the rows of one operation share, unless some records were accessed in another way.
operation = attrgetter("request_id", "at", "actor_id", "action", "operation", "fields", "address")


def gather(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the first row of each operation all of its patients, and drop the others."""
    connection = schema_editor.connection
    records = (
        apps.get_model("clinic", "AccessRecord").objects.using(connection.alias).order_by("pk")
    )
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, "clinic_accessrecord")
    if not any(column.name == "patient_id" for column in columns):
        return  # all were gathered before an interruption
    last = 0
    while batch := list(records.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        # An operation must not be split between two batches.
        if len(batch) == BATCH:
            batch += _rest_of_operation(records, batch[-1])
            last = batch[-1].pk
        _gather_batch(records, batch)


def _rest_of_operation(records: QuerySet[Any], last: Any) -> list[Any]:
    """Return the rows that follow ``last`` and belong to the same operation."""
    rest: list[Any] = []
    # With a limit: a cursor for all rows makes PostgreSQL sort the whole table first.
    while following := list(records.filter(pk__gt=(rest or [last])[-1].pk)[:FOLLOWING]):
        same = list(takewhile(lambda row: operation(row) == operation(last), following))
        rest += same
        if len(same) < len(following):
            break
    return rest


def _gather_batch(records: QuerySet[Any], batch: list[Any]) -> None:
    kept, surplus = [], []
    for _, rows in groupby(batch, key=operation):
        first, *others = rows
        # A row that has patients was gathered before an interruption.
        if not first.patients:
            first.patients = sorted({row.patient_id for row in (first, *others)})
            kept.append(first)
            surplus += [row.pk for row in others]
    # bulk_update() takes several times as long as the database.
    update = "UPDATE clinic_accessrecord SET patients = %s WHERE id = %s"
    values = [(json.dumps(row.patients), row.pk) for row in kept]
    with transaction.atomic(using=records.db):
        with connections[records.db].cursor() as cursor:
            cursor.executemany(update, values)
        for start in range(0, len(surplus), BATCH):
            records.filter(pk__in=surplus[start : start + BATCH]).order_by().delete()


def index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001 - a migration's signature
    """Index the patients of the records on PostgreSQL; other databases have no such index."""
    create_index_concurrently(
        schema_editor,
        "access_of_patients",
        "clinic_accessrecord USING gin (patients jsonb_path_ops)",
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("clinic", "0005_notice_sending_since")]

    operations = [
        # Expand: from here on servers of both releases can write.
        AddFieldIfMissing(
            "accessrecord",
            "patients",
            clinic.models.access_record.PatientIds(db_default=[], help_text="Whose records."),
        ),
        AlterFieldIfPresent(
            "accessrecord",
            "patient",
            models.ForeignKey(
                "clinic.patient",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="access_records",
            ),
        ),
        migrations.RunPython(index),
        # Fill in.
        migrations.RunPython(gather),
        # Contract: servers of the earlier release must have been stopped.
        RemoveIndexIfPresent("accessrecord", "access_of_patient"),
        RemoveFieldIfPresent("accessrecord", "patient"),
        migrations.AlterField(
            "accessrecord",
            "patients",
            clinic.models.access_record.PatientIds(help_text="Whose records."),
        ),
        migrations.AlterModelOptions("accessrecord", {"base_manager_name": "objects"}),
    ]
