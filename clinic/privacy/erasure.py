"""Erasure of a person's data, as far as the law allows it (GDPR, Article 17).

Completed appointments, their reasons and their history are part of the treatment record,
which must be kept for years (in Germany ten, BGB § 630f). The audit log proves who had
access to it. Both are kept and refer to a pseudonym.
"""

import datetime as dt

from django.utils import timezone
from django.utils.crypto import get_random_string

from clinic.booking import services as booking
from clinic.models import (
    OPEN_STATUSES,
    AccessAction,
    AccessRecord,
    Appointment,
    Doctor,
    Notification,
    Patient,
    Status,
)
from clinic.models.appointment import lock_people
from clinic.privacy import audit
from clinic.privacy.admin_log import log_entries_about
from clinic.privacy.audit import Access
from clinic.rules import has_started
from users.authentication import second_factor
from users.avatars import services as avatars
from users.common.transactions import atomic_with_retry, lock_rows
from users.email_addresses import UNREACHABLE_DOMAIN
from users.models import Gender, User

ERASED = "Erased"
OPERATION = "erase_person"
# The erased fields, as named in the audit log.
ACCOUNT_FIELDS = ("User.avatar", "User.email", "User.firstName", "User.gender", "User.lastName")
DOCTOR_FIELDS = ("Doctor.phoneNumber", "TimeOff.reason")
PATIENT_FIELDS = (
    *("Appointment.cancellationReason", "Appointment.reasonForVisit", "Patient.address"),
    *("Patient.dateOfBirth", "Patient.emergencyContactName", "Patient.emergencyContactPhone"),
)


def open_appointments(user: User, now: dt.datetime) -> list[Appointment]:
    """Return the future appointments of ``user``, as doctor or patient, that are still open.

    Includes those of a role that the account no longer has.
    """
    appointments = Appointment.objects.of(user).filter(
        status__in=OPEN_STATUSES, date__gte=now.date()
    )
    return [
        appointment
        for appointment in appointments.with_people()
        if not has_started(appointment.slot, now)
    ]


@atomic_with_retry
def erase_user(user: User, now: dt.datetime) -> dict[str, int]:
    """Cancel future appointments and replace the person by a pseudonym, permanently.

    All of it in one transaction, with an entry in the audit log. Returns a label and a count
    for each kind of data. Can be repeated safely. Raises ``TransactionConflict``.
    """
    _lock(user, now)
    user = User.objects.get(pk=user.pk)
    appointments = open_appointments(user, now)
    for appointment in appointments:
        # As staff: the account can have lost the role in which the appointment was booked.
        booking.cancel(actor=user, appointment_id=appointment.pk, now=now, as_staff=True)
    erased = {
        "appointments cancelled": len(appointments),
        "sessions ended": _erase_account(user),
        "texts removed from cancelled appointments": _erase_texts(user),
        "notifications cancelled": _cancel_notifications(user),
        "names removed from the admin log": log_entries_about(user).update(object_repr=ERASED),
    }
    _erase_profiles(user)
    _record(user, appointments, now)
    return erased | retained_counts(user)


def _lock(user: User, now: dt.datetime) -> None:
    """Lock ``user``, the people of the open appointments and then these, as bookings do."""
    appointments = open_appointments(user, now)
    pks = [appointment.pk for appointment in appointments]
    people = {user.pk, *(person for appointment in appointments for person in appointment.people)}
    lock_people(people)
    lock_rows(Appointment.objects.filter(pk__in=pks).order_by("pk"))


def _record(user: User, cancelled: list[Appointment], now: dt.datetime) -> None:
    """Write the audit log: the erasure, and the patients whose appointments were cancelled.

    The actor is the erased person, now a pseudonym: a command knows no account that runs it,
    and an erasure is the person's own request.
    """
    status = Access(AccessAction.CHANGE, frozenset({"Appointment.status"}))
    accesses = {appointment.patient_id: status for appointment in cancelled}
    audit.record(None, accesses, actor=user, operation=OPERATION, at=now)
    patients = Patient.objects.filter(user=user).values_list("pk", flat=True)
    fields = {
        *ACCOUNT_FIELDS,
        *(DOCTOR_FIELDS if Doctor.objects.filter(user=user).exists() else ()),
        *(PATIENT_FIELDS if patients else ()),
    }
    AccessRecord.objects.create(
        at=now,
        actor=user,
        patients=list(patients),  # empty for a person without a patient profile
        action=AccessAction.CHANGE,
        operation=OPERATION,
        fields=sorted(fields),
    )


def retained_counts(user: User) -> dict[str, int]:
    """Return a label and a count for each kind of data that the law requires to be kept."""
    return {
        "appointments kept": Appointment.objects.of(user).count(),
        "audit records kept": AccessRecord.objects.of(user).count(),
    }


def _erase_account(user: User) -> int:
    """Replace the account's data and delete its refresh tokens; return how many."""
    avatars.remove(user)
    # Random: a stranger who had registered a predictable address would block the erasure.
    user.email = f"erased-{get_random_string(20).lower()}@erased.{UNREACHABLE_DOMAIN}"
    user.first_name, user.last_name, user.gender = ERASED, f"person {user.pk}", Gender.UNDISCLOSED
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login = None
    user.set_unusable_password()
    user.save()
    user.notifications.all().delete()
    second_factor.delete_devices(user)
    deleted, _ = user.refresh_tokens.all().delete()
    return deleted


def _erase_profiles(user: User) -> None:
    for patient in Patient.objects.filter(user=user):
        Patient.objects.filter(pk=patient.pk).update(
            address="",
            emergency_contact_name="",
            emergency_contact_phone="",
            # The year of birth is part of the treatment record.
            date_of_birth=patient.date_of_birth.replace(month=1, day=1),
        )
    for doctor in Doctor.objects.filter(user=user):
        Doctor.objects.filter(pk=doctor.pk).update(phone_number="", approved=False)
        doctor.time_off.update(reason="")


def _erase_texts(user: User) -> int:
    cancelled = Appointment.objects.filter(patient__user=user, status=Status.CANCELLED)
    return cancelled.update(reason_for_visit="", cancellation_reason="")


def _cancel_notifications(user: User) -> int:
    waiting = Notification.objects.waiting().filter(recipient=user)
    return waiting.update(dropped_at=timezone.now())
