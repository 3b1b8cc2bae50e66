"""Slot searches of `Doctor.availableSlots` and `nextAvailable`, for many doctors at once."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from dataclasses import astuple, replace
from heapq import nsmallest
from typing import NamedTuple

from strawberry import relay

from clinic import models
from clinic.booking import availability, earliest
from clinic.booking.access import role_on
from clinic.booking.booking_roles import doctors_by_role
from clinic.booking.criteria import (
    SlotCriteria,
    criteria_for_booking,
    criteria_for_booking_patients,
    criteria_for_patient,
    criteria_for_rescheduling,
)
from clinic.booking.terms import Searched
from clinic.models.doctor import assisted_doctors
from clinic.rules import ActingRole
from clinic.slots import Slot
from schema.core.context import Info
from schema.core.global_ids import get_by_global_id, optional_pk
from schema.core.permissions import ADD_APPOINTMENT, CHANGE_APPOINTMENT
from users.models import User
from users.staff import can_act_as_staff

MAX_DAYS = 92
# The schema coordinate that the audit log names.
MOVING = "Doctor.availableSlots(moving:)"
# The description of the argument ``patientId``.
FOR_PATIENT_ID = (
    "Global ID of the patient to book for: yourself, a patient for whom you act, or one whose "
    "record you can read as a doctor, an assistant or staff. Returns the slots that you can book "
    "for this patient, who must be free; none for any other ID. Defaults to yourself."
)
FOR_PATIENT = "Doctor.availableSlots(patientId:)"
NEXT_FOR_PATIENT = "Query.nextAvailable(patientId:)"


class SlotSearch(NamedTuple):
    """The arguments of ``availableSlots``."""

    start: dt.date | None
    days: int
    moving: relay.GlobalID | None
    appointment_type_id: relay.GlobalID | None
    patient_id: relay.GlobalID | None


def load_slots(
    doctors: list[models.Doctor], info: Info, *, search: SlotSearch
) -> dict[int, list[Slot]]:
    """Compute the slots that the caller could book, or to which the appointment could move.

    Returns them by the doctor's pk; a doctor without an entry has none.
    """
    start = search.start or info.context.now.date()
    if search.moving is not None:
        return _load_slots_to_move(doctors, info, search.moving, start, search.days)
    bookable = [doctor for doctor in doctors if doctor.is_bookable]
    appointment_type = optional_pk(search.appointment_type_id, of=models.AppointmentType)
    slots: dict[int, list[Slot]] = {}
    for criteria, group in _criteria(
        bookable, info, appointment_type, search.patient_id, FOR_PATIENT
    ):
        slots |= availability.open_slots(group, criteria, start, search.days)
    return slots


def _criteria(
    doctors: Iterable[Searched],
    info: Info,
    appointment_type: int | None,
    patient_id: relay.GlobalID | None,
    coordinate: str,
) -> Iterator[tuple[SlotCriteria, list[Searched]]]:
    """Yield the criteria by which the caller can book the doctors, each with its doctors.

    With ``patient_id`` for that patient, which is an access to the record that the audit log names
    by ``coordinate``. Nothing if the caller cannot read the record.
    """
    user, now = info.context.user, info.context.now
    if patient_id is None:
        yield from _criteria_by_role(doctors, user, now, appointment_type)
        return
    patient = get_by_global_id(models.Patient.objects.visible_to(user), patient_id)
    if patient is None:
        return
    # The slots show when the patient has other appointments.
    info.context.access_tracker.record_slots(patient.pk, coordinate)
    groups = doctors_by_role(
        user, patient, doctors, as_staff=can_act_as_staff(user, ADD_APPOINTMENT)
    )
    for role, group in groups.items():
        if group:
            yield criteria_for_patient(patient, role, now, appointment_type), group


def _criteria_by_role(
    doctors: Iterable[Searched], user: User, now: dt.datetime, appointment_type: int | None
) -> Iterator[tuple[SlotCriteria, list[Searched]]]:
    """Yield the criteria by which ``user`` can book the doctors, each with its doctors.

    If a type is named, staff can book all doctors, and a doctor or an assistant that doctor, for a
    patient: only they can book a type that patients cannot. Everything else is booked as a patient,
    but they also have slots of doctors who offer only such types.
    """
    is_staff = can_act_as_staff(user, CHANGE_APPOINTMENT)
    assisted = set(assisted_doctors(user))
    if appointment_type is None:
        searched = list(doctors)
        own = {
            doctor.pk
            for doctor in searched
            if is_staff or doctor.user_id == user.pk or doctor.pk in assisted
        }
        yield replace(criteria_for_booking(user, now), own_doctors=frozenset(own)), searched
        return
    for_patients: list[Searched] = []
    as_patient: list[Searched] = []
    for doctor in doctors:
        is_own = doctor.user_id == user.pk or doctor.pk in assisted
        (for_patients if is_staff or is_own else as_patient).append(doctor)
    if for_patients:
        yield criteria_for_booking_patients(now, appointment_type), for_patients
    if as_patient:
        yield criteria_for_booking(user, now, appointment_type), as_patient


def _load_slots_to_move(
    doctors: list[models.Doctor],
    info: Info,
    moving: relay.GlobalID,
    start: dt.date,
    days: int,
) -> dict[int, list[Slot]]:
    """Compute the slots to which a patient could move the appointment ``moving``."""
    user, now = info.context.user, info.context.now
    is_staff = can_act_as_staff(user, CHANGE_APPOINTMENT)
    every = models.Appointment.objects.with_people()
    appointment = get_by_global_id(every if is_staff else every.changeable_by(user), moving)
    if appointment is None:
        return {}
    role = ActingRole.STAFF if is_staff else role_on(appointment, user)
    if not appointment.can_be_rescheduled(now, role):
        return {}
    criteria = criteria_for_rescheduling(appointment, now)
    # The slots show when the patient has other appointments.
    info.context.access_tracker.record_slots(appointment.patient_id, MOVING)
    same = [doctor for doctor in doctors if doctor == appointment.doctor and doctor.is_bookable]
    return availability.open_slots(same, criteria, start, days)


def earliest_slots(
    doctors: Collection[Searched],
    info: Info,
    appointment_type: int | None,
    patient_id: relay.GlobalID | None,
    first: int,
) -> list[tuple[Slot, Searched]]:
    """Return the ``first`` earliest slots that the caller can book, at most one of each doctor.

    Ordered by start. ``appointment_type`` is the pk of a type; None: each doctor's default one.
    With ``patient_id`` slots for that patient. Doctors without such a slot are left out.
    """
    today = info.context.now.date()
    found = [
        each
        for criteria, group in _criteria(
            doctors, info, appointment_type, patient_id, NEXT_FOR_PATIENT
        )
        for each in earliest.earliest_slots(group, criteria, today, count=first)
    ]
    return nsmallest(first, found, key=lambda each: (*astuple(each[0]), each[1].pk))
