"""Add the groups Reception and Manager, with the permissions that their members need.

A group of the same name that exists already is left as it is. Backwards, the groups stay: they can
have members, and they do no harm to an earlier release.
"""

from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Q

# Permissions by app and model.
RECEPTION = {
    "clinic.appointment": "view add change",
    "clinic.appointmentchange": "view",
    "clinic.appointmenttype": "view",
    "clinic.assistant": "view",
    "clinic.closure": "view",
    "clinic.doctor": "view",
    "clinic.guardian": "view add change delete",
    "clinic.notification": "view",
    "clinic.offeredtype": "view",
    "clinic.patient": "view add change",
    "clinic.specialhours": "view",
    "clinic.timeoff": "view",
    "clinic.workinghours": "view",
}
EVERYTHING = "view add change delete"
MANAGER = {
    **RECEPTION,
    "clinic.appointmenttype": EVERYTHING,
    "clinic.assistant": EVERYTHING,
    "clinic.closure": EVERYTHING,
    "clinic.doctor": "view add change",
    "clinic.notification": "view change",
    "clinic.offeredtype": EVERYTHING,
    "clinic.patient": "view add change merge_patients",
    "clinic.specialhours": EVERYTHING,
    "clinic.timeoff": EVERYTHING,
    "clinic.workinghours": EVERYTHING,
    # They merge the two people whom an entry names.
    "users.addressconflict": "view delete",
    # Not grant_permissions: only superusers, and whom they allow to, make staff accounts.
    "users.user": "view add change change_roles change_email",
}
GROUPS = {"Reception": RECEPTION, "Manager": MANAGER}
ACTIONS = ("view", "add", "change", "delete")


def add_groups(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    _create_permissions(apps, alias)
    permissions = apps.get_model("auth.Permission").objects.using(alias)
    for name, codenames in GROUPS.items():
        group, is_new = apps.get_model("auth.Group").objects.using(alias).get_or_create(name=name)
        if is_new:
            group.permissions.set(permissions.filter(_condition(codenames)))


def _create_permissions(apps: StateApps, alias: str) -> None:
    """Create the permissions, as Django does only after all migrations."""
    for label in ("clinic", "users"):
        config = apps.get_app_config(label)
        # create_permissions() skips apps without it, which those of a migration are.
        config.models_module = True  # type: ignore[assignment]
        create_permissions(config, verbosity=0, using=alias, apps=apps)
        config.models_module = None


def _condition(codenames: dict[str, str]) -> Q:
    condition = Q(pk__in=())
    for path, names in codenames.items():
        label, model = path.split(".")
        wanted = [f"{name}_{model}" if name in ACTIONS else name for name in names.split()]
        condition |= Q(
            content_type__app_label=label, content_type__model=model, codename__in=wanted
        )
    return condition


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0019_registration_and_merging"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        # Adds AddressConflict.
        ("users", "0015_email_links"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(add_groups, migrations.RunPython.noop)]
