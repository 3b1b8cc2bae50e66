"""Fill the folded names, in batches.

Not in one transaction, which would lock the accounts for as long as it takes. Running it again
after an interruption is safe.
"""

from functools import partial

from django.db import migrations

from users.folded_fields import fill


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("users", "0008_folded_names")]

    operations = [
        migrations.RunPython(
            partial(fill, model="users.User"), migrations.RunPython.noop, elidable=True
        )
    ]
