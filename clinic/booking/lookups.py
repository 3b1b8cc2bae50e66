"""Lookups of the people of most bookings, by queries that are compiled once."""

from django.db.models import BigIntegerField

from clinic.models import Doctor, Patient
from users.common.any_user import PreparedLookup
from users.common.prepared_queries import Parameter, PreparedQuery
from users.models import User
from users.querysets import first_or_none

VISIBLE_DOCTORS = PreparedLookup[Doctor](
    lambda viewer: Doctor.objects.visible_to(viewer).select_related("user")
)
PATIENT_OF_USER = PreparedQuery(
    lambda: Patient.objects.filter(user=Parameter("user", BigIntegerField()))
)


def find_visible_doctor(user: User, pk: int | None) -> Doctor | None:
    """Return the doctor, with the account, if ``user`` can look it up."""
    return VISIBLE_DOCTORS.find(user, pk) if pk else None


def find_own_patient(user: User) -> Patient | None:
    """Return the patient profile of ``user``, or None if it is not filled in yet.

    ``patient.user`` is ``user`` itself, so reading it takes no query.
    """
    patient: Patient | None = first_or_none(PATIENT_OF_USER.instances(user=user.pk))
    if patient is not None:
        patient.user = user
    return patient
