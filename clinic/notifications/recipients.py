"""Who is emailed about an appointment on the patient's side: the patient or the guardians."""

from collections.abc import Iterable

from clinic.models import Appointment, AppointmentChange, Guardian, Patient
from users.email_addresses import is_canonical
from users.models import User


def recipients_of_reminder(appointment: Appointment) -> list[User]:
    """Return the users who are reminded: the patient, or without an address the guardians."""
    return _with_address(appointment.patient)


def recipients_of_change(change: AppointmentChange, doctors: list[User]) -> list[User]:
    """Return the users who are emailed about a change on the patient's side.

    These are the recipients of a reminder, and the guardians who booked or changed the appointment,
    that change included. Without the ``doctors``, who are emailed about the change anyway.
    """
    patient = change.appointment.patient
    recipients = _with_address(patient)
    if patient.user in recipients:
        acted = change.appointment.history.filter(pk__lte=change.pk).order_by()
        recipients += _guardians(patient, acted.values_list("changed_by", flat=True))
    return [user for user in recipients if user not in doctors]


def is_anybody_reminded(appointment: Appointment) -> bool:
    """Return whether there is an address for reminders and other emails about the patient."""
    return bool(_with_address(appointment.patient))


def can_be_notified(user: User) -> bool:
    """Return whether the account is active and has an address to which an email can be sent."""
    address = user.notification_email
    return user.is_active and address is not None and is_canonical(address)


def _with_address(patient: Patient) -> list[User]:
    if patient.user.notification_email:
        return [patient.user]
    # An email to an address that is not verified waits: it is cancelled if that does not change.
    return _guardians(patient) or ([patient.user] if patient.user.email else [])


def _guardians(patient: Patient, among: Iterable[int | None] | None = None) -> list[User]:
    """Return the guardians with an address, the first one first, or those ``among`` user ids."""
    guardians = Guardian.objects.filter(
        patient=patient, user__email__isnull=False, user__is_active=True
    )
    if among is not None:
        guardians = guardians.filter(user__in=among)
    users = [guardian.user for guardian in guardians.select_related("user").order_by("pk")]
    return [user for user in users if user.notification_email]
