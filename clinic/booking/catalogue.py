"""Service functions for the catalogue of appointment types, and the types a doctor offers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Count, F, QuerySet
from django.utils.translation import gettext as _

from clinic.errors import BookingErrorCode, booking_error
from clinic.events import AvailabilityChanged, announce
from clinic.models import Appointment, AppointmentChange, AppointmentType, Doctor, OfferedType
from users.common.transactions import atomic_with_retry, lock_rows
from users.folding import equality_key

# More types than this would make a doctor's list too long to choose from.
MAX_OFFERED_TYPES = 50


@atomic_with_retry
def save_appointment_type(
    appointment_type_id: int | None = None, **changes: Any
) -> AppointmentType:
    """Create an appointment type, or change the fields ``changes`` of an existing one.

    What is booked already keeps its length, buffers and cancellation notice.
    ``appointment_type_id`` is a primary key, None for a new type, or one that cannot exist. Raises
    ValidationError by field; ``not_found`` on ``id``.
    """
    # All, because the name is compared with those of the others. Without an order, two transactions
    # can deadlock. Only the first two types of a catalogue can get one name at the same time.
    lock_rows(AppointmentType.objects.order_by("pk"))
    if appointment_type_id is None:
        appointment_type = AppointmentType()
    else:
        found = AppointmentType.objects.filter(pk=appointment_type_id).get_or_none()
        if found is None:
            raise booking_error(BookingErrorCode.NOT_FOUND, "id")
        appointment_type = found
    _require_values(changes)
    for name, value in changes.items():
        setattr(appointment_type, name, value)
    appointment_type.full_clean(validate_constraints=False)
    _require_own_name(appointment_type)
    appointment_type.save()
    offered_by = OfferedType.objects.filter(appointment_type=appointment_type)
    _announce(offered_by.values_list("doctor", flat=True))
    return appointment_type


def _require_own_name(appointment_type: AppointmentType) -> None:
    """Raise ``unique`` on ``name`` if another active type has the name, however it is spelt.

    Patients could not tell the two apart. Types that have one name already can be changed in other
    fields.
    """
    is_new = appointment_type.pk is None
    if not appointment_type.active or not (
        is_new or appointment_type.has_changed("name", "active")
    ):
        return
    others = AppointmentType.objects.active().exclude(pk=appointment_type.pk)
    keys = map(equality_key, others.values_list("name", flat=True))
    if equality_key(appointment_type.name) in keys:
        message = _("Another active appointment type has this name. Choose another one.")
        raise ValidationError({"name": ValidationError(message, code="unique")})


def _require_values(changes: Mapping[str, Any]) -> None:
    """Raise ``required`` for each null in a column that cannot be null.

    ``full_clean()`` does not check a field that can be blank, and the database would reject it.
    """
    columns = AppointmentType._meta  # noqa: SLF001 - Django documents _meta as public
    errors = {
        name: booking_error(BookingErrorCode.REQUIRED, name).error_dict[name]
        for name, value in changes.items()
        if value is None and not columns.get_field(name).null
    }
    if errors:
        raise ValidationError(errors)


@atomic_with_retry
def set_appointment_types(doctor: Doctor, appointment_type_ids: Sequence[int | None]) -> Doctor:
    """Replace the types that the doctor offers, in this order (primary keys).

    The first of them that patients can book is the doctor's default one. An empty list makes every
    appointment as long as the doctor's slots. None stands for an id that cannot exist. Raises
    ``not_found`` and ``invalid`` by index in the list, such as ``appointment_type_ids.1``.
    """
    lock_rows(Doctor.objects.filter(pk=doctor.pk))
    if len(appointment_type_ids) > MAX_OFFERED_TYPES:
        message = _("A doctor can offer at most {maximum} appointment types.")
        raise booking_error(
            BookingErrorCode.INVALID,
            "appointment_type_ids",
            message.format(maximum=MAX_OFFERED_TYPES),
        )
    known = AppointmentType.objects.in_bulk([pk for pk in appointment_type_ids if pk is not None])
    for index, pk in enumerate(appointment_type_ids):
        field = f"appointment_type_ids.{index}"
        if pk not in known:
            raise booking_error(BookingErrorCode.NOT_FOUND, field)
        if pk in appointment_type_ids[:index]:
            message = _("This appointment type is in the list twice. Remove one of them.")
            raise booking_error(BookingErrorCode.INVALID, field, message)
    doctor.offered_types.all().delete()
    OfferedType.objects.bulk_create(
        OfferedType(doctor=doctor, appointment_type=known[pk], position=position)
        for position, pk in enumerate(appointment_type_ids)
        if pk is not None
    )
    _announce([doctor.pk])
    return doctor


class Usage(NamedTuple):
    """How many appointments have or had a type, in any status, and how many doctors offer it."""

    appointment_type: AppointmentType
    appointments: int
    doctors: int


def usages(appointment_types: Iterable[AppointmentType]) -> list[Usage]:
    """Return the usage of each type, in the same order. Three queries."""
    types = list(appointment_types)
    appointments = _count_by_type(Appointment.objects.filter(appointment_type__in=types))
    history = AppointmentChange.objects.filter(appointment_type__in=types)
    # Of appointments that have another type now.
    former = _count_by_type(
        history.exclude(appointment_type=F("appointment__appointment_type")), "appointment"
    )
    doctors = _count_by_type(OfferedType.objects.filter(appointment_type__in=types))
    return [
        Usage(
            kind,
            appointments.get(kind.pk, 0) + former.get(kind.pk, 0),
            doctors.get(kind.pk, 0),
        )
        for kind in types
    ]


def _count_by_type(rows: QuerySet[Any], counted: str = "pk") -> dict[int, int]:
    count = Count(counted, distinct=True)
    return dict(rows.order_by().values_list("appointment_type").annotate(count))


def _announce(doctors: Iterable[int]) -> None:
    announce(*(AvailabilityChanged(doctor, None) for doctor in sorted(set(doctors))))
