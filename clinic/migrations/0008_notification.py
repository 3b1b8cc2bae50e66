"""Rename Notice to Notification: the table, its constraints and the permissions of staff.

Django renames the content type with the model but keeps the codenames of its
permissions. Without ``rename_permissions``, groups that were granted ``view_notice``
would lose access to the emails in the admin.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Q

ACTIONS = ("add", "change", "delete", "view")
UNIQUE_FIELDS = ("appointment", "recipient", "kind", "date", "time", "sequence")


def _rename(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor, old: str, new: str) -> None:
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    for action in ACTIONS:
        permissions.filter(content_type__app_label="clinic", codename=f"{action}_{old}").update(
            codename=f"{action}_{new}", name=f"Can {action} {new}"
        )


def rename_permissions(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the permissions of the model their new codenames; grants stay as they are."""
    _rename(apps, schema_editor, "notice", "notification")


def restore_permissions(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the permissions of the model their old codenames."""
    _rename(apps, schema_editor, "notification", "notice")


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0007_visits_in_every_order"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RenameModel("Notice", "Notification"),
        migrations.RunPython(rename_permissions, restore_permissions),
        migrations.AlterField(
            "notification",
            "appointment",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notifications",
                to="clinic.appointment",
            ),
        ),
        migrations.AddConstraint(
            "notification",
            models.UniqueConstraint(fields=UNIQUE_FIELDS, name="notification_enqueued_once"),
        ),
        migrations.RemoveConstraint("notification", "notice_told_once"),
        migrations.AddConstraint(
            "notification",
            models.CheckConstraint(
                condition=~Q(kind="reminder") | Q(sequence=0),
                name="notification_reminder_sequence_is_zero",
            ),
        ),
        migrations.RemoveConstraint("notification", "notice_reminder_once_a_time"),
        migrations.AddConstraint(
            "notification",
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(dropped_at__isnull=True),
                name="notification_not_sent_and_dropped",
            ),
        ),
        migrations.RemoveConstraint("notification", "notice_sent_or_dropped"),
    ]
