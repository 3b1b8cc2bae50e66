"""The appointment, and the time that it occupies."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, NoReturn, Self

from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.db.models import Case, Q, When

from clinic import clock
from clinic.errors import BookingErrorCode, booking_error
from clinic.models.appointment_access import AppointmentAccessQuerySet
from clinic.models.appointment_type import AppointmentType
from clinic.models.busy_tick import BusyTick, lock_people
from clinic.models.doctor import Doctor
from clinic.models.patient import Patient
from clinic.rules import (
    MAX_DURATION_MINUTES,
    ActingRole,
    Action,
    RuleViolation,
    Status,
    Transition,
    find_transition,
    slot_violation,
)
from clinic.slots import GRID_MINUTES, Slot, days_of
from users.changed_fields import ChangedFieldsModel
from users.models import User
from users.text import multiline_text

MAX_TEXT_LENGTH = 2000
# The fields that decide which BusyTick rows belong to an appointment.
TICKED_FIELDS = frozenset(
    {
        *("doctor", "patient", "date", "time", "duration_minutes", "status"),
        *("buffer_before_minutes", "buffer_after_minutes"),
    }
)


def _ticked(names: Iterable[str]) -> frozenset[str]:
    """Return those of the field names that are ``TICKED_FIELDS``."""
    return TICKED_FIELDS.intersection(name.removesuffix("_id") for name in names)


class AppointmentQuerySet(AppointmentAccessQuerySet["Appointment"]):
    """Appointments. Forbids bulk writes that would leave BusyTick rows out of date."""

    def live(self) -> Self:
        """Appointments that occupy time: all but the cancelled ones."""
        return self.exclude(status=Status.CANCELLED)

    def with_people(self) -> Self:
        """Load the doctor, the patient and their accounts in the same query."""
        return self.select_related("doctor__user", "patient__user")

    def only(self, *fields: str) -> Self:
        """Load ``fields`` only, and ``patient_id``, which the audit reads from each appointment."""
        return super().only("patient_id", *fields)

    def update(self, **changes: Any) -> int:
        """Update fields that do not decide ticks; raises TypeError for the others."""
        if touched := _ticked(changes):
            raise TypeError(
                f"update() of {sorted(touched)} would leave ticks out of date: use save()."
            )
        return super().update(**changes)

    def bulk_create(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Raise TypeError; ``create_many()`` writes the ticks as well."""
        raise TypeError("bulk_create() would write no ticks: use create_many().")

    def create_many(self, appointments: Iterable["Appointment"], *, batch_size: int = 2000) -> int:
        """Insert appointments with their ticks in one transaction; return their number.

        For imports and the demo. Validates each appointment. Raises ValidationError, or
        IntegrityError if a person would have two appointments at the same time.
        """
        batch = list(appointments)
        for appointment in batch:
            appointment.full_clean(validate_unique=False, validate_constraints=False)
        with transaction.atomic():
            lock_people(person for appointment in batch for person in appointment.people)
            super().bulk_create(batch, batch_size=batch_size)
            BusyTick.objects.bulk_create(
                (
                    BusyTick(appointment_id=appointment.pk, person_id=person, tick=tick)
                    for appointment in batch
                    for person, span in appointment.busy_spans().items()
                    for tick in span
                ),
                batch_size=batch_size,
            )
        return len(batch)


class Appointment(ChangedFieldsModel):
    """An appointment of a patient with a doctor.

    ``date`` and ``time`` are on the clinic's wall clock. ``save()`` also writes the BusyTick
    rows of both people, and raises IntegrityError if either has another appointment then.
    """

    # db_index=False: each foreign key is the first column of an index below.
    doctor = models.ForeignKey(
        Doctor, on_delete=models.PROTECT, related_name="appointments", db_index=False
    )
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="appointments", db_index=False
    )
    date = models.DateField()
    time = models.TimeField()
    duration_minutes = models.PositiveSmallIntegerField()
    appointment_type = models.ForeignKey(
        AppointmentType, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # As of the booking: a later change of the type does not change them.
    buffer_before_minutes = models.PositiveSmallIntegerField(default=0)
    buffer_after_minutes = models.PositiveSmallIntegerField(default=0)
    cancellation_notice_minutes = models.PositiveIntegerField(default=0)
    reason_for_visit = models.TextField(
        blank=True, validators=[multiline_text, MaxLengthValidator(MAX_TEXT_LENGTH)]
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    # Since when the appointment waits for the doctor's answer; null unless it is PENDING.
    pending_since = models.DateTimeField(null=True, blank=True, editable=False)
    arrived_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancellation_reason = models.TextField(
        blank=True, validators=[multiline_text, MaxLengthValidator(MAX_TEXT_LENGTH)]
    )
    booked_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    booked_by_patient = models.BooleanField(default=False, editable=False)  # or by a guardian
    # Hashed by BookingRequest. Null without a key: the unique constraint ignores nulls.
    idempotency_key = models.CharField(  # noqa: DJ001
        max_length=64, null=True, blank=True, editable=False
    )
    request_hash = models.CharField(max_length=64, blank=True, editable=False)
    # Not auto_now_add, which would overwrite the creation time of imported appointments.
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    # Null for cancelled appointments, which the unique constraints below then ignore. MySQL
    # and MariaDB silently skip conditional unique constraints.
    live = models.GeneratedField(
        expression=Case(When(status=Status.CANCELLED, then=None), default=True),
        output_field=models.BooleanField(null=True),
        db_persist=True,
    )

    # Not a column: whether the reader can read the texts; None if unknown.
    record_readable: bool | None = None

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        indexes = [
            # The order of the admin's list.
            models.Index(name="appointment_start", fields=["-date", "time"]),
            # The other sort orders of a doctor's or a patient's list. The order by date uses the
            # indexes of the unique constraints.
            models.Index(name="appointment_doctor_time", fields=["doctor", "time"]),
            models.Index(name="appointment_patient_time", fields=["patient", "time"]),
            models.Index(name="appointment_doctor_created", fields=["doctor", "created_at"]),
            models.Index(name="appointment_patient_created", fields=["patient", "created_at"]),
        ]
        constraints = [
            models.UniqueConstraint(
                name="appointment_doctor_one_start", fields=["doctor", "date", "time", "live"]
            ),
            models.UniqueConstraint(
                name="appointment_patient_one_start", fields=["patient", "date", "time", "live"]
            ),
            models.UniqueConstraint(
                name="appointment_idempotency_key", fields=["booked_by", "idempotency_key"]
            ),
            models.CheckConstraint(
                name="appointment_duration_in_range",
                condition=Q(
                    duration_minutes__gte=GRID_MINUTES, duration_minutes__lte=MAX_DURATION_MINUTES
                ),
            ),
            models.CheckConstraint(
                name="appointment_status_known", condition=Q(status__in=Status.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.time:%H:%M}: {self.patient} with {self.doctor}"

    def save(self, *args: Any, is_prepared: bool = False, **kwargs: Any) -> None:
        """Validate and save the appointment and its ticks.

        ``is_prepared``: the caller has validated it and locked its people. Raises ValidationError,
        or IntegrityError if a person has another appointment then.
        """
        if not is_prepared:
            self.full_clean(validate_unique=False, validate_constraints=False)
        if kwargs.get("update_fields") is not None:
            if not _ticked(kwargs["update_fields"]):
                super().save(*args, **kwargs)
                return
            # The ticks are computed from all of these fields, so all of them are written.
            kwargs["update_fields"] = TICKED_FIELDS.union(kwargs["update_fields"])
        # No savepoint, which would cost every booking two statements. Code that catches the
        # IntegrityError inside its own transaction must set one.
        with transaction.atomic(savepoint=False):
            if not is_prepared:
                lock_people(self.people)
            is_new = self.pk is None
            super().save(*args, **kwargs)
            BusyTick.objects.occupy(self.pk, self.busy_spans(), is_new=is_new)

    def clean(self) -> None:
        """Check the rules that hold for every appointment at any time.

        Each is checked when a field that it reads changes: an appointment that was booked
        before a rule existed can still be confirmed, completed and cancelled.
        """
        changed = self.changed_fields()
        if not changed.isdisjoint({"doctor", "patient"}) and self._is_with_oneself():
            raise booking_error(BookingErrorCode.OWN_APPOINTMENT)
        if changed.isdisjoint({"date", "time", "duration_minutes"}):
            return
        if None in (self.date, self.time, self.duration_minutes):
            return
        if violation := slot_violation(self.slot, clock.zone()):
            raise booking_error(violation.code, violation.field, violation.message)

    def _is_with_oneself(self) -> bool:
        has_both = bool(self.doctor_id and self.patient_id)
        return has_both and self.doctor.user_id == self.patient.user_id

    def clean_fields(self, exclude: Iterable[str] | None = None) -> None:
        # The database checks the foreign keys and computes `live`.
        computed = {"doctor", "patient", "appointment_type", "booked_by", "live"}
        super().clean_fields(exclude={*(exclude or ()), *computed})

    @property
    def slot(self) -> Slot:
        """Date, time and duration on the clinic's wall clock."""
        return Slot(self.date, self.time, self.duration_minutes)

    @property
    def starts_at(self) -> dt.datetime:
        """Start, aware, in the clinic's zone."""
        return self.slot.starts_at(clock.zone())

    @property
    def ends_at(self) -> dt.datetime:
        """End (exclusive), aware, in the clinic's zone."""
        return self.slot.ends_at(clock.zone())

    @property
    def is_live(self) -> bool:
        """Whether the appointment occupies time."""
        return self.status != Status.CANCELLED

    @property
    def changeable_until(self) -> dt.datetime:
        """Until when its patient can cancel or reschedule it; aware, in the clinic's zone."""
        # Subtracted in UTC: Python subtracts from a local time by the wall clock.
        notice = dt.timedelta(minutes=self.cancellation_notice_minutes)
        return (self.starts_at.astimezone(dt.UTC) - notice).astimezone(clock.zone())

    def transition(
        self, action: Action, role: ActingRole, now: dt.datetime
    ) -> Transition | RuleViolation:
        """Return what happens when ``role`` performs ``action`` at ``now``, or why it cannot."""
        return find_transition(action, role, self.status, self.slot, self.changeable_until, now)

    def can_be_rescheduled(self, now: dt.datetime, role: ActingRole) -> bool:
        """Return whether ``role`` can reschedule this appointment at ``now``."""
        return isinstance(self.transition(Action.RESCHEDULE, role, now), Transition)

    @property
    def doctor_ticks(self) -> range:
        """The ticks that the appointment takes of its doctor, buffers included."""
        return self.slot.ticks_with_buffers(self.buffer_before_minutes, self.buffer_after_minutes)

    def busy_days(self) -> set[dt.date]:
        """Return the dates on which the appointment takes time of its doctor, with buffers."""
        return {dt.date.fromordinal(day) for day in days_of(self.doctor_ticks)}

    def busy_spans(self) -> dict[int, range]:
        """Return the ticks that the appointment occupies, by person (user id).

        Buffers occupy only the doctor. Empty for a cancelled appointment.
        """
        if not self.is_live:
            return {}
        return {self.doctor.user_id: self.doctor_ticks, self.patient.user_id: self.slot.ticks}

    @property
    def people(self) -> tuple[int, int]:
        """User ids of the doctor and the patient, ascending: the order in which they are locked."""
        low, high = sorted((self.doctor.user_id, self.patient.user_id))
        return low, high
