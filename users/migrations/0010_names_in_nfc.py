"""Store existing names in Unicode normalization form C. Running it again is safe."""

from functools import partial

from django.db import migrations

from users.fields import store_in_nfc


class Migration(migrations.Migration):
    dependencies = [("users", "0009_fill_folded_names")]

    operations = [
        migrations.RunPython(
            partial(store_in_nfc, model="users.User", fields=["first_name", "last_name"]),
            migrations.RunPython.noop,
            elidable=True,
        ),
    ]
