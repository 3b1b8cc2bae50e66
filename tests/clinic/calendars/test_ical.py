"""The calendar part of an email, parsed by two libraries (RFC 5545, RFC 5546)."""

import datetime as dt
from bisect import bisect_right
from functools import partial
from io import StringIO
from operator import itemgetter
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical  # type: ignore[import-untyped]  # has no stubs
from icalendar import Calendar
from pytest_django import Settings
from time_machine import Traveller

from clinic.models import Doctor, Patient
from tests.support.booking import book_as_patient, cancel, confirm, move
from tests.support.calendars import vobject_of
from tests.support.emails import calendar_of, mailbox, part
from tests.support.fixtures.smtp_server import MailServer
from tests.support.task_worker import run_due_tasks

pytestmark = pytest.mark.django_db

ANN, DORA = "ann@example.org", "dora@example.org"
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def _named_clinic(settings: Settings) -> None:
    """A clinic name with characters that iCalendar must escape."""
    settings.CLINIC_NAME = "Praxis Süd, Haus 2; Hof"
    settings.DEFAULT_FROM_EMAIL = "Reception <appointments@clinic.example>"


def summary_of(calendar: Calendar) -> tuple[str, str, int, str, dt.datetime]:
    """Return method, UID, sequence, status and start of the only event."""
    [event] = calendar.events
    return (
        str(calendar["METHOD"]),
        str(event["UID"]),
        event.sequence,
        str(event["STATUS"]),
        event.start,  # type: ignore[return-value]  # never an all-day event
    )


def test_render_invitation_keeps_uid_and_increases_sequence(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    appointment = book_as_patient(ann, dora)
    for change in (partial(confirm, dora.user), partial(move, ann.user), partial(cancel, ann.user)):
        run_due_tasks()
        change(appointment)
    run_due_tasks()
    nine = dt.datetime(2026, 3, 3, 9, tzinfo=BERLIN)
    ten = dt.datetime(2026, 3, 3, 10, tzinfo=BERLIN)
    uid = f"appointment-{appointment.pk}@clinic.example"
    for address in (ANN, DORA):
        assert [summary_of(calendar_of(message)) for message in mailbox(mail_server, address)] == [
            ("REQUEST", uid, 0, "TENTATIVE", nine),
            ("REQUEST", uid, 1, "CONFIRMED", nine),
            ("REQUEST", uid, 2, "TENTATIVE", ten),
            ("CANCEL", uid, 3, "CANCELLED", ten),
        ]


def test_render_invitation_has_required_properties_without_the_other_party(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    book_as_patient(ann, dora)
    run_due_tasks()
    for address, summary in (
        (ANN, "Not confirmed: Appointment with Dora Example"),
        (DORA, "Not confirmed: Appointment"),
    ):
        [message] = mailbox(mail_server, address)
        text = part(message, "text/calendar")
        calendar = vobject_of(text)
        event = calendar.vevent
        assert {line.name: str(line.value) for line in event.lines()} == {
            "UID": event.uid.value,
            "DTSTAMP": "2026-03-02 07:00:00+00:00",
            "LAST-MODIFIED": "2026-03-02 07:00:00+00:00",
            "DTSTART": "2026-03-03 09:00:00+01:00",
            "DTEND": "2026-03-03 09:30:00+01:00",
            "SUMMARY": summary,
            "LOCATION": "Praxis Süd, Haus 2; Hof",
            "ORGANIZER": "mailto:appointments@clinic.example",
            "ATTENDEE": f"mailto:{address}",
            "SEQUENCE": "0",
            "STATUS": "TENTATIVE",
            "CLASS": "PRIVATE",
            "TRANSP": "OPAQUE",
        }
        assert "DTSTART;TZID=Europe/Berlin:20260303T090000" in text.splitlines()
        assert calendar.vtimezone.tzid.value == "Europe/Berlin"


@pytest.mark.parametrize(
    ("booked_at", "day", "starts_at"),
    [
        # The clock goes forward on 29 March 2026, and back on 25 October.
        ("2026-03-20T08:00:00+01:00", dt.date(2026, 3, 27), "2026-03-27T08:00:00+00:00"),
        ("2026-03-20T08:00:00+01:00", dt.date(2026, 3, 30), "2026-03-30T07:00:00+00:00"),
        ("2026-10-20T08:00:00+02:00", dt.date(2026, 10, 23), "2026-10-23T07:00:00+00:00"),
        ("2026-10-20T08:00:00+02:00", dt.date(2026, 10, 26), "2026-10-26T08:00:00+00:00"),
    ],
)
def test_vtimezone_converts_start_to_the_right_instant(
    ann: Patient,
    dora: Doctor,
    mail_server: MailServer,
    clock: Traveller,
    booked_at: str,
    day: dt.date,
    starts_at: str,
) -> None:
    clock.move_to(booked_at)
    book_as_patient(ann, dora, day)
    run_due_tasks()
    [message] = mailbox(mail_server, ANN)
    # vobject only uses the VTIMEZONE of the calendar itself.
    event = vobject_of(part(message, "text/calendar")).vevent
    [same] = calendar_of(message).events
    assert event.dtstart.value.astimezone(dt.UTC).isoformat() == starts_at
    assert same.start == event.dtstart.value


@pytest.mark.parametrize(
    "name",
    [
        "Europe/Berlin",
        "Europe/Dublin",
        "America/New_York",
        "Australia/Sydney",
        "Asia/Kolkata",
        "Africa/Casablanca",
    ],
)
def test_vtimezone_has_all_transitions_of_the_zone(
    ann: Patient, dora: Doctor, mail_server: MailServer, settings: Settings, name: str
) -> None:
    settings.TIME_ZONE = name
    book_as_patient(ann, dora)
    run_due_tasks()
    [message] = mailbox(mail_server, ANN)
    [zone] = calendar_of(message).timezones
    changes = sorted(
        ((onset - rule.TZOFFSETFROM).replace(tzinfo=dt.UTC), rule.TZOFFSETTO)
        for rule in zone.subcomponents
        for onset in (rule.DTSTART, *(onset for onset, _ in rule.rdates))
    )
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    moments = [start + dt.timedelta(minutes=30 * n) for n in range(2 * 24 * 730)]
    real = ZoneInfo(name)
    assert [
        changes[bisect_right(changes, moment, key=itemgetter(0)) - 1][1] for moment in moments
    ] == [moment.astimezone(real).utcoffset() for moment in moments]
    # dateutil agrees at each local time that exists exactly once.
    read = tzical(StringIO(part(message, "text/calendar"))).get(name)
    hours = [moment.replace(tzinfo=None) for moment in moments]
    plain = [hour for hour in hours if real.utcoffset(hour) == real.utcoffset(hour.replace(fold=1))]
    assert [read.utcoffset(hour) for hour in plain] == [real.utcoffset(hour) for hour in plain]


def test_vtimezone_is_left_out_for_utc(
    ann: Patient, dora: Doctor, mail_server: MailServer, settings: Settings
) -> None:
    settings.TIME_ZONE = "UTC"
    book_as_patient(ann, dora)
    run_due_tasks()
    [message] = mailbox(mail_server, ANN)
    lines = part(message, "text/calendar").splitlines()
    assert ("DTSTART:20260303T090000Z" in lines, "BEGIN:VTIMEZONE" in lines) == (True, False)
