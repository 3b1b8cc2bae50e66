"""Columns for the folded names, by which people are searched and sorted."""

from django.db import migrations

import users.folded_fields


class Migration(migrations.Migration):
    dependencies = [("users", "0007_canonical_email")]

    operations = [
        migrations.AddField(
            "user",
            "first_name_folded",
            users.folded_fields.SearchKeyField("first_name"),
        ),
        migrations.AddField(
            "user",
            "last_name_folded",
            users.folded_fields.SearchKeyField("last_name"),
        ),
    ]
