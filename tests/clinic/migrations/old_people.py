"""A database from before people without an account, migrated forwards, backwards and forwards again.

Runs on the database of ``DATABASE_URL``. Prints the states as JSON: after migrating forwards; after
people without an address were added and all was migrated backwards; and after migrating forwards
again.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import Group

from clinic.models import Appointment, Guardian, Patient, ServiceLock
from clinic.people.merging import merge_patients
from clinic.people.registration import NewPatient, register_patient
from tests.support.migrations import migrate
from users.models import User

OLD_CLINIC, OLD_USERS = ("clinic", "0017_pending_since"), ("users", "0013_account_notification")
NOW = dt.datetime(2026, 3, 2, 7, tzinfo=dt.UTC)
BIRTH = dt.date(1990, 5, 17)


def main(_arguments: Sequence[str]) -> None:
    _fill(migrate(*OLD_CLINIC))
    migrate()
    states = {"new": {**_groups(), **_booked()}}
    _use_new_release()
    migrate(*OLD_CLINIC)
    states["old"] = _old_state(migrate(*OLD_USERS))
    migrate()
    states["new again"] = {
        **_groups(),
        **_booked(),
        "people": Patient.objects.count(),
        "locks": list(ServiceLock.objects.values_list("pk", flat=True)),
    }
    print(json.dumps(states))  # noqa: T201 - read by the test


def _fill(apps: Any) -> None:
    """Add a patient with an appointment, and a group of a clinic that has a name of ours."""
    users = apps.get_model("users.User").objects
    ann, dora = (
        users.create(email=f"{name}@example.org", first_name=name, last_name="Example")
        for name in ("ann", "dora")
    )
    doctor = apps.get_model("clinic.Doctor").objects.create(
        user=dora, specialty="Cardiology", phone_number="+4930123456", experience_years=12
    )
    patient = apps.get_model("clinic.Patient").objects.create(user=ann, date_of_birth=BIRTH)
    for day, user in ((3, ann), (4, dora)):
        apps.get_model("clinic.Appointment").objects.create(
            doctor=doctor,
            patient=patient,
            date=f"2026-03-0{day}",
            time="09:00",
            duration_minutes=30,
            booked_by=user,
        )
    group = apps.get_model("auth.Group").objects.create(name="Manager")
    permissions = apps.get_model("auth.Permission").objects
    group.permissions.add(permissions.get(codename="view_patient"))
    group.user_set.add(dora)


def _groups() -> dict[str, Any]:
    return {
        group.name: [
            sorted(group.permissions.values_list("codename", flat=True)),
            sorted(User.objects.filter(groups=group).values_list("email", flat=True)),
        ]
        for group in Group.objects.all()
    }


def _booked() -> dict[str, Any]:
    rows = Appointment.objects.order_by("date").values_list("booked_by_patient", flat=True)
    return {"booked_by_patient": list(rows)}


def _use_new_release() -> None:
    """Register people without an address, one of them twice, a child with a guardian."""
    dora, ann = User.objects.get(first_name="dora"), User.objects.get(first_name="ann")
    carl, anna = (
        register_patient(
            actor=dora,
            person=NewPatient(first_name=name, last_name="Example", date_of_birth=BIRTH),
            now=NOW,
            as_staff=True,
            register_anyway=True,
        )
        for name in ("Carl", "Anna")
    )
    Guardian.objects.create(patient=carl, user=ann, relationship="parent")
    merge_patients(actor=dora, kept_id=ann.patient.pk, merged_id=anna.pk, now=NOW)


def _old_state(apps: Any) -> dict[str, Any]:
    users = apps.get_model("users.User").objects.order_by("pk")
    placeholders = users.filter(email__endswith="@no-address.invalid")
    return {
        "addresses": list(users.exclude(pk__in=placeholders).values_list("email", flat=True)),
        "placeholders": list(placeholders.values_list("first_name", "is_active")),
        "distinct": len(set(users.values_list("email", flat=True))),
        "patients": list(
            apps.get_model("clinic.Patient")
            .objects.order_by("pk")
            .values_list("user__first_name", flat=True)
        ),
        "appointments": apps.get_model("clinic.Appointment").objects.count(),
        "groups": sorted(apps.get_model("auth.Group").objects.values_list("name", flat=True)),
    }
