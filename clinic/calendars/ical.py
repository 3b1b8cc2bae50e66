"""Appointments as iCalendar (RFC 5545): invitations in emails (RFC 5546, 6047) and feeds.

Calendars contain no medical data and no patient names, because other people can see
them on screens and calendar programs copy them to third-party servers. The exception is the first
name of a patient in the calendar of a guardian, who could not tell several dependants apart
otherwise: initials of brothers and sisters are often the same. The name of the appointment
type, which can be that of a test or a treatment, is not in them either. An event is as long as the
appointment, without the doctor's buffers.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from email.utils import parseaddr
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vDuration

from clinic import clock
from clinic.calendars import vtimezone
from clinic.models import Appointment, Doctor, Notification, Status
from clinic.slots import Slot

PRODID = "-//CyberMed//Appointments//EN"
REFRESH = dt.timedelta(hours=1)
STATUSES = {
    Status.PENDING: "TENTATIVE",
    Status.CONFIRMED: "CONFIRMED",
    Status.COMPLETED: "CONFIRMED",
    Status.NO_SHOW: "CONFIRMED",
    Status.CANCELLED: "CANCELLED",
}


class Entry(NamedTuple):
    """The state of an appointment as one calendar event.

    ``doctor`` is the one in this state; the appointment can have another one since.
    ``sequence`` is the 0-based position of the latest change in the appointment's history.
    A calendar program replaces its event by one with the same UID and a higher sequence.
    ``names_doctor`` is True in the calendars of the patient, of guardians and of the doctor's
    assistants. ``dependant`` is the first name of the patient in a guardian's calendar, else "".
    """

    appointment: Appointment
    doctor: Doctor
    slot: Slot
    status: str
    sequence: int
    changed_at: dt.datetime
    names_doctor: bool
    dependant: str = ""


def render_invitation(notification: Notification) -> bytes:
    """Return the calendar part of an email.

    Its method REQUEST adds the event to the recipient's calendar or updates it; CANCEL
    removes it.
    """
    # Without names in an email to an address that may be a stranger's.
    is_verified = notification.recipient.has_verified_email
    names_dependant = notification.is_to_guardian and is_verified
    entry = Entry(
        notification.appointment,
        notification.doctor,
        notification.slot,
        notification.status,
        notification.sequence,
        notification.created_at,
        notification.is_to_patient and is_verified,
        notification.appointment.patient.user.first_name if names_dependant else "",
    )
    event = _event(entry)
    event["ORGANIZER"] = _address(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], settings.CLINIC_NAME)
    name = str(notification.recipient) if is_verified else None
    attendee = _address(notification.recipient.email, name)
    attendee.params.update({"ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"})
    event.add("attendee", attendee)
    cancelled = notification.status == Status.CANCELLED
    calendar = _calendar("CANCEL" if cancelled else "REQUEST")
    return _serialize(calendar, [event], [entry.slot.date])


def render_feed(entries: Sequence[Entry]) -> bytes:
    """Return the calendar of a feed. The bytes depend on ``entries`` and settings only."""
    calendar = _calendar("PUBLISH")
    calendar.calendar_name = settings.CLINIC_NAME  # as NAME and as X-WR-CALNAME
    calendar.refresh_interval = REFRESH
    # Older Microsoft programs read this property instead of REFRESH-INTERVAL.
    calendar["X-PUBLISHED-TTL"] = vDuration(REFRESH)
    events = (_event(entry) for entry in entries)
    return _serialize(calendar, events, [entry.slot.date for entry in entries])


def feed_etag(entries: Sequence[Entry]) -> str:
    """Return a value that changes whenever the result of ``render_feed`` changes.

    Much cheaper than rendering the feed.
    """
    events = [(uid_of(entry.appointment), *entry[2:], _summary(entry)) for entry in entries]
    content = (PRODID, settings.CLINIC_NAME, settings.TIME_ZONE, events)
    return hashlib.sha256(repr(content).encode()).hexdigest()


def uid_of(appointment: Appointment) -> str:
    """Return the permanent UID of the appointment in all calendars."""
    return f"appointment-{appointment.pk}@{mail_domain()}"


def mail_domain() -> str:
    """Return the domain of the clinic's sender address."""
    return _domain_of(settings.DEFAULT_FROM_EMAIL)


@lru_cache(maxsize=1)  # called for each appointment of a feed
def _domain_of(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2]


def _calendar(method: str) -> Calendar:
    # Calendar.new() would add a random UID, and the feed's bytes would differ each time.
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def _event(entry: Entry) -> Event:
    zone = clock.zone()
    # Event.new() would take as long as the rest of the feed.
    event = Event()
    event.add("uid", uid_of(entry.appointment))
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("dtstart", entry.slot.starts_at(zone))
    event.add("dtend", _end_of(entry.slot, zone))
    event.add("summary", _summary(entry))
    event.add("location", settings.CLINIC_NAME)
    event.add("sequence", entry.sequence)
    event.add("status", STATUSES[Status(entry.status)])
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT" if entry.status == Status.CANCELLED else "OPAQUE")
    return event


def _end_of(slot: Slot, zone: dt.tzinfo) -> dt.datetime:
    """Return the end of the event: in ``zone``, or in UTC where the local time is ambiguous.

    Calendar programs read a local time that occurs twice as its first occurrence (RFC 5545,
    3.3.5). An appointment of an earlier release that ends in the second occurrence would end
    before it starts.
    """
    ends_at = slot.ends_at(zone)
    return ends_at.astimezone(dt.UTC) if ends_at.fold else ends_at


def _summary(entry: Entry) -> str:
    doctor = entry.doctor.user
    title = (
        _("Appointment with {doctor}").format(doctor=doctor)
        if entry.names_doctor
        else _("Appointment")
    )
    if entry.dependant:
        title = _("{dependant}: {title}").format(dependant=entry.dependant, title=title)
    # Google, Apple and Thunderbird do not show the status of events in a subscribed calendar.
    if entry.status == Status.CANCELLED:
        return _("Cancelled: {title}").format(title=title)
    if entry.status == Status.PENDING:
        return _("Not confirmed: {title}").format(title=title)
    return title


def _address(email: str, name: str | None) -> vCalAddress:
    return vCalAddress.new(email, cn=name)


def _serialize(calendar: Calendar, events: Iterable[Event], days: list[dt.date]) -> bytes:
    """Return the calendar's bytes: first a VTIMEZONE for the years of ``days``, then the events.

    Each event is serialized before the next one is built: a calendar of thousands of event
    objects would take twice as long and a hundred times the memory.
    """
    serialized = [event.to_ical() for event in _with_time_zone(calendar, events, days)]
    head, end, _ = calendar.to_ical().partition(b"END:VCALENDAR")
    return b"".join((head, *serialized, end, b"\r\n"))


def _with_time_zone(
    calendar: Calendar, events: Iterable[Event], days: list[dt.date]
) -> Iterator[Event]:
    """Yield the events, and add the time zone of the first one to the calendar."""
    for number, event in enumerate(events):
        # One event is enough to find the missing time zone: all are in the clinic's zone.
        if number == 0:
            calendar.subcomponents = [event]
            missing = calendar.get_missing_tzids()
            last_year = min(max(days).year + 1, dt.MAXYEAR - 1)
            calendar.subcomponents = [
                vtimezone.rules(zone_name, min(days).year, last_year) for zone_name in missing
            ]
        yield event
