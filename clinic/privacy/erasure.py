"""Erasure of a person's data, as far as the law allows it (GDPR, Article 17).

Completed appointments, their reasons and their history are part of the treatment record,
which must be kept for years (in Germany ten, BGB § 630f). The audit log proves who had
access to it. Both are kept and refer to a pseudonym.
"""

import datetime as dt
from collections import Counter, defaultdict

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import get_random_string

from clinic.booking import status_changes
from clinic.guardians import is_last_guardian, open_to_come
from clinic.models import (
    AccessAction,
    AccessRecord,
    Appointment,
    AppointmentChange,
    Assistant,
    Doctor,
    Guardian,
    Notification,
    Patient,
    Status,
)
from clinic.models.busy_tick import lock_people
from clinic.privacy import audit
from clinic.privacy.admin_log import log_entries_about
from clinic.privacy.audit import Access
from users.authentication import second_factor
from users.avatars import services as avatars
from users.common.transactions import atomic_with_retry, lock_rows
from users.email_addresses import UNREACHABLE_DOMAIN
from users.models import AddressConflict, Gender, User

ERASED = "Erased"
OPERATION = "erase_person"
# The erased fields, as named in the audit log.
ACCOUNT_FIELDS = ("User.avatar", "User.email", "User.firstName", "User.gender", "User.lastName")
DOCTOR_FIELDS = (
    *("Doctor.appointmentTypes", "Doctor.assistants", "Doctor.phoneNumber"),
    *("Doctor.specialHours", "TimeOff.reason"),
)
PATIENT_FIELDS = (
    "AppointmentChange.reason",
    *("Appointment.cancellationReason", "Appointment.reasonForVisit", "Patient.address"),
    *("Patient.dateOfBirth", "Patient.emergencyContactName", "Patient.emergencyContactPhone"),
    *("Patient.guardians", "Patient.phoneNumber"),
)


class LastGuardian(Exception):
    """The person is the last guardian of patients without an account who have appointments.

    Nobody could change these appointments after the erasure. ``open_by_patient`` has the number of
    open appointments of each, by user id.
    """

    def __init__(self, open_by_patient: dict[int, int]) -> None:
        super().__init__()
        self.open_by_patient = open_by_patient


def open_appointments(user: User, now: dt.datetime) -> list[Appointment]:
    """Return the future appointments of ``user``, as doctor or patient, that are still open.

    Includes those of a role that the account no longer has.
    """
    return open_to_come(Appointment.objects.of(user), now)


def appointments_without_guardian(user: User, now: dt.datetime) -> list[Appointment]:
    """Return the open appointments that nobody could change if ``user`` were no guardian.

    Those of patients who cannot sign in and have no other guardian who can.
    """
    patients = [
        guardian.patient
        for guardian in user.dependants.select_related("patient__user")
        if is_last_guardian(guardian.patient, guardian.user_id)
    ]
    return open_to_come(Appointment.objects.filter(patient__in=patients), now)


@atomic_with_retry
def erase_user(
    user: User, now: dt.datetime, *, cancel_for_dependants: bool = False
) -> dict[str, int]:
    """Cancel future appointments and replace the person by a pseudonym, permanently.

    Dependants stay as they are, without this guardian. With ``cancel_for_dependants`` the
    appointments are cancelled that nobody could change then; otherwise, if there are some, raises
    ``LastGuardian`` and changes nothing. All of it in one transaction, with an entry in the audit
    log. Returns a label and a count for each kind of data. Can be repeated safely. Raises
    ``TransactionConflict``.
    """
    _lock(user, now)
    user = User.objects.get(pk=user.pk)
    of_dependants = appointments_without_guardian(user, now)
    if of_dependants and not cancel_for_dependants:
        raise LastGuardian(Counter(each.patient.user_id for each in of_dependants))
    appointments = open_appointments(user, now) + of_dependants
    for appointment in appointments:
        # As staff: the account can have lost the role in which the appointment was booked.
        status_changes.cancel(actor=user, appointment_id=appointment.pk, now=now, as_staff=True)
    erased = {
        "appointments cancelled": len(appointments) - len(of_dependants),
        "appointments of dependants cancelled": len(of_dependants),
        "sessions ended": _erase_account(user),
        "texts removed from cancelled appointments": _erase_texts(user),
        "notifications cancelled": _cancel_notifications(user),
        "names removed from the admin log": log_entries_about(user).update(object_repr=ERASED),
    }
    dependants = list(user.dependants.values_list("patient", flat=True))
    erased["guardians and assistants removed"] = _remove_relations(user)
    _erase_profiles(user)
    _record(user, appointments, dependants, now)
    return erased | retained_counts(user)


def _lock(user: User, now: dt.datetime) -> None:
    """Lock ``user``, the people of the open appointments and then these, as bookings do.

    Dependants too, so that no other guardian of theirs is removed at the same time.
    """
    appointments = open_appointments(user, now) + appointments_without_guardian(user, now)
    pks = [appointment.pk for appointment in appointments]
    people = {user.pk, *(person for appointment in appointments for person in appointment.people)}
    people.update(user.dependants.values_list("patient__user", flat=True))
    lock_people(people)
    lock_rows(Appointment.objects.filter(pk__in=pks).order_by("pk"))


def _record(
    user: User, cancelled: list[Appointment], dependants: list[int], now: dt.datetime
) -> None:
    """Write the audit log: the erasure, and the other patients whose record it changed.

    Those whose appointments were cancelled, and ``dependants``, who have a guardian less.

    The actor is the erased person, now a pseudonym: a command knows no account that runs it,
    and an erasure is the person's own request.
    """
    changes: dict[int, set[str]] = defaultdict(set)
    for appointment in cancelled:
        changes[appointment.patient_id].add("Appointment.status")
    for dependant in dependants:
        changes[dependant].add("Patient.guardians")
    accesses = {
        patient: Access(AccessAction.CHANGE, frozenset(fields))
        for patient, fields in changes.items()
    }
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
    if user.email is not None:
        user.email = f"erased-{get_random_string(20).lower()}@erased.{UNREACHABLE_DOMAIN}"
    user.first_name, user.last_name, user.gender = ERASED, f"person {user.pk}", Gender.UNDISCLOSED
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login = None
    user.set_unusable_password()
    user.save()
    user.notifications.all().delete()
    user.email_links.all().delete()
    AddressConflict.objects.filter(Q(user=user) | Q(holder=user)).delete()
    second_factor.delete_devices(user)
    deleted, _ = user.refresh_tokens.all().delete()
    return deleted


def _remove_relations(user: User) -> int:
    """Delete the rows of guardians and assistants, on both sides; return how many."""
    guardians = Guardian.objects.filter(Q(user=user) | Q(patient__user=user))
    assistants = Assistant.objects.filter(Q(user=user) | Q(doctor__user=user))
    removed = guardians.count() + assistants.count()
    guardians.delete()
    assistants.delete()
    User.objects.filter(pk=user.pk).update(acts_for_patients=False, acts_for_doctors=False)
    return removed


def _erase_profiles(user: User) -> None:
    for patient in Patient.objects.filter(user=user):
        Patient.objects.filter(pk=patient.pk).update(
            phone_number="",
            address="",
            emergency_contact_name="",
            emergency_contact_phone="",
            # The year of birth is part of the treatment record.
            date_of_birth=patient.date_of_birth.replace(month=1, day=1),
            registering_doctor=None,
            registered_on=None,
        )
    for doctor in Doctor.objects.filter(user=user):
        Doctor.objects.filter(pk=doctor.pk).update(phone_number="", approved=False)
        doctor.time_off.update(reason="")
        doctor.special_hours.all().delete()
        doctor.offered_types.all().delete()


def _erase_texts(user: User) -> int:
    cancelled = Appointment.objects.filter(patient__user=user, status=Status.CANCELLED)
    AppointmentChange.objects.filter(appointment__in=cancelled).update(reason="")
    return cancelled.update(reason_for_visit="", cancellation_reason="")


def _cancel_notifications(user: User) -> int:
    waiting = Notification.objects.waiting().filter(recipient=user)
    return waiting.update(dropped_at=timezone.now())
