"""Emails about appointments. They contain no medical data, because email is not confidential."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import clock
from clinic.calendars import ical
from clinic.models import OPEN_STATUSES, Appointment, Notification, Status
from clinic.notifications import texts
from clinic.slots import Slot
from users.common import email
from users.models import User

Kind = Notification.Kind
MAX_LISTED = 20  # appointments in a digest


def render_email(notification: Notification) -> EmailMultiAlternatives:
    """Return the email of a notification, with a text, an HTML and a calendar part.

    A reminder has no calendar part: the recipient's calendar has the appointment already.
    """
    headline = texts.headline_of(notification)
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
        message.attach_alternative(*_calendar_part(notification))
    return message


def _calendar_part(notification: Notification) -> tuple[str, str]:
    """Return the calendar entry of a notification, and its content type."""
    method = "CANCEL" if notification.status == Status.CANCELLED else "REQUEST"
    return ical.render_invitation(notification).decode(), f"text/calendar; method={method}"


def render_summary(
    recipient: User, notifications: Sequence[Notification]
) -> EmailMultiAlternatives:
    """Return one email about several changes, with a calendar entry for each as an attachment.

    ``notifications`` are of one recipient. The first ``MAX_LISTED`` of them are listed.
    """
    headline, listed = _("Changes to your appointments"), notifications[:MAX_LISTED]
    message = email.build_email(
        "clinic/emails/summary",
        recipient,
        subject=headline,
        headline=headline,
        context={
            "changes": [_context(notification) for notification in listed],
            "more": len(notifications) - len(listed),
            "time_zone": settings.TIME_ZONE,
        },
    )
    # Constant, as in ``render_email``.
    message.extra_headers["Message-ID"] = f"<summary-{listed[0].pk}@{ical.mail_domain()}>"
    for number, notification in enumerate(listed, start=1):
        message.attach(f"appointment-{number}.ics", *_calendar_part(notification))
    return message


class AppointmentState(NamedTuple):
    """Time and status of an appointment, for one recipient.

    ``dependant`` is its patient, if the recipient is a guardian.
    """

    slot: Slot
    status: Status
    dependant: User | None = None


def render_digest(
    recipient: User, appointments: Sequence[AppointmentState], changes: int
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
                (
                    _format_start(appointment.slot),
                    appointment.status.label,
                    appointment.dependant if recipient.has_verified_email else None,
                )
                for appointment in appointments[:MAX_LISTED]
            ],
            "more": max(0, len(appointments) - MAX_LISTED),
            "time_zone": settings.TIME_ZONE,
        },
    )


def _context(notification: Notification) -> dict[str, object]:
    """Return the variables of the email template."""
    appointment, to_patient = notification.appointment, notification.is_to_patient
    names_patient = not to_patient or notification.is_to_guardian
    is_verified = notification.recipient.has_verified_email
    is_cancelled = notification.status == Status.CANCELLED
    pending = texts.PENDING_TO_PATIENT if to_patient else texts.PENDING_TO_DOCTOR
    return {
        "introduction": texts.introduction_of(notification),
        "pending": pending if notification.status == Status.PENDING else "",
        "cancelled": is_cancelled,
        "start": _format_start(notification.slot),
        "end": _format_end(notification.slot),
        "previous_start": _format_previous_start(notification),
        # Names are text that others typed: none goes to an address that may be a stranger's.
        "doctor": notification.doctor.user if to_patient and is_verified else None,
        "patient": appointment.patient.user if names_patient and is_verified else None,
        "minutes": notification.slot.duration_minutes,
        "buffers": "" if to_patient or is_cancelled else _format_buffers(appointment),
        "changeable_until": _format_changeable_until(notification) if to_patient else "",
        "instructions": _instructions_for(notification) if to_patient else "",
        "time_zone": settings.TIME_ZONE,
    }


def _format_buffers(appointment: Appointment) -> str:
    """Return the buffers, such as ``10 minutes before, 5 minutes after``; empty without any."""
    before, after = appointment.buffer_before_minutes, appointment.buffer_after_minutes
    parts = (
        before and ngettext("{minutes} minute before", "{minutes} minutes before", before),
        after and ngettext("{minutes} minute after", "{minutes} minutes after", after),
    )
    return ", ".join(
        text.format(minutes=minutes)
        for text, minutes in zip(parts, (before, after), strict=True)
        if text
    )


def _instructions_for(notification: Notification) -> str:
    """Return how to prepare for a confirmed appointment: the description of its type.

    That is the type after the reported change: the appointment can have another one when an email
    is sent late.
    """
    appointment_type = (notification.change or notification.appointment).appointment_type
    if appointment_type is None or notification.status != Status.CONFIRMED:
        return ""
    return appointment_type.description


def _format_changeable_until(notification: Notification) -> str:
    """Return until when the patient can cancel or reschedule; empty if that is always or never.

    Also empty if the appointment has another time than the email reports, or is not open now or in
    the email: one about a cancellation can be sent late, after the appointment was reopened.
    """
    appointment = notification.appointment
    is_open = {appointment.status, notification.status} <= OPEN_STATUSES
    if not (appointment.cancellation_notice_minutes and is_open):
        return ""
    if appointment.slot != notification.slot:
        return ""
    until = appointment.changeable_until
    # In UTC: Python compares two datetimes of the same zone by their wall clock times.
    if until.astimezone(dt.UTC) <= clock.now():
        return ""
    return f"{date_format(until, 'l, j F Y')}, {_format_time(until)}"


def _format_previous_start(notification: Notification) -> str:
    """Return the start before the reported change; empty if it is the same or not reported."""
    previous, slot = notification.previous_change, notification.slot
    if previous is None or notification.kind not in {Kind.MOVED, Kind.REASSIGNED}:
        return ""
    if (previous.date, previous.time) == (slot.date, slot.time):
        return ""
    return _format_start(replace(slot, date=previous.date, time=previous.time))


def _format_start(slot: Slot) -> str:
    """Return the start of a slot, such as ``Tuesday, 3 March 2026, 09:00``."""
    return f"{date_format(slot.date, 'l, j F Y')}, {slot.time:%H:%M}"


def _format_end(slot: Slot) -> str:
    """Return the end of a slot, such as ``09:30``."""
    return _format_time(slot.ends_at(clock.zone()))


def _format_time(moment: dt.datetime) -> str:
    """Return the time of day, such as ``09:30``.

    With the zone's abbreviation, such as ``02:30 CET``, if it is the second occurrence of a
    time that the clock repeats: without it, an appointment that ends then would seem to end as it
    starts.
    """
    return f"{moment:%H:%M %Z}" if moment.fold else f"{moment:%H:%M}"
