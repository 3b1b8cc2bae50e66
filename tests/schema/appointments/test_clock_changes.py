"""Appointments on days on which the clock is changed, over the API, the admin and the emails."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.schedules import Interval, set_working_hours
from clinic.errors import BookingErrorCode
from clinic.models import Appointment, BusyTick, Doctor, Patient
from clinic.notifications.reminders import enqueue_due_reminders
from tests.schema.appointments.create_appointment import book
from tests.support.admin_client import AdminClient, AdminResponse
from tests.support.api_client import Api
from tests.support.booking import (
    assert_ticks_are_those_of_live_appointments,
    book_as_patient,
    write,
)
from tests.support.calendars import vobject_of
from tests.support.emails import mailbox, part
from tests.support.fixtures.smtp_server import MailServer
from tests.support.global_ids import id_of
from tests.support.graphql_responses import operation_info, root_value
from tests.support.task_worker import run_due_tasks
from users.models import User

pytestmark = pytest.mark.django_db

# On 31 October 2027 the clock of Berlin goes from 02:59:59 CEST to 02:00 CET.
FRIDAY, SUNDAY, MONDAY = (dt.date(2027, 10, 29) + n * dt.timedelta(days=1) for n in (0, 2, 3))
MESSAGE = (
    "Part of this time does not exist or occurs twice because the clock changes on that day. "
    "Choose another time."
)
REJECTED = operation_info(BookingErrorCode.NONEXISTENT_TIME, "time", MESSAGE)
# Zone, date, start and end of what is skipped or repeated, slots of an hour at 30 minutes past.
CHANGES = [
    ("Europe/Berlin", "2027-10-31", "02:00", "03:00", 60),
    ("Europe/Berlin", "2027-03-28", "02:00", "03:00", 60),
    ("Australia/Lord_Howe", "2027-04-04", "01:30", "02:00", 30),
    ("Antarctica/Troll", "2027-10-31", "01:00", "03:00", 60),
    ("America/Havana", "2027-11-07", "00:00", "01:00", 60),
    ("Africa/Cairo", "2027-10-28", "23:00", "00:00", 60),
    ("Asia/Beirut", "2027-03-28", "00:00", "01:00", 60),
]


def minutes(time: str, *, end: bool = False) -> int:
    hour, minute = map(int, time.split(":"))
    return (hour * 60 + minute) or (1440 if end else 0)


def shown(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}:00"


def offered(api: Api, user: User, doctor: Doctor, date: str, **more: object) -> list[Any]:
    sent = {"doctorId": id_of(doctor), "start": date, "days": 1, **more}
    slots: list[Any] = root_value(api("AvailableSlots", sent, user=user))["availableSlots"]
    for slot in slots:
        start, end = (dt.datetime.fromisoformat(slot[at]) for at in ("startsAt", "endsAt"))
        assert end - start == dt.timedelta(minutes=slot["durationMinutes"])
    return [slot["time"] for slot in slots]


@pytest.fixture
def always(dora: Doctor, clock: Traveller) -> Doctor:
    """Doctor Dora, who works day and night; it is Friday 29 October 2027, 08:00."""
    clock.move_to("2027-10-29T08:00:00+02:00")
    day = (dt.time(), dt.time())
    return set_working_hours(dora, [Interval(weekday, *day) for weekday in range(7)])


def booked_or_moved(api: Api, ann: Patient, other: Appointment, date: str, time: str) -> list[Any]:
    """Book as patient and as doctor, and move ``other`` as its patient and its doctor."""
    doctor, patient, at = other.doctor, other.patient, {"date": date, "time": time}
    length = {"durationMinutes": other.duration_minutes}
    moved = {"input": {"id": id_of(other), **at}}
    return [
        book(api, ann.user, doctorId=id_of(doctor), **at),
        book(api, doctor.user, patientId=id_of(patient), **length, **at),
        root_value(api("RescheduleAppointment", moved, user=patient.user)),
        root_value(api("RescheduleAppointment", moved, user=doctor.user)),
    ]


def elapsed_minutes(appointment: dict[str, str]) -> float:
    start, end = (dt.datetime.fromisoformat(appointment[at]) for at in ("startsAt", "endsAt"))
    return (end - start) / dt.timedelta(minutes=1)


@pytest.mark.parametrize(("zone", "date", "start", "end", "length"), CHANGES)
def test_time_of_a_clock_change_is_neither_offered_nor_booked(
    api: Api,
    sam: User,
    ann: Patient,
    ben: Patient,
    always: Doctor,
    settings: Settings,
    clock: Traveller,
    zone: str,
    date: str,
    start: str,
    end: str,
    length: int,
) -> None:
    settings.TIME_ZONE = zone
    clock.move_to(dt.datetime.fromisoformat(f"{date}T12:00:00Z") - dt.timedelta(days=3))
    always.slot_minutes = length
    always.save()
    other = book_as_patient(ben, always, clinic_clock.today() + dt.timedelta(days=1), dt.time(12))
    begins, ends = minutes(start), minutes(end, end=True)
    expected = [
        shown(minute)
        for minute in range(0, 1440, length)
        if minute + length <= begins or minute >= ends
    ]
    assert offered(api, ann.user, always, date) == expected
    assert offered(api, ben.user, always, date, moving=id_of(other)) == expected
    admin = AdminClient(sam)
    for minute in range(max(begins - length + 5, 0), ends, 25):
        time = shown(minute)
        if minute + length <= 1440:
            assert booked_or_moved(api, ann, other, date, time) == [REJECTED] * 4
            page = f"clinic/appointment/{other.pk}/change/"
            response = admin.save(page, date=date, time=time)
            assert response == AdminResponse([], {"time": [MESSAGE]})
    # Until the change and from its end.
    for minute in (begins - length, ends):
        if minute >= 0 and minute + length <= 1440:
            sent = {"input": {"id": id_of(other), "date": date, "time": shown(minute)}}
            answer = api("RescheduleAppointment", sent, user=always.user)
            assert elapsed_minutes(root_value(answer)) == length


def test_next_available_and_alternatives_leave_out_the_repeated_hour(
    api: Api, ann: Patient, ben: Patient, always: Doctor, clock: Traveller
) -> None:
    taken = {"doctorId": id_of(always), "date": "2027-10-31", "time": "01:30:00"}
    assert book(api, ben.user, **taken)["__typename"] == "Appointment"
    answer = book(api, ann.user, **taken)
    assert (answer["code"], [slot["time"] for slot in answer["nextAvailable"]]) == (
        "SLOT_TAKEN",
        ["03:00:00", "03:30:00", "04:00:00"],
    )
    clock.move_to("2027-10-31T01:31:00+02:00")
    [first] = root_value(
        api("NextAvailable", {"specialty": always.specialty, "first": 1}, user=ann.user)
    )
    assert first["slot"] == {
        "date": "2027-10-31",
        "time": "03:00:00",
        "durationMinutes": 30,
        "startsAt": "2027-10-31T03:00:00+01:00",
        "endsAt": "2027-10-31T03:30:00+01:00",
    }


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "left"),
    [
        # In the first and in the second occurrence, and over both.
        ("02:10:00+02:00", "02:50:00+02:00", ["01:00:00", "01:30:00", "03:00:00", "03:30:00"]),
        ("02:10:00+01:00", "02:50:00+01:00", ["01:00:00", "01:30:00", "03:00:00", "03:30:00"]),
        ("02:50:00+02:00", "02:10:00+01:00", ["01:00:00", "01:30:00", "03:00:00", "03:30:00"]),
        # Until a repeated time, and from one.
        ("01:30:00+02:00", "02:50:00+02:00", ["01:00:00", "03:00:00", "03:30:00"]),
        ("01:30:00+02:00", "02:10:00+01:00", ["01:00:00", "03:00:00", "03:30:00"]),
        ("02:50:00+02:00", "03:01:00+01:00", ["01:00:00", "01:30:00", "03:30:00"]),
        ("02:10:00+01:00", "03:01:00+01:00", ["01:00:00", "01:30:00", "03:30:00"]),
    ],
)
def test_time_off_in_the_repeated_hour(
    api: Api, ann: Patient, always: Doctor, starts_at: str, ends_at: str, left: list[str]
) -> None:
    set_working_hours(always, [Interval(SUNDAY.weekday(), dt.time(1), dt.time(4))])
    sent = {"startsAt": f"{SUNDAY}T{starts_at}", "endsAt": f"{SUNDAY}T{ends_at}"}
    added = root_value(api("AddTimeOff", {"input": sent}, user=always.user))
    assert (added["__typename"], added["startsAt"], added["endsAt"]) == (
        "TimeOff",
        *sent.values(),
    )
    assert offered(api, ann.user, always, str(SUNDAY)) == left


@pytest.fixture
def repeated(ann: Patient, always: Doctor) -> Appointment:
    """Ann's pending appointment of an earlier release: an hour from 02:30, which occurs twice."""
    appointment = book_as_patient(ann, always, SUNDAY, dt.time(9))
    write(appointment, time=dt.time(2, 30), duration_minutes=60)
    write(appointment.history.get(), time=dt.time(2, 30), duration_minutes=None, doctor=None)
    appointment = Appointment.objects.with_people().get(pk=appointment.pk)
    BusyTick.objects.occupy(appointment.pk, appointment.busy_spans(), is_new=False)
    return appointment


def test_appointment_in_the_repeated_hour_is_listed_and_ends_after_its_duration(
    api: Api, ann: Patient, always: Doctor, repeated: Appointment
) -> None:
    for user in (ann.user, always.user):
        [edge] = root_value(api("MyAppointments", {}, user=user))["edges"]
        assert {
            name: edge["node"][name] for name in ("id", "time", "startsAt", "endsAt", "status")
        } == {
            "id": id_of(repeated),
            "time": "02:30:00",
            "startsAt": "2027-10-31T02:30:00+02:00",
            "endsAt": "2027-10-31T02:30:00+01:00",
            "status": "PENDING",
        }


def test_appointment_in_the_repeated_hour_is_in_the_calendar_feed(
    api: Api, ann: Patient, repeated: Appointment
) -> None:
    url = root_value(api("Calendar", {}, user=ann.user))["calendarUrl"]
    text = Client().get(url.removeprefix("http://testserver")).content.decode()
    assert [line for line in text.splitlines() if line.startswith(("DTSTART;", "DTEND"))] == [
        "DTSTART;TZID=Europe/Berlin:20271031T023000",
        "DTEND:20271031T013000Z",
    ]
    event = vobject_of(text).vevent
    start, end = (event.dtstart.value, event.dtend.value)
    assert end.astimezone(dt.UTC) - start.astimezone(dt.UTC) == dt.timedelta(hours=1)


def test_appointment_in_the_repeated_hour_is_confirmed_reminded_and_completed(
    api: Api,
    ann: Patient,
    always: Doctor,
    repeated: Appointment,
    mail_server: MailServer,
    clock: Traveller,
) -> None:
    run_due_tasks()
    sent = {"input": {"id": id_of(repeated)}}
    answer = root_value(api("ConfirmAppointment", sent, user=always.user))
    assert answer["status"] == "CONFIRMED"
    run_due_tasks()
    clock.move_to("2027-10-30T02:30:00+02:00")
    assert enqueue_due_reminders(clinic_clock.now()) == 1
    run_due_tasks()
    times = [
        part(message, "text/plain").splitlines()[4].strip()
        for message in mailbox(mail_server, ann.user.email)
    ]
    assert times == ["Sunday, 31 October 2027, 02:30 to 02:30 CET"] * 3
    assert_ticks_are_those_of_live_appointments()
    clock.move_to("2027-10-31T02:30:00+02:00")
    answer = root_value(api("CompleteAppointment", sent, user=always.user))
    assert answer["status"] == "COMPLETED"
    assert_ticks_are_those_of_live_appointments()


def test_appointment_in_the_repeated_hour_is_cancelled(
    api: Api, ann: Patient, repeated: Appointment
) -> None:
    sent = {"input": {"id": id_of(repeated)}}
    assert root_value(api("CancelAppointment", sent, user=ann.user))["status"] == "CANCELLED"
    assert not BusyTick.objects.exists()


def test_appointment_in_the_repeated_hour_stays_busy_and_moves_elsewhere(
    api: Api, sam: User, ann: Patient, ben: Patient, always: Doctor, repeated: Appointment
) -> None:
    book_as_patient(ben, always, MONDAY)
    overlapping = {"patientId": id_of(ben), "date": "2027-10-31", "time": "03:15"}
    answer = book(api, always.user, **overlapping)
    assert answer["code"] == "SLOT_TAKEN"
    sent = {"id": id_of(repeated), "date": "2027-10-31", "time": "02:00"}
    for user in (ann.user, always.user):
        assert root_value(api("RescheduleAppointment", {"input": sent}, user=user)) == REJECTED
    page = f"clinic/appointment/{repeated.pk}/change/"
    assert AdminClient(sam).save(page, time="02:00").errors == {"time": [MESSAGE]}
    assert AdminClient(sam).save(page, time="03:00").errors == {}
    sent["time"] = "01:00"
    moved = root_value(api("RescheduleAppointment", {"input": sent}, user=ann.user))
    assert (moved["startsAt"], moved["endsAt"], moved["status"]) == (
        "2027-10-31T01:00:00+02:00",
        "2027-10-31T02:00:00+02:00",
        "PENDING",
    )
    assert_ticks_are_those_of_live_appointments()


def test_conflicts_of_time_off_include_an_appointment_in_the_repeated_hour(
    api: Api, always: Doctor, repeated: Appointment
) -> None:
    def conflicts(start: str, end: str) -> list[str]:
        sent = {"startsAt": f"{SUNDAY}T{start}", "endsAt": f"{SUNDAY}T{end}"}
        added = root_value(api("AddTimeOff", {"input": sent}, user=always.user))
        return [appointment["id"] for appointment in added["conflicts"]]

    assert conflicts("02:45:00+02:00", "02:50:00+02:00") == [id_of(repeated)]
    assert conflicts("02:00:00+02:00", "02:30:00+02:00") == []
