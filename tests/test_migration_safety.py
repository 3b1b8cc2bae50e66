"""New migrations lock no large table, work beside the earlier release, and can be undone."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django_migration_linter import MigrationLinter

APPS = ("clinic", "users")
INDEX_OF_NEW_TABLE = "the table of the index is created in the same migration, and empty"
BEFORE = "written before new migrations were checked; runs once, while the server is stopped"
# Migrations that the linter refuses. A new one is added with the reason why it does no harm: see
# CONTRIBUTING.md, "Change the database".
ACCEPTED = {
    ("clinic", "0004_appointment_start"): BEFORE,
    ("clinic", "0006_access_of_many"): "removes a column, which no release reads any more",
    ("clinic", "0008_notification"): BEFORE,
    ("clinic", "0011_folded_specialty"): BEFORE,
    ("clinic", "0012_fill_folded_specialty"): "the linter expects other names of variables",
    ("clinic", "0016_appointment_types"): BEFORE,
    ("clinic", "0018_guardians_and_assistants"): INDEX_OF_NEW_TABLE,
    ("clinic", "0019_registration_and_merging"): BEFORE,
    ("clinic", "0021_change_type"): BEFORE,
    ("users", "0002_calendar_key"): BEFORE,
    ("users", "0006_email_needs_review"): BEFORE,
    ("users", "0008_folded_names"): BEFORE,
    ("users", "0009_fill_folded_names"): "the linter expects other names of variables",
    ("users", "0011_session_started_at"): BEFORE,
    ("users", "0014_people_without_account"): BEFORE,
    ("users", "0016_email_link_invited_by"): BEFORE,
}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="The linter reads the SQL for PostgreSQL."
    ),
]


def own_migrations() -> Iterator[Migration]:
    loader = MigrationLoader(connection)
    for (app, _name), migration in sorted(loader.disk_migrations.items()):
        if app in APPS:
            yield migration


def is_refused(migration: Migration) -> bool:
    """Return whether the linter has an error or a warning, which it prints."""
    linter = MigrationLinter(no_cache=True)
    linter.lint_migration(migration)
    return bool(linter.nb_erroneous or linter.nb_warnings)


def test_migrations_are_refused_by_the_linter_unless_they_are_accepted() -> None:
    refused = [(each.app_label, each.name) for each in own_migrations() if is_refused(each)]
    assert refused == list(ACCEPTED)
