"""The terms of an appointment: its length, buffers and limits, from its type or its doctor."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext as _

from clinic.errors import BookingErrorCode, booking_error
from clinic.models import Appointment, AppointmentType, Doctor, OfferedType
from clinic.rules import ActingRole
from clinic.slots import GRID_MINUTES, Slot
from users.common.prepared_queries import Keys, PreparedQuery

# As values: hundreds of doctors offer the same few types.
TYPE_FIELDS = [field.attname for field in AppointmentType._meta.concrete_fields]  # noqa: SLF001 - Django documents _meta as public
OFFERED_TYPES = PreparedQuery(
    lambda: (
        OfferedType.objects.filter(doctor__in=Keys("doctors"))
        .order_by("doctor", "position")
        .values_list("doctor", *(f"appointment_type__{name}" for name in TYPE_FIELDS))
    )
)


class BookedDoctor(Protocol):
    """What slots depend on of a doctor: the profile, or a row with these columns of it."""

    @property
    def pk(self) -> int: ...

    @property
    def user_id(self) -> int: ...

    @property
    def slot_minutes(self) -> int: ...


# The doctors of a search, which returns them as they are.
Searched = TypeVar("Searched", bound=BookedDoctor)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms on which an appointment is booked or moved.

    ``lead_time_minutes`` is None where the clinic's lead time holds. ``appointment_type`` is
    None for an appointment without a type.
    """

    duration_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    lead_time_minutes: int | None = None
    max_per_day: int | None = None
    appointment_type: AppointmentType | None = None

    def doctor_ticks(self, slot: Slot) -> range:
        """Return the ticks that an appointment at ``slot`` takes of its doctor, with buffers."""
        return slot.ticks_with_buffers(self.buffer_before_minutes, self.buffer_after_minutes)

    @property
    def ticks_before(self) -> int:
        """Length of the buffer before the start, in ticks."""
        return -(-self.buffer_before_minutes // GRID_MINUTES)

    @property
    def ticks_after(self) -> int:
        """Length of the buffer after the end, in ticks."""
        return -(-self.buffer_after_minutes // GRID_MINUTES)

    @property
    def confirms_automatically(self) -> bool:
        """Whether an appointment that a patient books needs no confirmation by the doctor."""
        return self.appointment_type is not None and self.appointment_type.confirms_automatically

    @property
    def cancellation_notice_minutes(self) -> int:
        """Until how many minutes before the start patients can cancel or reschedule."""
        return self.appointment_type.cancellation_notice_minutes if self.appointment_type else 0


# Doctors have few slot lengths.
@lru_cache
def terms_without_type(slot_minutes: int) -> Terms:
    """Return the terms of an appointment without a type, which lasts as long as a slot."""
    return Terms(slot_minutes)


def terms_of_type(appointment_type: AppointmentType) -> Terms:
    """Return the terms of a new appointment of a type."""
    return Terms(
        duration_minutes=appointment_type.duration_minutes,
        buffer_before_minutes=appointment_type.buffer_before_minutes,
        buffer_after_minutes=appointment_type.buffer_after_minutes,
        lead_time_minutes=appointment_type.lead_time_minutes,
        max_per_day=appointment_type.max_per_day,
        appointment_type=appointment_type,
    )


def terms_of_appointment(appointment: Appointment) -> Terms:
    """Return the terms on which an appointment moves.

    It keeps its length and buffers. The lead time and the daily limit are those of its type today.
    """
    appointment_type = appointment.appointment_type
    return Terms(
        duration_minutes=appointment.duration_minutes,
        buffer_before_minutes=appointment.buffer_before_minutes,
        buffer_after_minutes=appointment.buffer_after_minutes,
        lead_time_minutes=appointment_type.lead_time_minutes if appointment_type else None,
        max_per_day=appointment_type.max_per_day if appointment_type else None,
        appointment_type=appointment_type,
    )


def apply_terms(
    appointment: Appointment, terms: Terms, duration_minutes: int | None = None
) -> None:
    """Set the type, the length, the buffers and the cancellation notice, without saving.

    ``duration_minutes`` replaces the length of the terms.
    """
    appointment.appointment_type = terms.appointment_type
    appointment.duration_minutes = (
        terms.duration_minutes if duration_minutes is None else duration_minutes
    )
    appointment.buffer_before_minutes = terms.buffer_before_minutes
    appointment.buffer_after_minutes = terms.buffer_after_minutes
    appointment.cancellation_notice_minutes = terms.cancellation_notice_minutes


def terms_by_doctor(
    doctors: Iterable[BookedDoctor],
    appointment_type_id: int | None = None,
    *,
    for_patients: bool = True,
    own_doctors: Container[int] = (),
) -> dict[int, Terms]:
    """Return the terms on which each doctor is booked, keyed by doctor primary key. One query.

    With ``appointment_type_id`` (a primary key) these are the terms of that type; without it
    those of the doctor's default type, the first in the doctor's order that patients can book,
    or, for a doctor without types, the doctor's slot length. Doctors whom the caller cannot book
    on these terms are left out. Only doctors and staff (``for_patients`` is False) can book a
    type that patients cannot, and a doctor who has types but no default one. So can a caller who
    searches as a patient, if it is one of ``own_doctors`` (primary keys).
    """
    by_pk = {doctor.pk: doctor for doctor in doctors}
    offered, types = _offered_types(by_pk)
    # Doctors share the terms of a type.
    bookable = {
        pk: terms_of_type(appointment_type)
        for pk, appointment_type in types.items()
        if appointment_type.is_bookable(by_patients=for_patients or appointment_type_id is None)
    }
    if appointment_type_id is not None:
        terms_of_all = bookable.get(appointment_type_id)
        if terms_of_all is None:
            return {}
        return {pk: terms_of_all for pk, kinds in offered.items() if appointment_type_id in kinds}
    terms = {}
    for pk, doctor in by_pk.items():
        default = next((kind for kind in offered.get(pk, ()) if kind in bookable), None)
        if default is not None:
            terms[pk] = bookable[default]
        elif pk not in offered or not for_patients or pk in own_doctors:
            terms[pk] = terms_without_type(doctor.slot_minutes)
    return terms


def _offered_types(
    doctors: Iterable[int],
) -> tuple[dict[int, list[int]], dict[int, AppointmentType]]:
    """Return the types of each doctor, as primary keys in the doctor's order, and the types."""
    offered: dict[int, list[int]] = {}
    types: dict[int, AppointmentType] = {}
    for doctor, pk, *values in OFFERED_TYPES.rows(doctors=doctors):
        offered.setdefault(doctor, []).append(pk)
        if pk not in types:
            types[pk] = AppointmentType.from_db(DEFAULT_DB_ALIAS, TYPE_FIELDS, [pk, *values])
    return offered, types


def terms_for(doctor: Doctor, appointment_type_id: int | None, role: ActingRole) -> Terms | None:
    """Return the terms on which ``role`` can book the doctor; None if the default type is missing.

    Raises ``not_found`` if a type is given that ``role`` cannot book with this doctor.
    """
    for_patients = role is ActingRole.PATIENT
    terms = terms_by_doctor([doctor], appointment_type_id, for_patients=for_patients)
    if not terms and appointment_type_id is not None:
        message = _("The doctor does not offer this appointment type. Choose another one.")
        raise booking_error(BookingErrorCode.NOT_FOUND, "appointment_type_id", message)
    return terms.get(doctor.pk)
