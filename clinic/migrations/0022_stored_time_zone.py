"""A table for the time zone of the dates and times in the database.

The first start after this migration stores the ``TIME_ZONE`` of the settings in it.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0021_change_type")]

    operations = [
        migrations.CreateModel(
            name="StoredTimeZone",
            fields=[
                (
                    "id",
                    models.SmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=63)),
            ],
        ),
    ]
