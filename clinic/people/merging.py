"""Merging the records of two patients who are one person.

The merged profile is deleted. Its account stays without data, because histories and the audit log
refer to it. ``MergedPatient`` connects the audit log of the former profile with the kept one.
"""

import datetime as dt

from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest

from clinic.errors import MESSAGES, BookingErrorCode
from clinic.events import AppointmentChanged, announce
from clinic.models import (
    OPEN_STATUSES,
    AccessAction,
    Appointment,
    AppointmentChange,
    Assistant,
    Guardian,
    MergedPatient,
    Notification,
    Patient,
)
from clinic.models.busy_tick import lock_people
from clinic.notifications import own_accounts
from clinic.people.merge_plan import FILLED_FIELDS, plan_merge
from clinic.privacy import audit
from clinic.privacy.audit import Access
from users.authentication import second_factor
from users.avatars import services as avatars
from users.common.transactions import TransactionConflict, atomic_with_retry, lock_rows
from users.models import AddressConflict, Gender, User

OPERATION = "merge_patients"
MERGED = "Merged"


@atomic_with_retry
def merge_patients(
    *,
    actor: User,
    kept_id: int,
    merged_id: int,
    now: dt.datetime,
    request: HttpRequest | None = None,
) -> Patient:
    """Move everything of one patient to another one, permanently; return the kept patient.

    All of it in one transaction, with an entry in the audit log that names both. The caller checks
    the permission. Raises ValidationError with the problems of ``plan_merge``.
    """
    locked = _lock(kept_id, merged_id)
    kept, merged = _find(kept_id), _find(merged_id)
    plan = plan_merge(kept, merged)
    doctors = {appointment.doctor.user_id for appointment in plan.appointments}
    if not locked.issuperset({kept.user_id, merged.user_id, *doctors}):
        raise TransactionConflict  # booked while this transaction waited for the locks
    plan.require_possible()
    _move_appointments(plan.appointments, kept)
    _move_history(merged.user, kept.user)
    _move_relations(merged, kept)
    _move_notifications(merged.user, kept.user)
    _move_log_entries(merged, kept)
    _fill_profile(merged, kept)
    _end_record(merged, kept, actor, now)
    access = Access(AccessAction.CHANGE, frozenset({"Patient.merged"}))
    accesses = {kept.pk: access, merged_id: access}
    audit.record(request, accesses, actor=actor, operation=OPERATION, at=now)
    return kept


def _lock(*patient_ids: int) -> set[int]:
    """Lock both people and the doctors of their appointments, then these, as bookings do.

    Returns the user ids of the people.
    """
    appointments = Appointment.objects.filter(patient__in=patient_ids)
    people = set(Patient.objects.filter(pk__in=patient_ids).values_list("user", flat=True))
    people.update(appointments.order_by().values_list("doctor__user", flat=True).distinct())
    lock_people(people)
    lock_rows(appointments.order_by("pk"))
    return people


def _find(patient_id: int) -> Patient:
    patient = Patient.objects.select_related("user").filter(pk=patient_id).get_or_none()
    if patient is None:
        code = BookingErrorCode.NOT_FOUND
        raise ValidationError(str(MESSAGES[code]), code=code)
    return patient


def _move_appointments(appointments: list[Appointment], kept: Patient) -> None:
    for appointment in appointments:
        appointment.patient = kept
        appointment.save(update_fields=["patient"])  # which moves the ticks
    announce(
        *(
            AppointmentChanged(appointment.pk, appointment.people)
            for appointment in appointments
            if appointment.status in OPEN_STATUSES
        )
    )


def _move_history(merged: User, kept: User) -> None:
    # Bookings with a key stay: the other person can have used the same one.
    booked = Appointment.objects.filter(booked_by=merged, idempotency_key=None)
    booked.update(booked_by=kept)
    AppointmentChange.objects.filter(changed_by=merged).update(changed_by=kept)
    AppointmentChange.objects.filter(on_behalf_of=merged).update(on_behalf_of=kept)


def _move_relations(merged: Patient, kept: Patient) -> None:
    """Move guardians and dependants, and the doctors whom the person assists.

    Rows that would exist twice, or connect the person with themselves, are removed.
    """
    guardians = set(Guardian.objects.filter(patient=kept).values_list("user", flat=True))
    for guardian in Guardian.objects.filter(patient=merged).with_people():
        if guardian.user_id in {*guardians, kept.user_id, merged.user_id}:
            guardian.delete()
        else:
            guardian.patient = kept
            guardian.save()
            if kept.user.can_sign_in:
                own_accounts.enqueue_notification(guardian)
    dependants = set(Guardian.objects.filter(user=kept.user).values_list("patient", flat=True))
    for guardian in Guardian.objects.filter(user=merged.user):
        if guardian.patient_id in {*dependants, kept.pk}:
            guardian.delete()
        else:
            guardian.user = kept.user
            guardian.save()
    assisted = set(Assistant.objects.filter(user=kept.user).values_list("doctor", flat=True))
    for assistant in Assistant.objects.filter(user=merged.user).select_related("doctor"):
        if assistant.doctor_id in assisted or assistant.doctor.user_id == kept.user_id:
            assistant.delete()
        else:
            assistant.user = kept.user
            assistant.save()


def _move_notifications(merged: User, kept: User) -> None:
    unique = ("appointment", "kind", "date", "time", "sequence")
    present = set(Notification.objects.filter(recipient=kept).values_list(*unique))
    rows = Notification.objects.filter(recipient=merged)
    # Both can be recipients of one email: a patient and the guardian.
    repeated = [pk for pk, *key in rows.values_list("pk", *unique) if tuple(key) in present]
    rows.filter(pk__in=repeated).delete()
    rows.update(recipient=kept)


def _move_log_entries(merged: Patient, kept: Patient) -> None:
    for old, new in ((merged, kept), (merged.user, kept.user)):
        content_type = ContentType.objects.get_for_model(type(old))
        entries = LogEntry.objects.filter(content_type=content_type, object_id=str(old.pk))
        entries.update(object_id=str(new.pk), object_repr=str(new))


def _fill_profile(merged: Patient, kept: Patient) -> None:
    """Fill what is empty in the kept profile and account."""
    for name in FILLED_FIELDS:
        if not getattr(kept, name):
            setattr(kept, name, getattr(merged, name))
    # Not the registering doctor, who would read a record that others have filled.
    kept.save()
    user = kept.user
    if user.gender == Gender.UNDISCLOSED:
        user.gender = merged.user.gender
    if not user.email and merged.user.email:
        address = merged.user.email
        User.objects.filter(pk=merged.user_id).update(email=None)
        user.email = address
        user.email_entered_by_staff = merged.user.email_entered_by_staff
    user.save()
    if user.email and merged.user.email:
        # save() takes another address as not verified.
        User.objects.filter(pk=user.pk, email=merged.user.email).update(
            email_verified_at=merged.user.email_verified_at,
            email_entered_by_staff=merged.user.email_entered_by_staff,
        )


def _end_record(merged: Patient, kept: Patient, actor: User, now: dt.datetime) -> None:
    """Empty the account of the merged patient, and replace the profile by a ``MergedPatient``."""
    user = merged.user
    avatars.remove(user)
    # Not save(), which would email the former address that it was changed.
    User.objects.filter(pk=user.pk).update(
        email=None,
        email_verified_at=None,
        email_needs_review=False,
        first_name=MERGED,
        last_name=f"person {user.pk}",
        gender=Gender.UNDISCLOSED,
        is_active=False,
        is_patient=False,
        acts_for_patients=False,
        acts_for_doctors=False,
        password=make_password(None),
        calendar_key="",
        last_login=None,
    )
    user.notifications.all().delete()
    user.email_links.all().delete()
    AddressConflict.objects.filter(Q(user=user) | Q(holder=user)).delete()
    second_factor.delete_devices(user)
    user.refresh_tokens.all().delete()
    MergedPatient.objects.filter(patient=merged).update(patient=kept)
    MergedPatient.objects.create(
        merged_id=merged.pk, merged_user=user, patient=kept, merged_at=now, merged_by=actor
    )
    merged.delete()
