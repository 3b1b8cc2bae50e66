"""The appointments that ``seed_demo`` creates."""

import datetime as dt
from collections import Counter
from io import StringIO
from itertools import pairwise

import pytest
import time_machine
from django.core.management import call_command

from clinic import clock
from clinic.booking.availability import OutsideReason
from clinic.booking.conflicts import conflicts_among
from clinic.booking.lapses import unanswered_requests
from clinic.booking.terms import Terms, terms_of_type
from clinic.models import Appointment, AppointmentType, Status, Weekday
from tests.support.booking import assert_ticks_are_those_of_live_appointments

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy_clinic(clock: time_machine.Traveller) -> list[Appointment]:
    """Demo appointments of two months at the end of daylight saving; it is a workday, 11:10."""
    clock.move_to(dt.datetime(2026, 10, 21, 9, 10, tzinfo=dt.UTC))
    call_command(
        "seed_demo",
        doctors=8,
        patients=60,
        appointments=400,
        i_know_the_password_is_public=True,
        verbosity=0,
        stdout=StringIO(),
    )
    appointments = (
        Appointment.objects.with_people()
        .select_related("appointment_type")
        .prefetch_related("history__changed_by", "doctor__offered_types__appointment_type")
    )
    return list(appointments.order_by("date", "time"))


def test_create_appointments_makes_no_double_bookings(busy_clinic: list[Appointment]) -> None:
    days: dict[int, list[Appointment]] = {}
    for appointment in busy_clinic:
        for person in appointment.people:
            if appointment.is_live:
                days.setdefault(person, []).append(appointment)
    assert all(
        earlier.ends_at <= later.starts_at
        for appointments in days.values()
        for earlier, later in pairwise(appointments)
    )


def test_create_appointments_writes_busy_ticks_of_both_parties(
    busy_clinic: list[Appointment],
) -> None:
    assert_ticks_are_those_of_live_appointments()


def test_create_appointments_uses_terms_of_the_types_that_doctors_offer(
    busy_clinic: list[Appointment],
) -> None:
    names: dict[str, set[str]] = {}
    for appointment in busy_clinic:
        doctor, kind = appointment.doctor, appointment.appointment_type
        offered = [row.appointment_type for row in doctor.offered_types.all()]
        terms = terms_of_type(kind) if kind else Terms(doctor.slot_minutes)
        assert kind in offered if offered else kind is None
        assert (
            appointment.duration_minutes,
            appointment.buffer_before_minutes,
            appointment.buffer_after_minutes,
            appointment.cancellation_notice_minutes,
        ) == (
            terms.duration_minutes,
            terms.buffer_before_minutes,
            terms.buffer_after_minutes,
            terms.cancellation_notice_minutes,
        )
        names.setdefault(doctor.user.email, set()).add(kind.name if kind else "")
    assert names["doctor@example.org"] == {
        *("First consultation", "Follow-up", "Vaccination", "Case conference")
    }
    assert {""} in names.values()
    assert {name for of_doctor in names.values() for name in of_doctor} == {
        "",
        *AppointmentType.objects.values_list("name", flat=True),
    }


def test_create_appointments_respects_limits_a_day(busy_clinic: list[Appointment]) -> None:
    per_day = Counter(
        (appointment.doctor_id, appointment.appointment_type, appointment.date)
        for appointment in busy_clinic
        if appointment.appointment_type
    )
    assert all(
        count <= (kind.max_per_day or count) for (_doctor, kind, _day), count in per_day.items()
    )


def test_create_appointments_respects_hours_and_time_off(busy_clinic: list[Appointment]) -> None:
    outside = conflicts_among(busy_clinic)
    assert {(reason, name) for reason, name in outside.values()} == {
        (OutsideReason.CLOSURE, "Staff training")
    }
    # On special hours.
    assert any(appointment.date.weekday() == Weekday.SATURDAY for appointment in busy_clinic)


def test_create_appointments_records_arrivals_of_patients_who_came(
    busy_clinic: list[Appointment],
) -> None:
    arrived = [appointment for appointment in busy_clinic if appointment.arrived_at]
    assert {appointment.status for appointment in arrived} == {Status.COMPLETED, Status.CONFIRMED}
    early = dt.timedelta(minutes=15)
    assert all(
        appointment.starts_at - early <= appointment.arrived_at <= appointment.starts_at
        for appointment in arrived
        if appointment.arrived_at
    )


def test_create_appointments_makes_requests_that_do_not_lapse_at_once(
    busy_clinic: list[Appointment],
) -> None:
    pending = [row for row in busy_clinic if row.status == Status.PENDING]
    assert pending
    assert all(row.pending_since == row.created_at for row in pending)
    assert all(row.pending_since is None for row in busy_clinic if row not in pending)
    assert unanswered_requests(clock.now()) == []
    kinds = [row.appointment_type for row in pending if row.appointment_type]
    assert {kind.name for kind in kinds} == {"First consultation"}


def test_create_appointments_chooses_status_by_time(busy_clinic: list[Appointment]) -> None:
    statuses: dict[str, set[str]] = {"past": set(), "current": set(), "future": set()}
    now = clock.now()
    for appointment in busy_clinic:
        started, ended = appointment.starts_at <= now, appointment.ends_at <= now
        when = "past" if ended else "current" if started else "future"
        statuses[when].add(appointment.status)
    assert statuses == {
        "past": {Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED, Status.CONFIRMED},
        "current": {Status.CONFIRMED},
        "future": {Status.PENDING, Status.CONFIRMED, Status.CANCELLED},
    }


def test_create_appointments_writes_history_up_to_status(busy_clinic: list[Appointment]) -> None:
    histories = set()
    for appointment in busy_clinic:
        history = list(appointment.history.all())
        first, last = history[0], history[-1]
        assert (first.changed_at, first.changed_by) == (
            appointment.created_at,
            appointment.booked_by,
        )
        assert (last.status, last.date, last.time, last.duration_minutes, last.doctor_id) == (
            appointment.status,
            appointment.date,
            appointment.time,
            appointment.duration_minutes,
            appointment.doctor_id,
        )
        assert last.reason == appointment.cancellation_reason
        assert [change.changed_at for change in history] == sorted(
            change.changed_at for change in history
        )
        assert last.changed_at <= clock.now()
        histories.add("-".join(change.status for change in history))
    assert histories == {
        "pending",
        "confirmed",
        "pending-confirmed",
        "confirmed-completed",
        "pending-confirmed-completed",
        "confirmed-no_show",
        "pending-confirmed-no_show",
        # With an arrival.
        "confirmed-confirmed",
        "pending-confirmed-confirmed",
        "confirmed-confirmed-completed",
        "pending-confirmed-confirmed-completed",
        "pending-cancelled",
        "confirmed-cancelled",
    }
