"""The booking service functions with short signatures for tests, and their results as text."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

from clinic import clock
from clinic.booking import amendments, schedules, status_changes
from clinic.booking import services as booking
from clinic.booking.requests import Amendment, BookingRequest
from clinic.errors import RoleRequired, SlotUnavailable
from clinic.models import Appointment, BusyTick, Doctor, Patient, TimeOff
from users.common.transactions import TransactionConflict
from users.models import User

# The day after the Monday of the `clock` fixture.
TUESDAY = dt.date(2026, 3, 3)
NINE, TEN = dt.time(9), dt.time(10)


def book_as_patient(
    patient: Patient, doctor: Doctor, date: dt.date = TUESDAY, time: dt.time = NINE, **more: Any
) -> Appointment:
    request = BookingRequest(date=date, time=time, doctor_id=doctor.pk, **more)
    return booking.book(actor=patient.user, request=request, now=clock.now())


def book_as_doctor(
    doctor: Doctor, patient: Patient, date: dt.date = TUESDAY, time: dt.time = NINE, **more: Any
) -> Appointment:
    request = BookingRequest(date=date, time=time, patient_id=patient.pk, **more)
    return booking.book(actor=doctor.user, request=request, now=clock.now())


def book_as_staff(
    staff: User,
    doctor: Doctor,
    patient: Patient,
    date: dt.date = TUESDAY,
    time: dt.time = NINE,
    **more: Any,
) -> Appointment:
    request = BookingRequest(
        date=date, time=time, doctor_id=doctor.pk, patient_id=patient.pk, **more
    )
    return booking.book(actor=staff, request=request, now=clock.now(), as_staff=True)


def move(
    actor: User,
    appointment: Appointment,
    date: dt.date = TUESDAY,
    time: dt.time = TEN,
    *,
    as_staff: bool = False,
) -> Appointment:
    return booking.reschedule(
        actor=actor,
        appointment_id=appointment.pk,
        date=date,
        time=time,
        now=clock.now(),
        as_staff=as_staff,
    )


def confirm(actor: User, appointment: Appointment, *, as_staff: bool = False) -> Appointment:
    return status_changes.confirm(
        actor=actor, appointment_id=appointment.pk, now=clock.now(), as_staff=as_staff
    )


def complete(actor: User, appointment: Appointment, *, as_staff: bool = False) -> Appointment:
    return status_changes.complete(
        actor=actor, appointment_id=appointment.pk, now=clock.now(), as_staff=as_staff
    )


def cancel(
    actor: User, appointment: Appointment, reason: str = "", *, as_staff: bool = False
) -> Appointment:
    return status_changes.cancel(
        actor=actor,
        appointment_id=appointment.pk,
        reason=reason,
        now=clock.now(),
        as_staff=as_staff,
    )


def amend(
    actor: User, appointment: Appointment, *, as_staff: bool = False, **changes: Any
) -> Appointment:
    return amendments.amend(
        actor=actor,
        appointment_id=appointment.pk,
        amendment=Amendment(**changes),
        now=clock.now(),
        as_staff=as_staff,
    )


def reassign(staff: User, appointment: Appointment, doctor: Doctor, **when: Any) -> Appointment:
    return amendments.reassign(
        actor=staff,
        appointment_id=appointment.pk,
        doctor_id=doctor.pk,
        now=clock.now(),
        **when,
    )


def reopen(
    actor: User, appointment: Appointment, reason: str = "By mistake", *, as_staff: bool = False
) -> Appointment:
    return status_changes.reopen(
        actor=actor,
        appointment_id=appointment.pk,
        reason=reason,
        now=clock.now(),
        as_staff=as_staff,
    )


def record_arrival(actor: User, appointment: Appointment) -> Appointment:
    return status_changes.record_arrival(
        actor=actor, appointment_id=appointment.pk, now=clock.now()
    )


def record_no_show(actor: User, appointment: Appointment) -> Appointment:
    return status_changes.record_no_show(
        actor=actor, appointment_id=appointment.pk, now=clock.now()
    )


def add_time_off(
    doctor: Doctor, *, starts_at: dt.datetime, ends_at: dt.datetime, reason: str = ""
) -> TimeOff:
    return schedules.add_time_off(
        doctor, starts_at=starts_at, ends_at=ends_at, reason=reason, now=clock.now()
    )


def write(row: Model, **values: object) -> None:
    """Write values that the models reject, as an earlier release without the rule stored them."""
    # Django's own queryset: that of appointments forbids such updates.
    QuerySet(type(row)).filter(pk=row.pk).update(**values)


def outcome_of(service: Callable[..., Appointment], *args: Any, **kwargs: Any) -> str:
    """Call a service function; return the appointment's status, or the code of the error.

    A ValidationError becomes ``field: code`` for each of its messages, sorted by field
    (``__all__`` for the request as a whole).
    """
    try:
        return str(service(*args, **kwargs).status)
    except ValidationError as invalid:
        return ", ".join(
            f"{field}: {error.code}"
            for field, errors in sorted(invalid.error_dict.items())
            for error in errors
        )
    except RoleRequired:
        return "role_required"
    except SlotUnavailable as unavailable:
        return unavailable.code.value
    except TransactionConflict:
        return "busy"


def history_of(appointment: Appointment) -> list[tuple[str, str, str]]:
    """Return the history as (status, date and time, first name of the acting user)."""
    return [
        (
            entry.status,
            f"{entry.date} {entry.time:%H:%M}",
            entry.changed_by.first_name if entry.changed_by else "",
        )
        for entry in appointment.history.select_related("changed_by")
    ]


def expected_ticks() -> set[tuple[int, int, int]]:
    """Return (appointment, user, tick) of all live appointments, computed from their slots."""
    return {
        (appointment.pk, person, tick)
        for appointment in Appointment.objects.live().with_people()
        for person, span in (
            (
                appointment.doctor.user_id,
                appointment.slot.ticks_with_buffers(
                    appointment.buffer_before_minutes, appointment.buffer_after_minutes
                ),
            ),
            (appointment.patient.user_id, appointment.slot.ticks),
        )
        for tick in span
    }


def stored_ticks() -> list[tuple[int, int, int]]:
    """Return (appointment, user, tick) of all BusyTick rows, sorted."""
    return sorted(BusyTick.objects.values_list("appointment", "person", "tick"))


def assert_ticks_are_those_of_live_appointments() -> None:
    assert stored_ticks() == sorted(expected_ticks())
