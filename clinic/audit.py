"""Writing to the audit from outside GraphQL, whose schema keeps a trail of its own."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils import timezone

from clinic.models import AccessAction, AccessRecord
from users.client_address import client_address
from users.models import User


def record(
    request: HttpRequest,
    *,
    actor: User,
    action: AccessAction,
    patients: Iterable[int],
    fields: Iterable[str],
    operation: str,
) -> None:
    """One statement for an access to these patients' records, by their ids."""
    names, now, address = sorted(fields), timezone.now(), client_address(request) or None
    AccessRecord.objects.bulk_create(
        AccessRecord(
            at=now,
            actor=actor,
            patient_id=patient,
            action=action,
            operation=operation[:100],
            fields=names,
            address=address,
            request_id=str(getattr(request, "correlation_id", "")),
        )
        for patient in sorted(set(patients))
    )
