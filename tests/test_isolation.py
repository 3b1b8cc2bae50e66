"""No test finds what an earlier one has left in the database or in the caches."""

import pytest
from django.contrib.auth.models import Group
from django.core.cache import caches
from django.core.management import call_command
from django.test import override_settings

from clinic.models import Patient
from tests.support.migrated_rows import migrated_rows

AWAY = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://[::1]:1"}


@pytest.mark.django_db(transaction=True)
def test_flush_keeps_the_rows_of_migrations_and_no_others(ann: Patient) -> None:
    assert "Ann" in migrated_rows()
    ann.delete()
    ann.user.delete()
    before = migrated_rows()
    rights = {group.name: group.permissions.count() for group in Group.objects.all()}
    call_command("flush", interactive=False, verbosity=0)
    assert migrated_rows() == before
    assert rights.keys() == {"Reception", "Manager"}
    assert {g.name: g.permissions.count() for g in Group.objects.all()} == rights


@pytest.mark.parametrize("test", ["earlier", "later"])
def test_caches_are_empty_after_a_test_that_replaced_them(test: str) -> None:
    assert caches["default"].get("left") is None
    caches["default"].set("left", test)
    with override_settings(CACHES={"default": AWAY}):
        pass
