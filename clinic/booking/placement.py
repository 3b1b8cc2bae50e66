"""Save an appointment at its time, or report why the time cannot be booked."""

import datetime as dt
from collections.abc import Callable, Collection
from functools import wraps
from typing import ParamSpec

from django.db import IntegrityError
from django.utils.translation import gettext as _

from clinic.booking.availability import (
    Outside,
    OutsideReason,
    busy_code,
    first_slots,
    open_slots,
    why_outside,
)
from clinic.booking.criteria import SlotCriteria
from clinic.booking.limits import full_days, require_open_appointments_left
from clinic.booking.recording import record_change
from clinic.errors import (
    OutsideWorkingTime,
    SlotUnavailable,
    SlotUnavailableCode,
    booking_error,
)
from clinic.models import Appointment, Doctor
from clinic.rules import ActingRole
from users.common import metrics
from users.common.transactions import TransactionConflict
from users.models import User

P = ParamSpec("P")

ALTERNATIVE_SLOTS = 3


class SlotConflict(Exception):
    """The time cannot be booked. Raised to roll back before alternatives are searched.

    ``code`` is None if a database constraint failed, which does not say who is busy. ``message``
    is empty if that of the code fits. ``outside`` is set if the time is free, but the doctor does
    not work then and the caller wants to be asked first.
    """

    def __init__(
        self,
        appointment: Appointment,
        criteria: SlotCriteria,
        code: SlotUnavailableCode | None = None,
        message: str = "",
        outside: Outside | None = None,
    ) -> None:
        super().__init__(code)
        self.appointment, self.criteria = appointment, criteria
        self.code, self.message, self.outside = code, message, outside


def with_alternative_slots(service: Callable[P, Appointment]) -> Callable[P, Appointment]:
    """Turn a ``SlotConflict`` into SlotUnavailable with the slots open after the rollback.

    Or into OutsideWorkingTime, with those of the same day.
    """

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> Appointment:
        try:
            return service(*args, **kwargs)
        except SlotConflict as conflict:
            appointment, criteria = conflict.appointment, conflict.criteria
            if conflict.outside:
                raise _outside_working_time(conflict, conflict.outside) from conflict
            code = conflict.code or busy_code(appointment, moving=criteria.moving)
            if code is None:
                # The conflicting appointment no longer exists; the client can retry.
                raise TransactionConflict from conflict
            slot, doctor = appointment.slot, appointment.doctor
            alternatives = first_slots(
                [doctor], criteria, slot.date, limit=ALTERNATIVE_SLOTS, after=slot
            )
            raise SlotUnavailable(
                code,
                alternatives.get(doctor.pk, []),
                patient_id=appointment.patient_id,
                message=conflict.message,
            ) from conflict

    return run


def _outside_working_time(conflict: SlotConflict, outside: Outside) -> OutsideWorkingTime:
    appointment, doctor = conflict.appointment, conflict.appointment.doctor
    slots = open_slots([doctor], conflict.criteria, appointment.date, 1)
    return OutsideWorkingTime(
        describe_outside(outside), slots.get(doctor.pk, []), patient_id=appointment.patient_id
    )


def describe_outside(outside: Outside) -> str:
    """Return why a time is outside the doctor's working time, as a sentence."""
    match outside.reason:
        case OutsideReason.CLOSURE:
            return _("The clinic is closed: {name}.").format(name=outside.name)
        case OutsideReason.TIME_OFF:
            return _("The doctor has time off.")
        case OutsideReason.HOURS:
            return _("Outside the doctor's hours.")


def place(
    appointment: Appointment,
    actor: User,
    role: ActingRole,
    criteria: SlotCriteria,
    *,
    allow_outside: bool = True,
    days: Collection[dt.date] = (),
    reason: str = "",
    previous_doctor: Doctor | None = None,
    notify: bool = True,
) -> Appointment:
    """Save the appointment at its date and time, and record the change.

    The people of the appointment must be locked.

    ``criteria.terms`` are those of the appointment. Patients can book open slots only, doctors and
    staff any time at which both people are free; unless ``allow_outside``, only inside the
    doctor's working time. ``days`` are the dates on which it took time of its doctor before. See
    ``record_change()`` for the other parameters. Returns the appointment. Raises ValidationError,
    or SlotConflict.
    """
    outside = _save_at_slot(appointment, criteria, allow_outside=allow_outside)
    return record_change(
        appointment,
        actor,
        role,
        criteria.window.now,
        days={*days, *appointment.busy_days()},
        outside_availability=bool(outside),
        reason=reason,
        previous_doctor=previous_doctor,
        notify=notify,
    )


def _save_at_slot(
    appointment: Appointment, criteria: SlotCriteria, *, allow_outside: bool
) -> Outside | None:
    """Save the appointment; return why it is outside the working time, or None if it is inside."""
    # Not full_clean(), which reports the errors of both: for a duration outside the column's range
    # it would add a second error, which differs between databases.
    appointment.clean()
    appointment.clean_fields()
    # An appointment that keeps its time, such as one that lasts longer, can have started.
    if appointment.has_changed("doctor", "date", "time"):
        _require_inside_window(appointment, criteria)
    if appointment._state.adding and appointment.booked_by_patient:  # noqa: SLF001 - documented
        require_open_appointments_left(appointment, criteria.window.now)
    outside = None
    if criteria.for_patients:
        _require_open_slot(appointment, criteria)
    else:
        outside = why_outside_for(appointment)
    if outside and not allow_outside:
        # A busy person is the stronger reason, and is reported instead.
        code = busy_code(appointment, moving=criteria.moving)
        raise SlotConflict(appointment, criteria, code, outside=None if code else outside)
    try:
        appointment.save(is_prepared=True)
    except IntegrityError as error:
        metrics.count_race("appointment")
        raise SlotConflict(appointment, criteria) from error
    return outside


def why_outside_for(appointment: Appointment) -> Outside | None:
    """Return why the appointment is outside its doctor's working time; None if it is inside."""
    return why_outside(
        appointment.doctor,
        appointment.slot,
        appointment.buffer_before_minutes,
        appointment.buffer_after_minutes,
    )


def _require_inside_window(appointment: Appointment, criteria: SlotCriteria) -> None:
    window = criteria.window_for(criteria.terms) if criteria.terms else criteria.window
    if violation := window.violation(appointment.slot):
        raise booking_error(violation.code, violation.field, violation.message)


def _require_open_slot(appointment: Appointment, criteria: SlotCriteria) -> None:
    """Raise SlotConflict unless the appointment is at one of the doctor's open slots."""
    slot, doctor = appointment.slot, appointment.doctor
    # Without terms the doctor has no slots for patients. A search would look for the terms again,
    # and find those of a type that the doctor offers since, which this appointment does not have.
    if criteria.terms and slot in open_slots([doctor], criteria, slot.date, 1).get(doctor.pk, []):
        return
    if code := busy_code(appointment, moving=criteria.moving):
        raise SlotConflict(appointment, criteria, code)
    terms = {doctor.pk: criteria.terms} if criteria.terms else {}
    if full_days(terms, slot.date, slot.date, moving=criteria.moving):
        raise SlotConflict(appointment, criteria, SlotUnavailableCode.FULLY_BOOKED)
    outside = why_outside_for(appointment)
    message = ""
    if outside and outside.reason is OutsideReason.CLOSURE:
        message = _("The clinic is closed on this day: {name}. Choose another day.").format(
            name=outside.name
        )
    raise SlotConflict(appointment, criteria, SlotUnavailableCode.OUTSIDE_AVAILABILITY, message)


def set_start(appointment: Appointment, date: dt.date, time: dt.time) -> None:
    """Set date and time, without saving. An arrival was on the former date."""
    if appointment.date != date:
        appointment.arrived_at = None
    appointment.date, appointment.time = date, time
