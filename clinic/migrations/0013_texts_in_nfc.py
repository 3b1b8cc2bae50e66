"""Store existing specialties, addresses and names of contacts in Unicode normalization form C. Running it again is safe."""

from functools import partial

from django.db import migrations

from users.fields import store_in_nfc


class Migration(migrations.Migration):
    dependencies = [("clinic", "0012_fill_folded_specialty")]

    operations = [
        migrations.RunPython(
            partial(store_in_nfc, model="clinic.Doctor", fields=["specialty"]),
            migrations.RunPython.noop,
            elidable=True,
        ),
        migrations.RunPython(
            partial(
                store_in_nfc, model="clinic.Patient", fields=["address", "emergency_contact_name"]
            ),
            migrations.RunPython.noop,
            elidable=True,
        ),
    ]
