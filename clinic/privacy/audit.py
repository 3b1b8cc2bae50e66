"""Audit log of accesses to patients' records."""

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
    """The action and the fields of one access to a patient's record."""

    action: AccessAction
    fields: frozenset[str]


def record(
    request: HttpRequest | None,
    accesses: Mapping[int, Access],
    *,
    actor: User,
    operation: str,
    at: dt.datetime | None = None,
) -> None:
    """Record what one operation accessed, given per patient id, in one statement.

    Writes one row per distinct ``Access``; nothing if ``accesses`` is empty. ``request`` is
    None for a management command. ``at`` defaults to the current time.
    """
    patients_by_access: dict[Access, list[int]] = defaultdict(list)
    for patient_id, access in accesses.items():
        patients_by_access[access].append(patient_id)
    at, address = at or timezone.now(), (client_ip(request) or None) if request else None
    records = [
        AccessRecord(
            at=at,
            actor=actor,
            patients=sorted(patient_ids),
            action=access.action,
            operation=operation[:100],
            fields=sorted(access.fields),
            address=address,
            request_id=str(getattr(request, "correlation_id", "")),
        )
        for access, patient_ids in patients_by_access.items()
    ]
    if len(records) == 1:
        records[0].save()  # bulk_create would add two statements: BEGIN and COMMIT
    else:
        AccessRecord.objects.bulk_create(records)
