"""Audit log of accesses to patients' records."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db.models import Case, Value, When
from django.http import HttpRequest
from django.utils import timezone

from clinic.models import AccessAction, AccessRecord, Appointment, Patient
from clinic.models.patient import VIEW_PATIENT
from clinic.models.record_access import gives_record_access
from users.common.client_ip import client_ip
from users.common.prepared_inserts import PreparedInsert
from users.common.transactions import permit_to_insert
from users.models import User
from users.staff import can_act_as_staff

# Most requests of doctors write one or two.
INSERT_RECORDS = PreparedInsert(AccessRecord)
# Databases limit the parameters of a statement.
MAX_INSERTED = 500


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

    Writes one row per distinct ``Access`` and person for whom ``actor`` acts; nothing if
    ``accesses`` is empty. ``request`` is
    None for a management command. ``at`` defaults to the current time.
    """
    record_all([request], accesses, actor=actor, operation=operation, at=at)


def record_all(
    requests: Sequence[HttpRequest | None],
    accesses: Mapping[int, Access],
    *,
    actor: User,
    operation: str,
    at: dt.datetime | None = None,
) -> None:
    """Record the same accesses for each of the actor's requests; see :func:`record`."""
    represented = _represented(actor, accesses)
    patients_by_access: dict[tuple[Access, int | None], list[int]] = defaultdict(list)
    for patient_id, access in accesses.items():
        patients_by_access[access, represented.get(patient_id)].append(patient_id)
    at = at or timezone.now()
    records = [
        {
            "at": at,
            "actor_id": actor.pk,
            "on_behalf_of_id": on_behalf_of,
            "patients": sorted(patient_ids),
            "action": access.action,
            "operation": operation[:100],
            "fields": sorted(access.fields),
            "address": (client_ip(request) or None) if request else None,
            "request_id": str(getattr(request, "correlation_id", "")),
        }
        for request in requests
        for (access, on_behalf_of), patient_ids in patients_by_access.items()
    ]
    # bulk_create() would add two statements: BEGIN and COMMIT.
    with permit_to_insert():
        for start in range(0, len(records), MAX_INSERTED):
            INSERT_RECORDS.run(records[start : start + MAX_INSERTED])


def _represented(actor: User, patients: Iterable[int]) -> dict[int, int]:
    """Return for whom ``actor`` acts with these patients (primary keys), as user ids.

    A doctor whose patient it is, or else the patient, a dependant. Patients with whom the actor
    acts as themselves or as staff are left out. No query for users who act for nobody.
    """
    represented: dict[int, int] = {}
    if actor.acts_for_patients:
        dependants = actor.dependants.filter(patient__in=patients)
        represented.update(dependants.values_list("patient", "patient__user"))
    if actor.acts_for_doctors and not can_act_as_staff(actor, VIEW_PATIENT):
        represented.update(_doctors_of(actor, patients))
    return {pk: person for pk, person in represented.items() if person != actor.pk}


def _doctors_of(actor: User, patients: Iterable[int]) -> dict[int, int]:
    """Return the doctors (user ids) through whom ``actor`` reads the patients.

    Doctors with access to the record first: after the cancellation of an appointment, which the
    actor can have made just now, its doctor has none. Among them the actor, if a doctor, before
    the doctors whom the actor assists.
    """
    lost = Case(When(gives_record_access(), then=Value(0)), default=Value(1))
    treated = Appointment.objects.as_doctor(actor).filter(patient__in=patients).order_by()
    registered = Patient.objects.registered_for(actor).filter(pk__in=patients)
    rows = treated.values_list(lost, "patient", "doctor__user").union(
        registered.values_list(Value(0), "pk", "registering_doctor__user")
    )
    doctors: dict[int, int] = {}
    for _lost, patient, doctor in sorted(rows, key=lambda row: (row[0], row[2] != actor.pk, row)):
        doctors.setdefault(patient, doctor)
    return doctors
