"""Allow people without an email address, and mark those who act for others.

Backwards, people without an address get one under ``.invalid``, where no email arrives.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState, StateApps
from django.utils.crypto import get_random_string

import users.fields


def remove_blank(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    accounts = apps.get_model("users.User").objects.using(schema_editor.connection.alias)
    accounts.filter(email="").update(email=None)


def fill_missing(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    accounts = apps.get_model("users.User").objects.using(schema_editor.connection.alias)
    for pk in accounts.filter(email=None).values_list("pk", flat=True):
        # Random, so that nobody can have registered it.
        address = f"no-address-{get_random_string(20).lower()}@no-address.invalid"
        accounts.filter(pk=pk).update(email=address)


class AlterEmail(migrations.AlterField):
    """Changes whether the address can be null, on MariaDB and MySQL with its binary collation.

    AlterField uses the collation of the database there, which takes é for e: the change fails if
    two addresses are then equal. See migration 0003.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._alter("NULL", app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._alter("NOT NULL", app_label, schema_editor, from_state, to_state)

    def _alter(
        self,
        null: str,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor == "mysql":
            column = f"email VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin {null}"
            schema_editor.execute(f"ALTER TABLE users_user MODIFY {column}")
        else:
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [("users", "0013_account_notification")]

    operations = [
        migrations.AddField(
            "user", "acts_for_doctors", models.BooleanField(default=False, editable=False)
        ),
        migrations.AddField(
            "user", "acts_for_patients", models.BooleanField(default=False, editable=False)
        ),
        AlterEmail(
            "user",
            "email",
            users.fields.EmailAddressField(  # type: ignore[misc]  # as in the model
                blank=True,
                default=None,
                max_length=254,
                null=True,
                unique=True,
                verbose_name="email address",
            ),
        ),
        migrations.RunPython(remove_blank, fill_missing, elidable=True),
        migrations.AddConstraint(
            "user",
            models.CheckConstraint(
                condition=models.Q(("email", ""), _negated=True),
                name="user_email_is_not_blank",
                violation_error_code="required",
                violation_error_message="Enter an email address, or none.",
            ),
        ),
    ]
