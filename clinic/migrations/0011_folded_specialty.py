"""Columns for the folded specialty; the specialty itself is compared by code point.

Until now MariaDB and MySQL took specialties for equal that differ in case or accents.
"""

from django.db import migrations, models

import users.fields
import users.folded_fields


class Migration(migrations.Migration):
    dependencies = [("clinic", "0010_name_and_phone_fields")]

    operations = [
        migrations.AlterField(
            "doctor",
            "specialty",
            users.fields.BinaryNameField(db_index=True, max_length=100),
        ),
        migrations.AddField(
            "doctor",
            "specialty_key",
            users.folded_fields.EqualityKeyField("specialty"),
        ),
        migrations.AddField(
            "doctor",
            "specialty_folded",
            users.folded_fields.SearchKeyField("specialty"),
        ),
        migrations.AddIndex(
            "doctor", models.Index(fields=["specialty_key"], name="doctor_specialty_key")
        ),
    ]
