"""Rows that migrations add, restored whenever a test empties the database.

A transactional test leaves all tables empty, and Django restores content types and permissions
only. With several processes, any other test can run after it.
"""

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.db.models import Model
from django.db.models.signals import post_migrate

RESTORED_BY_DJANGO = {ContentType, Permission}


def migrated_rows() -> str:
    """Return the rows of all tables as JSON, without those that Django restores.

    Rows refer to each other by natural keys, because restored permissions have other primary keys.
    """
    models: list[type[Model]] = [m for m in apps.get_models() if m not in RESTORED_BY_DJANGO]
    rows = [row for model in models for row in model._default_manager.order_by("pk")]  # noqa: SLF001 - documented by Django
    text: str = serializers.serialize(
        "json", rows, use_natural_foreign_keys=True, use_natural_primary_keys=True
    )
    return text


def restore_after_flush(rows: str) -> None:
    """Store ``rows``, those of ``migrated_rows()``, after each flush of the database."""

    def restore(using: str, **_signal: object) -> None:
        for row in serializers.deserialize("json", rows, using=using):
            row.save(using=using)

    # The signal is sent for one app after the other. The receivers of the last one find the
    # permissions of all.
    last = [app for app in apps.get_app_configs() if app.models_module][-1]
    post_migrate.connect(restore, sender=last, weak=False)
