"""Visits as calendars (RFC 5545), sent by mail (RFC 5546, 6047) or subscribed to.

Nothing in them is medical, and no patient is named: calendars lie open on desks
and are copied to other companies' servers.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from email.utils import parseaddr
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vDuration

from clinic import clock
from clinic.calendars import vtimezone
from clinic.models import Appointment, Notification, Status
from clinic.slots import Slot

PRODID = "-//CyberMed//Appointments//EN"
REFRESH = dt.timedelta(hours=1)
STATUSES = {
    Status.PENDING: "TENTATIVE",
    Status.CONFIRMED: "CONFIRMED",
    Status.COMPLETED: "CONFIRMED",
    Status.CANCELLED: "CANCELLED",
}


class Entry(NamedTuple):
    """A visit as one of its sides has it in a calendar, after its ``sequence``-th change."""

    visit: Appointment
    slot: Slot
    status: str
    sequence: int
    changed_at: dt.datetime
    for_patient: bool


def invitation(notice: Notification) -> bytes:
    """The calendar part of a letter: REQUEST puts or moves the visit, CANCEL takes it out."""
    entry = Entry(
        notice.appointment,
        notice.slot,
        notice.status,
        notice.sequence,
        notice.created_at,
        notice.is_to_patient,
    )
    event = _event(entry)
    event["ORGANIZER"] = _address(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], settings.CLINIC_NAME)
    attendee = _address(notice.recipient.email, str(notice.recipient))
    attendee.params.update({"ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"})
    event.add("attendee", attendee)
    cancelled = notice.status == Status.CANCELLED
    calendar = _calendar("CANCEL" if cancelled else "REQUEST")
    return _serialize(calendar, [event], [entry.slot.date])


def render_feed(entries: Sequence[Entry]) -> bytes:
    """A calendar to subscribe to. The same visits give the same bytes, whenever asked."""
    calendar = _calendar("PUBLISH")
    calendar.calendar_name = settings.CLINIC_NAME  # as NAME and as X-WR-CALNAME
    calendar.refresh_interval = REFRESH
    # What the older of Microsoft's read instead of REFRESH-INTERVAL.
    calendar["X-PUBLISHED-TTL"] = vDuration(REFRESH)
    events = [_event(entry) for entry in entries]
    return _serialize(calendar, events, [entry.slot.date for entry in entries])


def feed_etag(entries: Sequence[Entry]) -> str:
    """Another one if ``render_feed`` would be another; far cheaper than the feed itself."""
    shown = [(uid_of(entry.visit), *entry[1:], _summary(entry)) for entry in entries]
    told = (PRODID, settings.CLINIC_NAME, settings.TIME_ZONE, shown)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def uid_of(visit: Appointment) -> str:
    """What names the visit in every calendar, for good."""
    return f"appointment-{visit.pk}@{mail_domain()}"


def mail_domain() -> str:
    """The domain that the clinic's mail comes from."""
    return _domain_of(settings.DEFAULT_FROM_EMAIL)


@lru_cache(maxsize=1)  # asked for each visit of a feed
def _domain_of(address: str) -> str:
    return parseaddr(address)[1].rpartition("@")[2]


def _calendar(method: str) -> Calendar:
    # Calendar.new() would give it another random UID each time.
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def _event(entry: Entry) -> Event:
    zone = clock.zone()
    # Event.new() would be as dear as all the rest of a feed.
    event = Event()
    event.add("uid", uid_of(entry.visit))
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("dtstart", entry.slot.starts_at(zone))
    event.add("dtend", entry.slot.ends_at(zone))
    event.add("summary", _summary(entry))
    event.add("location", settings.CLINIC_NAME)
    event.add("sequence", entry.sequence)
    event.add("status", STATUSES[Status(entry.status)])
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT" if entry.status == Status.CANCELLED else "OPAQUE")
    return event


def _summary(entry: Entry) -> str:
    doctor = entry.visit.doctor.user
    visit = f"Visit with {doctor}" if entry.for_patient else "Visit"
    # Google, Apple and Thunderbird show a subscribed event alike, whatever its status.
    marks = {Status.CANCELLED: "Cancelled: ", Status.PENDING: "Not confirmed: "}
    return marks.get(Status(entry.status), "") + visit


def _address(email: str, name: str) -> vCalAddress:
    return vCalAddress.new(email, cn=name)


def _serialize(calendar: Calendar, events: list[Event], days: list[dt.date]) -> bytes:
    """The calendar with its events, after the zone's rules for the years of their days."""
    # One event tells which rules are missing: all of them are on the clinic's clock.
    calendar.subcomponents = [*events[:1]]
    for zone_name in calendar.get_missing_tzids():
        last_year = min(max(days).year + 1, dt.MAXYEAR - 1)
        rules = vtimezone.rules(zone_name, min(days).year, last_year)
        calendar.subcomponents.insert(0, rules)
    calendar.subcomponents += events[1:]
    printed: bytes = calendar.to_ical()
    return printed
