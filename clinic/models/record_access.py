"""The condition under which an appointment lets its doctor read the patient's record."""

import datetime as dt

from django.conf import settings
from django.db.models import Q

from clinic import clock


def gives_record_access(path: str = "") -> Q:
    """Return the condition on the appointments at ``path``, such as ``"appointments__"``.

    The appointment is not cancelled, its doctor is approved, and it was at most
    ``PATIENT_ACCESS_DAYS`` days ago (0: however long ago). Whether the reader is its doctor is
    a condition of the caller.
    """
    condition = Q(**{f"{path}live": True, f"{path}doctor__approved": True})
    if settings.PATIENT_ACCESS_DAYS:
        first = clock.today() - dt.timedelta(days=settings.PATIENT_ACCESS_DAYS)
        condition &= Q(**{f"{path}date__gte": first})
    return condition
