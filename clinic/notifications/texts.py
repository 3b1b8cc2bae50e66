"""The texts of the emails about appointments, by kind and recipient."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Notification, Status

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

Kind = Notification.Kind


def _with_call(text: "str | StrPromise") -> str:
    """Return a text with the request to call, and the clinic's number where it is set."""
    phone = settings.CLINIC_PHONE
    return text.format(call=_("call us at {phone}").format(phone=phone) if phone else _("call us"))


HEADLINES = {
    Kind.BOOKED: gettext_lazy("Appointment booked"),
    Kind.CONFIRMED: gettext_lazy("Appointment confirmed"),
    Kind.MOVED: gettext_lazy("Appointment moved"),
    Kind.AMENDED: gettext_lazy("Appointment changed"),
    Kind.REASSIGNED: gettext_lazy("Appointment with another doctor"),
    Kind.REOPENED: gettext_lazy("Appointment takes place after all"),
    Kind.CANCELLED: gettext_lazy("Appointment cancelled"),
    Kind.LAPSED: gettext_lazy("Request not answered in time"),
    Kind.REMINDER: gettext_lazy("Reminder of your appointment"),
}
TO_PATIENT: dict[Notification.Kind, "str | StrPromise"] = {
    Kind.BOOKED: gettext_lazy("We have booked your appointment."),
    Kind.CONFIRMED: gettext_lazy("Your appointment is confirmed. We look forward to seeing you."),
    Kind.MOVED: gettext_lazy("Your appointment has been moved to a new time."),
    Kind.AMENDED: gettext_lazy("The length of your appointment has changed."),
    Kind.REASSIGNED: gettext_lazy("Another doctor will see you at your appointment."),
    Kind.REOPENED: gettext_lazy(
        "Your appointment was cancelled before. It takes place after all, as given below."
    ),
    Kind.CANCELLED: gettext_lazy("Your appointment has been cancelled."),
    Kind.LAPSED: lazy(_with_call, str)(
        gettext_lazy(
            "We are sorry: your request was not answered in time and has been cancelled. Please "
            "book another time, or {call}."
        )
    ),
    Kind.REMINDER: gettext_lazy("We look forward to seeing you."),
}
TO_GUARDIAN: dict[Notification.Kind, "str | StrPromise"] = {
    Kind.BOOKED: gettext_lazy("We have booked an appointment of a patient for whom you act."),
    Kind.CONFIRMED: gettext_lazy(
        "The appointment of a patient for whom you act is confirmed. We look forward to seeing you."
    ),
    Kind.MOVED: gettext_lazy(
        "The appointment of a patient for whom you act has been moved to a new time."
    ),
    Kind.AMENDED: gettext_lazy(
        "The length of an appointment of a patient for whom you act has changed."
    ),
    Kind.REASSIGNED: gettext_lazy(
        "Another doctor will see a patient for whom you act at the appointment."
    ),
    Kind.REOPENED: gettext_lazy(
        "The appointment of a patient for whom you act was cancelled before. It takes place after "
        "all, as given below."
    ),
    Kind.CANCELLED: gettext_lazy(
        "The appointment of a patient for whom you act has been cancelled."
    ),
    Kind.LAPSED: lazy(_with_call, str)(
        gettext_lazy(
            "We are sorry: the request for a patient for whom you act was not answered in time and "
            "has been cancelled. Please book another time, or {call}."
        )
    ),
    Kind.REMINDER: gettext_lazy("We look forward to seeing the patient for whom you act."),
}
TO_DOCTOR = {
    Kind.BOOKED: gettext_lazy("An appointment with you has been booked."),
    Kind.CONFIRMED: gettext_lazy("The appointment is confirmed."),
    Kind.MOVED: gettext_lazy("The appointment has been moved to a new time."),
    Kind.AMENDED: gettext_lazy("The length of the appointment has changed."),
    Kind.REOPENED: gettext_lazy(
        "The appointment was cancelled before. It takes place after all, as given below."
    ),
    Kind.CANCELLED: gettext_lazy(
        "The appointment has been cancelled. The time is available again."
    ),
    Kind.LAPSED: gettext_lazy(
        "You have not answered this request in time, so it has been cancelled. The time is "
        "available again."
    ),
}
# The name of a type is in no email: it can be that of a test or a treatment.
OTHER_TYPE_TO_PATIENT = gettext_lazy("The kind of your appointment has changed. See it online.")
OTHER_TYPE_TO_GUARDIAN = gettext_lazy(
    "The kind of an appointment of a patient for whom you act has changed. See it online."
)
OTHER_TYPE_TO_DOCTOR = gettext_lazy("The kind of the appointment has changed. See it online.")
BOOKED_AND_CONFIRMED = gettext_lazy("Your appointment is booked and confirmed.")
BOOKED_AND_CONFIRMED_FOR_DEPENDANT = gettext_lazy(
    "The appointment of a patient for whom you act is booked and confirmed."
)
REMINDER_OF_DEPENDANT = gettext_lazy("Reminder of an appointment")
TO_FORMER_DOCTOR = gettext_lazy(
    "Another doctor has taken over the appointment. The time is available again."
)
PENDING_TO_PATIENT = gettext_lazy("It is not confirmed yet. We will email you once it is.")
PENDING_TO_DOCTOR = gettext_lazy("Please confirm, reschedule or cancel it.")


def headline_of(notification: Notification) -> str:
    """Return the headline of the email, which is also part of its subject."""
    kind = Kind(notification.kind)
    if kind is Kind.REMINDER and notification.is_to_guardian:
        return str(REMINDER_OF_DEPENDANT)
    return str(HEADLINES[kind])


def introduction_of(notification: Notification) -> "str | StrPromise":
    """Return the first sentence of the email."""
    kind = Kind(notification.kind)
    if notification.is_to_former_doctor:
        return TO_FORMER_DOCTOR
    has_other_type = kind is Kind.AMENDED and _has_other_type(notification)
    if not notification.is_to_patient:
        return OTHER_TYPE_TO_DOCTOR if has_other_type else TO_DOCTOR[kind]
    is_guardian = notification.is_to_guardian
    if has_other_type:
        return OTHER_TYPE_TO_GUARDIAN if is_guardian else OTHER_TYPE_TO_PATIENT
    if (kind, notification.status) == (Kind.BOOKED, Status.CONFIRMED):
        return BOOKED_AND_CONFIRMED_FOR_DEPENDANT if is_guardian else BOOKED_AND_CONFIRMED
    return (TO_GUARDIAN if is_guardian else TO_PATIENT)[kind]


def _has_other_type(notification: Notification) -> bool:
    """Return whether the reported change gave the appointment another type."""
    change, previous = notification.change, notification.previous_change
    return bool(change and previous and change.has_other_type(previous))
