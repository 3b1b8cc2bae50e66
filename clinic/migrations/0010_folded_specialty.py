"""Columns for the folded specialty; the specialty itself is compared by code point.

Until now MariaDB and MySQL took specialties for equal that differ in case or accents.
"""

import django.core.validators
from django.db import migrations, models

import users.folded_fields


class Migration(migrations.Migration):
    dependencies = [("clinic", "0009_wording")]

    operations = [
        migrations.AlterField(
            "doctor",
            "specialty",
            users.folded_fields.BinaryCharField(
                db_index=True,
                max_length=100,
                validators=[
                    django.core.validators.RegexValidator(
                        "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]",
                        code="invalid",
                        inverse_match=True,
                        message="This text contains characters that cannot be displayed. Remove them.",
                    )
                ],
            ),
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
