"""Erasure of a person's data, as far as the law allows it (GDPR, Article 17).

Completed appointments, their reasons and their history are part of the treatment record,
which must be kept for years (in Germany ten, BGB § 630f). The audit log proves who had
access to it. Both are kept and refer to a pseudonym.
"""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from clinic.booking import services as booking
from clinic.models import (
    OPEN_STATUSES,
    AccessRecord,
    Appointment,
    Doctor,
    Notification,
    Patient,
    Status,
)
from clinic.privacy.admin_log import log_entries_about
from clinic.rules import has_started
from users.avatars import services as avatars
from users.models import Gender, User

ERASED = "Erased"


def open_appointments(user: User, now: dt.datetime) -> list[Appointment]:
    """Return the future appointments of ``user``, as doctor or patient, that are still open."""
    appointments = Appointment.objects.visible_to(user).filter(
        status__in=OPEN_STATUSES, date__gte=now.date()
    )
    return [
        appointment
        for appointment in appointments.with_people()
        if not has_started(appointment.slot, now)
    ]


def erase_user(user: User, now: dt.datetime) -> dict[str, int]:
    """Cancel future appointments and replace the person by a pseudonym, permanently.

    Returns a label and a count for each kind of data. Can be repeated safely.
    """
    appointments = open_appointments(user, now)
    for appointment in appointments:
        booking.cancel(actor=user, appointment_id=appointment.pk, reason="", now=now)
    with transaction.atomic():
        erased = {
            "appointments cancelled": len(appointments),
            "sessions ended": _erase_account(user),
            "texts removed from cancelled appointments": _erase_texts(user),
            "notifications cancelled": _cancel_notifications(user),
            "names removed from the admin log": log_entries_about(user).update(object_repr=ERASED),
        }
        _erase_profiles(user)
    return erased | retained_counts(user)


def retained_counts(user: User) -> dict[str, int]:
    """Return a label and a count for each kind of data that the law requires to be kept."""
    return {
        "appointments kept": Appointment.objects.of(user).count(),
        "audit records kept": AccessRecord.objects.of(user).count(),
    }


def _erase_account(user: User) -> int:
    """Replace the account's data and delete its refresh tokens; return how many."""
    avatars.remove(user)
    user.email = f"erased-{user.pk}@erased.invalid"
    user.first_name, user.last_name, user.gender = ERASED, f"person {user.pk}", Gender.UNDISCLOSED
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login, user.calendar_key = None, ""
    user.set_unusable_password()
    user.save()
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
