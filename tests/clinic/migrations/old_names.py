"""Names and specialties from before the folded fields, migrated forwards, back, and forwards.

Runs on the database of ``DATABASE_URL``. Prints, as JSON, the texts and folded forms after each
of the three, and how many accounts there are.
"""

import json
from collections.abc import Sequence
from typing import Any

from clinic.models import Doctor
from tests.support.migrations import migrate
from users.folded_fields import FILL_BATCH
from users.models import User

OLD_USERS = ("users", "0004_wording")
OLD_CLINIC = ("clinic", "0009_wording")
# More than two batches.
ACCOUNTS = 2 * FILL_BATCH + 1
NAMES = [("Ærin", "O\u2019Brien-Müller"), ("IŞIK", "van  Dyk")]
SPECIALTIES = ["HALS\u2011Nasen  Ohren", "hals-nasen ohren", "Pädiatrie", "Padiatrie"]


def main(_arguments: Sequence[str]) -> None:
    _fill(_migrate_back())
    states: list[Any] = []
    migrate()
    states.append(_folded())
    states.append(_texts(_migrate_back()))
    migrate()
    states.append(_folded())
    print(json.dumps(states))  # noqa: T201 - read by the test


def _migrate_back() -> Any:
    migrate(*OLD_USERS)
    return migrate(*OLD_CLINIC)


def _fill(apps: Any) -> None:
    user, doctor = apps.get_model("users.User"), apps.get_model("clinic.Doctor")
    names = NAMES * (ACCOUNTS // len(NAMES)) + [("Last", "Person")]
    user.objects.bulk_create(
        user(email=f"{n}@example.org", first_name=first, last_name=last)
        for n, (first, last) in enumerate(names)
    )
    people = user.objects.order_by("pk")[: len(SPECIALTIES)]
    for person, specialty in zip(people, SPECIALTIES, strict=True):
        doctor.objects.create(
            user=person, specialty=specialty, phone_number="+4930123456", experience_years=12
        )


def _texts(apps: Any) -> list[Any]:
    user, doctor = apps.get_model("users.User"), apps.get_model("clinic.Doctor")
    return [
        user.objects.count(),
        sorted(set(user.objects.values_list("first_name", "last_name"))),
        list(doctor.objects.order_by("pk").values_list("specialty", flat=True)),
    ]


def _folded() -> list[Any]:
    names = ("first_name", "last_name", "first_name_folded", "last_name_folded")
    rows = Doctor.objects.order_by("pk")
    return [
        User.objects.count(),
        sorted(set(User.objects.values_list(*names))),
        list(rows.values_list("specialty", "specialty_key", "specialty_folded")),
        # Compared by the database: accents count, and case only in the specialty itself.
        [
            rows.filter(specialty="pädiatrie").count(),
            rows.filter(specialty="Pädiatrie").count(),
            rows.filter(specialty_key="pädiatrie").count(),
            rows.filter(specialty_key="hals-nasen ohren").count(),
        ],
    ]
