"""Add when each session started. Running sessions start at the time of their present token."""

import django.utils.timezone
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    tokens = apps.get_model("users", "RefreshToken").objects.using(schema_editor.connection.alias)
    tokens.update(session_started_at=models.F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("users", "0010_names_in_nfc")]

    operations = [
        migrations.AddField(
            "refreshtoken",
            "session_started_at",
            models.DateTimeField(
                default=django.utils.timezone.now, verbose_name="session started at"
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
