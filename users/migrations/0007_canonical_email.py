"""Convert stored email addresses to their canonical form; mark those that cannot be converted.

An address that has no canonical form, or the same one as another account's, is left as it is.
``manage.py check_addresses`` lists these. Backwards, the addresses stay canonical: an earlier
release mails them correctly, and their owners sign in with the ASCII form of the domain.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from users.email_addresses import review


def convert_addresses(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001 - a migration's signature
    accounts = apps.get_model("users", "User").objects
    found = review(dict(accounts.values_list("pk", "email")))
    for pk, canonical in found.convertible.items():
        accounts.filter(pk=pk).update(email=canonical)
    for pk in [*found.invalid, *found.colliding]:
        accounts.filter(pk=pk).update(email_needs_review=True)


class Migration(migrations.Migration):
    dependencies = [("users", "0006_email_needs_review")]

    operations = [migrations.RunPython(convert_addresses, migrations.RunPython.noop)]
