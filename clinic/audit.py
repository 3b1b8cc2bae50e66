"""Writing down whose records somebody has seen or changed."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone

from clinic.models import AccessAction, AccessRecord
from users.client_address import client_address
from users.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What was done with which fields of these patients' records; the patients by their ids."""

    action: AccessAction
    fields: Iterable[str]
    patients: Collection[int]


def record(
    request: HttpRequest,
    *accesses: Access,
    actor: User,
    operation: str,
    at: dt.datetime | None = None,
) -> None:
    """Write what one operation did: a row for each of ``accesses``, in one statement.

    One to no patient's record leaves none. ``at`` is now unless given.
    """
    at, address = at or timezone.now(), client_address(request) or None
    AccessRecord.objects.bulk_create(
        AccessRecord(
            at=at,
            actor=actor,
            patients=sorted(set(access.patients)),
            action=access.action,
            operation=operation[:100],
            fields=sorted(access.fields),
            address=address,
            request_id=str(getattr(request, "correlation_id", "")),
        )
        for access in accesses
        if access.patients
    )
