"""Writing down whose records somebody has seen or changed."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from django.http import HttpRequest
from django.utils import timezone

from clinic.models import AccessAction, AccessRecord
from users.common.client_ip import client_ip
from users.models import User


class Access(NamedTuple):
    """What was done with which fields of a patient's record."""

    action: AccessAction
    fields: frozenset[str]


def record(
    request: HttpRequest,
    accesses: Mapping[int, Access],
    *,
    actor: User,
    operation: str,
    at: dt.datetime | None = None,
) -> None:
    """Write what one operation did to the records of patients, by their ids, in one statement.

    That is one row, unless some were accessed in another way than others; and none
    without a patient. ``at`` is now unless given.
    """
    alike: dict[Access, list[int]] = defaultdict(list)
    for patient, access in accesses.items():
        alike[access].append(patient)
    at, address = at or timezone.now(), client_ip(request) or None
    records = [
        AccessRecord(
            at=at,
            actor=actor,
            patients=sorted(patients),
            action=access.action,
            operation=operation[:100],
            fields=sorted(access.fields),
            address=address,
            request_id=str(getattr(request, "correlation_id", "")),
        )
        for access, patients in alike.items()
    ]
    if len(records) == 1:
        records[0].save()  # bulk_create would open a transaction around the one statement
    else:
        AccessRecord.objects.bulk_create(records)
