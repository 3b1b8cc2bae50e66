"""Record a change of an appointment: history, event and emails."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import BigIntegerField

from clinic.events import AppointmentChanged, AvailabilityChanged, announce
from clinic.models import Appointment, AppointmentChange, Assistant, Doctor, Guardian
from clinic.notifications.tasks import notify_parties
from clinic.rules import ActingRole
from users.common.prepared_inserts import PreparedInsert
from users.common.prepared_queries import Keys, Parameter, PreparedQuery
from users.models import User


def record_change(
    appointment: Appointment,
    actor: User | None,
    role: ActingRole | None,
    now: dt.datetime,
    *,
    days: Iterable[dt.date] = (),
    outside_availability: bool = False,
    reason: str = "",
    previous_doctor: Doctor | None = None,
    notify: bool = True,
) -> Appointment:
    """Record the change in the history, publish the events and enqueue the notification emails.

    ``actor`` made the change in ``role``; both are None if no user made it. ``days`` are the dates
    whose open slots have changed. ``previous_doctor`` is the doctor before the change, if it is
    another one now. Unless ``notify``, the caller enqueues the emails. Returns the appointment.
    """
    change = INSERT_CHANGE.run_one(
        appointment_id=appointment.pk,
        status=appointment.status,
        date=appointment.date,
        time=appointment.time,
        duration_minutes=appointment.duration_minutes,
        doctor_id=appointment.doctor_id,
        appointment_type_id=appointment.appointment_type_id,
        outside_availability=outside_availability,
        reason=reason,
        changed_at=now,
        changed_by_id=actor and actor.pk,
        on_behalf_of_id=_represented(appointment, actor, role),
    )
    _announce(appointment, days, previous_doctor)
    if notify:
        notify_parties.enqueue(change)
    return appointment


INSERT_CHANGE = PreparedInsert(AppointmentChange)


def _represented(
    appointment: Appointment, actor: User | None, role: ActingRole | None
) -> int | None:
    """Return the id of the user for whom ``actor`` acts; None for oneself and as staff."""
    match role:
        case ActingRole.PATIENT:
            person = appointment.patient.user_id
        case ActingRole.DOCTOR:
            person = appointment.doctor.user_id
        case _:
            return None
    return None if actor and person == actor.pk else person


REPRESENTATIVES = PreparedQuery(
    lambda: (
        Guardian.objects.filter(patient=Parameter("patient", BigIntegerField()))
        .values_list("user")
        .union(Assistant.objects.filter(doctor__in=Keys("doctors")).values_list("user"))
    )
)


def _announce(
    appointment: Appointment, days: Iterable[dt.date], previous_doctor: Doctor | None
) -> None:
    people = {*appointment.people}
    doctors = {appointment.doctor_id}
    if previous_doctor:
        people.add(previous_doctor.user_id)
        doctors.add(previous_doctor.pk)
    representatives = REPRESENTATIVES.rows(patient=appointment.patient_id, doctors=doctors)
    people.update(user for (user,) in representatives)
    announce(
        AppointmentChanged(appointment.pk, tuple(sorted(people))),
        *(
            AvailabilityChanged(doctor, day)
            for doctor in sorted(doctors)
            for day in sorted(set(days))
        ),
    )


def complete_history(appointment: Appointment) -> None:
    """Add doctor, length and type to entries of earlier releases, before one of them changes.

    None of them could change in those releases. Without them, nobody would be notified of the
    change.
    """
    appointment.history.filter(doctor=None).update(doctor=appointment.doctor)
    appointment.history.filter(duration_minutes=None).update(
        duration_minutes=appointment.duration_minutes
    )
    # If another entry has a type, those without it are of the time before the appointment had one.
    is_typed = appointment.appointment_type_id is not None
    if is_typed and not appointment.history.exclude(appointment_type=None).exists():
        appointment.history.update(appointment_type=appointment.appointment_type_id)
