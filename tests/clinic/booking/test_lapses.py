"""Requests that nobody answers are cancelled after ``ANSWER_DAYS`` working days."""

import datetime as dt

import pytest
from django.db import IntegrityError
from pytest_django import Settings
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.date_exceptions import add_closure, set_special_hours
from clinic.booking.lapses import lapse_unanswered_requests, unanswered_requests
from clinic.booking.schedules import Interval, set_working_hours
from clinic.models import Appointment, BusyTick, Doctor, Notification, Patient
from tests.support.booking import (
    TEN,
    add_time_off,
    amend,
    book_as_patient,
    cancel,
    confirm,
    history_of,
    move,
    reassign,
)
from tests.support.db_faults import failing
from tests.support.emails import mailbox, part
from tests.support.fixtures.smtp_server import MailServer
from tests.support.task_worker import run_due_tasks
from users.models import User

pytestmark = pytest.mark.django_db

LATER = dt.date(2026, 3, 26)


@pytest.fixture
def request_of_monday(ann: Patient, dora: Doctor) -> Appointment:
    """Ann's request of Monday, 2 March, for an appointment with Dora on 26 March."""
    return book_as_patient(ann, dora, LATER)


def last_day_before_lapse(clock: Traveller) -> str:
    """Return the last date on which nothing lapses; fail if nothing lapses before 20 March."""
    for day in range(3, 20):
        clock.move_to(f"2026-03-{day:02}T00:00:00+01:00")
        if unanswered_requests(clinic_clock.now()):
            clock.shift(dt.timedelta(microseconds=-1))
            assert unanswered_requests(clinic_clock.now()) == []
            return f"{clinic_clock.today():%a %d}"
    raise AssertionError("nothing lapses")


@pytest.mark.usefixtures("request_of_monday")
def test_request_lapses_after_three_working_days(clock: Traveller) -> None:
    assert last_day_before_lapse(clock) == "Thu 05"


@pytest.mark.usefixtures("request_of_monday")
def test_days_on_which_the_doctor_does_not_work_do_not_count(
    dora: Doctor, clock: Traveller
) -> None:
    now, day = clinic_clock.now(), dt.date(2026, 3, 3)
    add_closure(name="Course", first_day=day, last_day=day, now=now)
    off = dt.datetime.combine(day, dt.time(9), now.tzinfo) + dt.timedelta(days=1)
    add_time_off(dora, starts_at=off, ends_at=off.replace(hour=17))
    set_special_hours(dora, dt.date(2026, 3, 5), [], now)
    # Half a day off is a working day: Friday. So is Saturday with special hours.
    add_time_off(dora, starts_at=off.replace(day=6), ends_at=off.replace(day=6, hour=12))
    set_special_hours(dora, dt.date(2026, 3, 7), [(dt.time(9), dt.time(10))], now)
    assert last_day_before_lapse(clock) == "Mon 09"


def test_day_on_which_the_clock_changes_is_a_whole_day(
    ann: Patient, dora: Doctor, clock: Traveller
) -> None:
    set_working_hours(dora, [Interval(day, dt.time(9), dt.time(17)) for day in range(7)])
    clock.move_to("2026-03-27T23:30:00+01:00")
    requested = book_as_patient(ann, dora, dt.date(2026, 4, 1))
    # Saturday, Sunday, on which the clock skips an hour, and Monday.
    clock.move_to("2026-03-30T23:59:59+02:00")
    assert unanswered_requests(clinic_clock.now()) == []
    clock.move_to("2026-03-31T00:00:00+02:00")
    assert unanswered_requests(clinic_clock.now()) == [requested]


def test_request_moved_by_its_patient_counts_again_and_amended_one_does_not(
    request_of_monday: Appointment, ben: Patient, dora: Doctor, clock: Traveller
) -> None:
    other = book_as_patient(ben, dora, LATER, TEN)
    clock.move_to("2026-03-04T08:00:00+01:00")
    amend(dora.user, other, duration_minutes=60)
    move(request_of_monday.patient.user, request_of_monday, LATER, dt.time(15))
    clock.move_to("2026-03-06T00:00:00+01:00")
    assert unanswered_requests(clinic_clock.now()) == [other]
    clock.move_to("2026-03-10T00:00:00+01:00")
    assert unanswered_requests(clinic_clock.now()) == [other, request_of_monday]


def test_request_given_to_another_doctor_counts_from_then(
    request_of_monday: Appointment, emil: Doctor, sam: User, clock: Traveller
) -> None:
    clock.move_to("2026-03-05T08:00:00+01:00")
    reassign(sam, request_of_monday, emil)
    assert last_day_before_lapse(clock) == "Tue 10"


def test_request_that_cannot_be_cancelled_does_not_stop_the_others(
    request_of_monday: Appointment,
    ben: Patient,
    dora: Doctor,
    clock: Traveller,
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = book_as_patient(ben, dora, LATER, TEN)
    clock.move_to("2026-03-06T00:00:00+01:00")
    with failing("UPDATE", "clinic_appointment", IntegrityError("injected"), times=1):
        assert lapse_unanswered_requests(clinic_clock.now()) == 1
    assert [record.getMessage() for record in caplog.records if record.name.endswith("lapses")] == [
        f"The unanswered appointment {request_of_monday.pk} was not cancelled"
    ]
    statuses = Appointment.objects.order_by("pk").values_list("pk", "status")
    assert list(statuses) == [(request_of_monday.pk, "pending"), (other.pk, "cancelled")]
    assert lapse_unanswered_requests(clinic_clock.now()) == 1


def test_lapse_cancels_without_an_author_and_emails_both(
    request_of_monday: Appointment, clock: Traveller, mail_server: MailServer
) -> None:
    run_due_tasks()
    clock.move_to("2026-03-06T00:00:00+01:00")
    counts = [lapse_unanswered_requests(clinic_clock.now()) for _ in range(2)]
    run_due_tasks()
    request_of_monday.refresh_from_db()
    assert counts == [1, 0]
    assert (request_of_monday.status, request_of_monday.cancellation_reason) == (
        "cancelled",
        "The request was not answered in time.",
    )
    assert history_of(request_of_monday) == [
        ("pending", "2026-03-26 09:00", "Ann"),
        ("cancelled", "2026-03-26 09:00", ""),
    ]
    assert BusyTick.objects.count() == 0
    assert Notification.objects.filter(kind="lapsed").count() == 2
    message = mailbox(mail_server, "ann@example.org")[-1]
    assert message["Subject"] == "Request not answered in time: Thursday, 26 March 2026, 09:00"
    assert part(message, "text/plain").splitlines()[2] == (
        "We are sorry: your request was not answered in time and has been cancelled. Please book "
        "another time, or call us."
    )


@pytest.mark.usefixtures("request_of_monday")
def test_email_about_a_lapsed_request_has_the_telephone_number(
    mail_server: MailServer, settings: Settings, clock: Traveller
) -> None:
    settings.CLINIC_PHONE = "+49 30 123456"
    clock.move_to("2026-03-20T00:00:00+01:00")
    lapse_unanswered_requests(clinic_clock.now())
    run_due_tasks()
    message = mailbox(mail_server, "ann@example.org")[-1]
    text = part(message, "text/plain").splitlines()[2]
    assert text.endswith("Please book another time, or call us at +49 30 123456.")


def test_answered_and_cancelled_requests_do_not_lapse(
    request_of_monday: Appointment, ben: Patient, dora: Doctor, clock: Traveller
) -> None:
    cancel(ben.user, book_as_patient(ben, dora, LATER, TEN))
    confirm(dora.user, request_of_monday)
    clock.move_to("2026-03-20T00:00:00+01:00")
    assert lapse_unanswered_requests(clinic_clock.now()) == 0


def test_started_request_does_not_lapse(ann: Patient, dora: Doctor, clock: Traveller) -> None:
    book_as_patient(ann, dora, dt.date(2026, 3, 6))
    clock.move_to("2026-03-06T08:59:00+01:00")
    before = unanswered_requests(clinic_clock.now())
    clock.move_to("2026-03-06T09:00:00+01:00")
    assert (len(before), unanswered_requests(clinic_clock.now())) == (1, [])


@pytest.mark.usefixtures("request_of_monday")
def test_no_request_lapses_with_answer_days_zero(settings: Settings, clock: Traveller) -> None:
    settings.ANSWER_DAYS = 0
    clock.move_to("2026-03-20T00:00:00+01:00")
    assert lapse_unanswered_requests(clinic_clock.now()) == 0
