"""Emails about appointments. They contain no medical data, because email is not confidential."""

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import clock
from clinic.calendars import ical
from clinic.models import Appointment, Notification, Status
from clinic.slots import Slot
from users.common import email
from users.models import User

Kind = Notification.Kind
HEADLINES = {
    Kind.BOOKED: gettext_lazy("Appointment booked"),
    Kind.CONFIRMED: gettext_lazy("Appointment confirmed"),
    Kind.MOVED: gettext_lazy("Appointment moved"),
    Kind.CANCELLED: gettext_lazy("Appointment cancelled"),
    Kind.REMINDER: gettext_lazy("Reminder of your appointment"),
}
TO_PATIENT = {
    Kind.BOOKED: gettext_lazy("We have booked your appointment."),
    Kind.CONFIRMED: gettext_lazy("Your appointment is confirmed. We look forward to seeing you."),
    Kind.MOVED: gettext_lazy("Your appointment has been moved to a new time."),
    Kind.CANCELLED: gettext_lazy("Your appointment has been cancelled."),
    Kind.REMINDER: gettext_lazy("We look forward to seeing you."),
}
TO_DOCTOR = {
    Kind.BOOKED: gettext_lazy("An appointment with you has been booked."),
    Kind.CONFIRMED: gettext_lazy("The appointment is confirmed."),
    Kind.MOVED: gettext_lazy("The appointment has been moved to a new time."),
    Kind.CANCELLED: gettext_lazy(
        "The appointment has been cancelled. The time is available again."
    ),
}
MAX_LISTED = 20  # appointments in a digest
PENDING_TO_PATIENT = gettext_lazy("It is not confirmed yet. We will email you once it is.")
PENDING_TO_DOCTOR = gettext_lazy("Please confirm, reschedule or cancel it.")


def render_email(notification: Notification) -> EmailMultiAlternatives:
    """Return the email of a notification, with a text, an HTML and a calendar part.

    A reminder has no calendar part: the recipient's calendar has the appointment already.
    """
    headline = str(HEADLINES[Kind(notification.kind)])
    message = email.build_email(
        "clinic/emails/appointment",
        notification.recipient,
        subject=_("{headline}: {date_and_time}").format(
            headline=headline, date_and_time=_format_start(notification.slot)
        ),
        headline=headline,
        context=_context(notification),
    )
    # Constant, so that mail programs can recognize an email that was sent twice. The prefix
    # "notice-" predates the model's name: with another, an email whose sending began before
    # an upgrade and was repeated after it would no longer be recognized as a duplicate.
    message.extra_headers["Message-ID"] = f"<notice-{notification.pk}@{ical.mail_domain()}>"
    if notification.kind != Kind.REMINDER:
        invitation = ical.render_invitation(notification)
        method = "CANCEL" if notification.status == Status.CANCELLED else "REQUEST"
        message.attach_alternative(invitation.decode(), f"text/calendar; method={method}")
    return message


def render_digest(
    recipient: User, appointments: Sequence[Appointment], changes: int
) -> EmailMultiAlternatives:
    """Return the email that reports ``changes`` held notifications about ``appointments``."""
    headline = _("Changes to your appointments")
    return email.build_email(
        "clinic/emails/digest",
        recipient,
        subject=headline,
        headline=headline,
        context={
            "changes": changes,
            "appointments": [
                (_format_start(appointment.slot), appointment.get_status_display())
                for appointment in appointments[:MAX_LISTED]
            ],
            "more": max(0, len(appointments) - MAX_LISTED),
            "time_zone": settings.TIME_ZONE,
        },
    )


def _context(notification: Notification) -> dict[str, object]:
    """Return the variables of the email template."""
    appointment, to_patient = notification.appointment, notification.is_to_patient
    is_verified = notification.recipient.has_verified_email
    pending = PENDING_TO_PATIENT if to_patient else PENDING_TO_DOCTOR
    return {
        "introduction": (TO_PATIENT if to_patient else TO_DOCTOR)[Kind(notification.kind)],
        "pending": pending if notification.status == Status.PENDING else "",
        "cancelled": notification.status == Status.CANCELLED,
        "start": _format_start(notification.slot),
        "end": _format_end(notification.slot),
        "previous_start": _format_previous_start(notification),
        # Names are text that others typed: none goes to an address that may be a stranger's.
        "doctor": appointment.doctor.user if to_patient and is_verified else None,
        "patient": appointment.patient.user if not to_patient and is_verified else None,
        "minutes": appointment.duration_minutes,
        "time_zone": settings.TIME_ZONE,
    }


def _format_previous_start(notification: Notification) -> str:
    """Return the start before the reported move; empty if the appointment was not moved."""
    if notification.kind != Kind.MOVED:
        return ""
    previous = notification.appointment.history.order_by("pk")[notification.sequence - 1]
    return _format_start(
        Slot(previous.date, previous.time, notification.appointment.duration_minutes)
    )


def _format_start(slot: Slot) -> str:
    """Return the start of a slot, such as ``Tuesday, 3 March 2026, 09:00``."""
    return f"{date_format(slot.date, 'l, j F Y')}, {slot.time:%H:%M}"


def _format_end(slot: Slot) -> str:
    """Return the end of a slot, such as ``09:30``.

    With the zone's abbreviation, such as ``02:30 CET``, if it is the second occurrence of a
    time that the clock repeats: without it, the appointment would seem to end as it starts.
    """
    ends_at = slot.ends_at(clock.zone())
    return f"{ends_at:%H:%M %Z}" if ends_at.fold else f"{ends_at:%H:%M}"
