"""Fill the folded specialties, in batches. Running it again is safe."""

from functools import partial

from django.db import migrations

from users.folded_fields import fill


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("clinic", "0011_folded_specialty")]

    operations = [
        migrations.RunPython(
            partial(fill, model="clinic.Doctor"), migrations.RunPython.noop, elidable=True
        )
    ]
