"""The conditions under which a doctor, and those who act for the doctor, read a patient's record.

An appointment gives access, and so does registering the patient.
"""

import datetime as dt

from django.conf import settings
from django.db.models import Q

from clinic import clock


def record_access_start() -> dt.date | None:
    """Return the earliest date of an appointment or a registration that still gives access.

    None if access does not end.
    """
    if not settings.PATIENT_ACCESS_DAYS:
        return None
    return clock.today() - dt.timedelta(days=settings.PATIENT_ACCESS_DAYS)


def gives_record_access(path: str = "") -> Q:
    """Return the condition on the appointments at ``path``, such as ``"appointments__"``.

    The appointment is not cancelled, its doctor is approved, and it was at most
    ``PATIENT_ACCESS_DAYS`` days ago (0: however long ago). Whether the reader is its doctor is
    a condition of the caller.
    """
    condition = Q(**{f"{path}live": True, f"{path}doctor__approved": True})
    return condition & _recent(f"{path}date")


def gives_registration_access() -> Q:
    """Return the condition on a patient that the doctor who registered them can read the record.

    The doctor is approved, and the registration was at most ``PATIENT_ACCESS_DAYS`` days ago.
    """
    return Q(registering_doctor__approved=True) & _recent("registered_on")


def _recent(date: str) -> Q:
    """Return the condition that a date is at most ``PATIENT_ACCESS_DAYS`` days ago."""
    start = record_access_start()
    return Q(**{f"{date}__gte": start}) if start else Q()
