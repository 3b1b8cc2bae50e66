"""Mark of accounts whose stored address is not canonical, and the field that converts addresses."""

from django.db import migrations, models

import users.fields


class Migration(migrations.Migration):
    dependencies = [("users", "0005_name_fields")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="email_needs_review",
            field=models.BooleanField(
                default=False,
                editable=False,
                help_text="The address was stored by an earlier release and has no canonical form, or the same one as another account. No email is sent to it.",
                verbose_name="email address needs review",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="email",
            field=users.fields.EmailAddressField(
                max_length=254, unique=True, verbose_name="email address"
            ),
        ),
    ]
