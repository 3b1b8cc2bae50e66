"""Add when an email address was verified. Addresses of existing accounts count as verified."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def verify_existing(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    users = apps.get_model("users", "User").objects.using(schema_editor.connection.alias)
    users.update(email_verified_at=models.F("date_joined"))


class Migration(migrations.Migration):
    dependencies = [("users", "0011_session_started_at")]

    operations = [
        migrations.AddField(
            "user",
            "email_verified_at",
            models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When the owner used a link that was sent to the address.",
                null=True,
                verbose_name="email address verified at",
            ),
        ),
        migrations.RunPython(verify_existing, migrations.RunPython.noop, elidable=True),
    ]
