"""What the clinic writes about a visit. Nothing medical is in it: mail is no secret."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.formats import date_format

from clinic import clock
from clinic.calendars import ical
from clinic.models import Notification, Status
from clinic.slots import Slot
from users.common import email

Kind = Notification.Kind
HEADLINES = {
    Kind.BOOKED: "Visit booked",
    Kind.CONFIRMED: "Visit confirmed",
    Kind.MOVED: "Visit moved",
    Kind.CANCELLED: "Visit cancelled",
    Kind.REMINDER: "Reminder of your visit",
}
TO_PATIENT = {
    Kind.BOOKED: "We have booked your visit.",
    Kind.CONFIRMED: "Your visit is confirmed. We look forward to seeing you.",
    Kind.MOVED: "Your visit has a new time.",
    Kind.CANCELLED: "Your visit will not take place.",
    Kind.REMINDER: "We look forward to seeing you.",
}
TO_DOCTOR = {
    Kind.BOOKED: "A visit with you has been booked.",
    Kind.CONFIRMED: "The visit is confirmed.",
    Kind.MOVED: "The visit has a new time.",
    Kind.CANCELLED: "The visit will not take place. Its time is free again.",
}
PENDING_TO_PATIENT = "It is not confirmed yet. We write again when it is."
PENDING_TO_DOCTOR = "Please confirm it, or offer another time."


def render_email(notice: Notification) -> EmailMultiAlternatives:
    """The letter: text, HTML and, for all but a reminder, an entry for the calendar."""
    headline = HEADLINES[Kind(notice.kind)]
    letter = email.build_email(
        "clinic/mail/visit",
        notice.recipient,
        subject=f"{headline}: {_when(notice.slot)}",
        headline=headline,
        context=_context(notice),
    )
    # The same however often it is sent, so that mailboxes can tell a duplicate.
    letter.extra_headers["Message-ID"] = f"<notice-{notice.pk}@{ical.mail_domain()}>"
    if notice.kind != Kind.REMINDER:
        invitation = ical.invitation(notice)
        method = "CANCEL" if notice.status == Status.CANCELLED else "REQUEST"
        letter.attach_alternative(invitation.decode(), f"text/calendar; method={method}")
    return letter


def _context(notice: Notification) -> dict[str, object]:
    visit, to_patient = notice.appointment, notice.is_to_patient
    pending = PENDING_TO_PATIENT if to_patient else PENDING_TO_DOCTOR
    return {
        "sentence": (TO_PATIENT if to_patient else TO_DOCTOR)[Kind(notice.kind)],
        "pending": pending if notice.status == Status.PENDING else "",
        "cancelled": notice.status == Status.CANCELLED,
        "when": _when(notice.slot),
        "until": f"{notice.slot.ends_at(clock.zone()):%H:%M}",
        "moved_from": _moved_from(notice),
        "with_label": "Doctor" if to_patient else "Patient",
        "with": visit.doctor.user if to_patient else visit.patient.user,
        "minutes": visit.duration_minutes,
        "zone": settings.TIME_ZONE,
    }


def _moved_from(notice: Notification) -> str:
    """When it was to be before it was moved, if this is what the letter tells."""
    if notice.kind != Kind.MOVED:
        return ""
    before = notice.appointment.history.order_by("pk")[notice.sequence - 1]
    return _when(Slot(before.date, before.time, notice.appointment.duration_minutes))


def _when(slot: Slot) -> str:
    """``Tuesday, 3 March 2026, 09:00``."""
    return f"{date_format(slot.date, 'l, j F Y')}, {slot.time:%H:%M}"
