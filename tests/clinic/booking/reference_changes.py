"""Who can change an appointment of the reference model when, and which requests lapse."""

import datetime as dt

from tests.clinic.booking.reference_clock import MINUTE
from tests.clinic.booking.reference_model import DAY, ModelClinic
from tests.clinic.booking.reference_people import ModelAppointment, ModelDoctor, ModelTerms

INVALID_TRANSITION = "__all__: invalid_transition"
OPEN = ("pending", "confirmed")
CLOSED = ("cancelled", "completed", "no_show")
# The statuses in which a change is possible.
SOURCES = {
    "confirm": ("pending",),
    "record_arrival": ("confirmed",),
    "complete": ("confirmed",),
    "record_no_show": ("confirmed",),
    "cancel": OPEN,
    "reschedule": OPEN,
    "amend": OPEN,
    "reassign": OPEN,
    "reopen": CLOSED,
}
RESULTS = {
    "confirm": "confirmed",
    "record_arrival": "confirmed",
    "complete": "completed",
    "record_no_show": "no_show",
    "cancel": "cancelled",
    "reopen": "confirmed",
}
MOVES_A_DAY = 10


def change_error(
    clinic: ModelClinic, appointment: ModelAppointment, change: str, role: str, now: dt.datetime
) -> str | None:
    """Return why ``role`` (patient, doctor or staff) cannot make the change; None if it can."""
    if role == "patient" and change not in {"cancel", "reschedule"}:
        return "role_required"
    started = clinic.started(appointment, now)
    is_today = appointment.date == now.astimezone(clinic.zone).date()
    too_early = change in {"complete", "record_no_show"} and not started
    reopens_cancelled = change == "reopen" and not appointment.is_live
    too_late = started and (role == "patient" or reopens_cancelled)
    wrong_day = change == "record_arrival" and not is_today
    if appointment.status not in SOURCES[change] or too_early or too_late or wrong_day:
        return INVALID_TRANSITION
    notice = appointment.notice * MINUTE
    if role == "patient" and now > clinic.moment(appointment.date, appointment.start) - notice:
        return "__all__: too_late_to_change"
    return None


def moved_too_often(appointment: ModelAppointment, now: dt.datetime) -> bool:
    """Return whether the patient has moved the appointment ten times within a day."""
    moves = 0
    for before, after in zip(appointment.history, appointment.history[1:], strict=False):
        moved = (before.date, before.start) != (after.date, after.start)
        moves += moved and after.by == appointment.patient and after.at > now - DAY
    return moves >= MOVES_A_DAY


def works_on(clinic: ModelClinic, doctor: ModelDoctor, date: dt.date) -> bool:
    """Return whether five minutes of the doctor's hours are neither closed nor time off."""
    if clinic.is_closed(date):
        return False
    return any(
        not clinic.is_off(doctor, date, minute, ModelTerms(5))
        for first, last in clinic.hours_on(doctor, date)
        for minute in range(first, last, 5)
    )


def unanswered(clinic: ModelClinic, now: dt.datetime) -> list[ModelAppointment]:
    """Return the requests that waited through enough whole days on which the doctor worked."""
    today = now.astimezone(clinic.zone).date()
    due = []
    for appointment in clinic.appointments:
        if appointment.status == "pending" and not clinic.started(appointment, now):
            assert appointment.pending_since is not None
            day = appointment.pending_since.astimezone(clinic.zone).date() + DAY
            waited = 0
            while day < today:
                waited += works_on(clinic, appointment.doctor, day)
                day += DAY
            if waited >= clinic.answer_days:
                due.append(appointment)
    return due
