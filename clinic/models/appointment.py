"""The visit."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, NoReturn, Self

from django.core.validators import MaxLengthValidator
from django.db import models, router, transaction
from django.db.models import Case, Q, Subquery, When

from clinic import clock
from clinic.errors import BookingErrorCode, booking_error
from clinic.models.busy_tick import BusyTick
from clinic.models.doctor import Doctor
from clinic.models.patient import Patient
from clinic.rules import MAX_DURATION_MINUTES, has_started, slot_violation
from clinic.slots import GRID_MINUTES, Slot
from clinic.validators import storable
from users.common.transactions import lock_rows
from users.models import User

MAX_TEXT_LENGTH = 2000
TICKED_FIELDS = frozenset({"doctor", "patient", "date", "time", "duration_minutes", "status"})


def _ticked(names: Iterable[str]) -> frozenset[str]:
    """Those of the fields that decide which ticks a visit owns."""
    return TICKED_FIELDS.intersection(name.removesuffix("_id") for name in names)


def _profile(model: type[Doctor | Patient], user: User) -> Subquery:
    """The id of a profile, to find visits by their index: joined, all are sorted for one page."""
    return Subquery(model.objects.filter(user=user).values("pk")[:1])


def _as_patient(user: User) -> Q:
    return Q(patient=_profile(Patient, user)) if user.is_patient else Q(pk__in=())


def _as_doctor(user: User) -> Q:
    return Q(doctor=_profile(Doctor, user)) if user.is_doctor else Q(pk__in=())


def _lock_people(people: Iterable[int], using: str) -> None:
    """Make whoever books for the same people wait, and so never deadlock."""
    lock_rows(User.objects.using(using).filter(pk__in=people).order_by("pk"))


class Status(models.TextChoices):
    """PENDING until the doctor confirms; all but CANCELLED occupy time."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


# A visit that is still to come about: it can be confirmed, moved or cancelled.
OPEN_STATUSES = frozenset({Status.PENDING, Status.CONFIRMED})


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    """Appointments; refuses the bulk writes that would pass the ticks by."""

    # Each visit meets one of these conditions, and the visits of each have an index of their own.
    sides: tuple[Q, ...] = ()

    def visible_to(self, user: User) -> Self:
        """The visits on one of whose sides ``user`` stands."""
        return self.filter(_as_patient(user) | _as_doctor(user))

    def listed_for(self, user: User) -> Self:
        """What is visible to ``user``, to be cut into pages.

        For somebody who is both patient and doctor, ``[:n]`` looks at each side for itself,
        in two queries more. By one condition PostgreSQL may leaf through everybody's visits
        by day until the page is full, which it never is for whoever has hardly any.
        """
        listed = self.visible_to(user)
        if user.is_patient and user.is_doctor:
            listed.sides = (_as_patient(user), _as_doctor(user))
        return listed

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]  # Django's own way to hand things on
        clone.sides = self.sides
        return clone

    def __getitem__(self, key: Any) -> Any:
        if not self.sides or not isinstance(key, slice) or key.stop is None or self._is_numbered:
            return super().__getitem__(key)
        whole = self.all()
        whole.sides = ()
        pages = (whole.filter(side).values_list("pk", flat=True) for side in self.sides)
        return whole.filter(pk__in=[pk for page in pages for pk in page[: key.stop]])[key]

    @property
    def _is_numbered(self) -> bool:
        """Whether rows are numbered, which must not be done among a part of them."""
        return any(each.contains_over_clause for each in self.query.annotations.values())

    def as_patient(self, user: User) -> Self:
        """The visits that ``user`` goes to."""
        return self.filter(_as_patient(user))

    def as_doctor(self, user: User) -> Self:
        """The visits that ``user`` gives."""
        return self.filter(_as_doctor(user))

    def of(self, user: User) -> Self:
        """The visits on either side of ``user``, whichever roles they have left."""
        return self.filter(Q(patient=_profile(Patient, user)) | Q(doctor=_profile(Doctor, user)))

    def live(self) -> Self:
        """Those that occupy time."""
        return self.exclude(status=Status.CANCELLED)

    def with_people(self) -> Self:
        """Load both sides and their accounts in the same query."""
        return self.select_related("doctor__user", "patient__user")

    def only(self, *fields: str) -> Self:
        # Whose record it is part of is always loaded: the audit asks it of each.
        return super().only("patient_id", *fields)

    def update(self, **changes: Any) -> int:
        if touched := _ticked(changes):
            raise TypeError(f"update() of {sorted(touched)} would pass the ticks by: use save().")
        return super().update(**changes)

    def bulk_create(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("bulk_create() would pass the ticks by: use create_many().")

    def create_many(self, appointments: Iterable["Appointment"], *, batch_size: int = 2000) -> int:
        """Write many visits with their ticks, all or none; return how many.

        For imports and the demo. Each is cleaned like a single one; raises
        ValidationError, or IntegrityError if anyone would be in two visits at once.
        """
        batch = list(appointments)
        for appointment in batch:
            appointment.full_clean(validate_unique=False, validate_constraints=False)
        with transaction.atomic(using=self.db):
            everybody = {person for appointment in batch for person in appointment.people}
            _lock_people(everybody, self.db)
            super().bulk_create(batch, batch_size=batch_size)
            BusyTick.objects.using(self.db).bulk_create(
                (
                    BusyTick(appointment_id=appointment.pk, person_id=person, tick=tick)
                    for appointment in batch
                    if appointment.is_live
                    for person in appointment.people
                    for tick in appointment.slot.ticks
                ),
                batch_size=batch_size,
            )
        return len(batch)


class Appointment(models.Model):
    """A visit of a patient to a doctor.

    ``date`` and ``time`` are what was agreed, on the clinic's wall clock. Saving
    one takes the time of both people, and raises IntegrityError if either has
    another visit then.
    """

    # Each is the first column of an index below, so none of its own is needed.
    doctor = models.ForeignKey(
        Doctor, on_delete=models.PROTECT, related_name="appointments", db_index=False
    )
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="appointments", db_index=False
    )
    date = models.DateField()
    time = models.TimeField()
    duration_minutes = models.PositiveSmallIntegerField()
    reason_for_visit = models.TextField(
        blank=True, validators=[storable, MaxLengthValidator(MAX_TEXT_LENGTH)]
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    cancellation_reason = models.TextField(
        blank=True, validators=[storable, MaxLengthValidator(MAX_TEXT_LENGTH)]
    )
    booked_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    # Hashed by BookingRequest. Null without a key, for unique constraints pass nulls by.
    idempotency_key = models.CharField(  # noqa: DJ001
        max_length=64, null=True, blank=True, editable=False
    )
    request_hash = models.CharField(max_length=64, blank=True, editable=False)
    # Not auto_now_add, which would date imported visits to the day of the import.
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    # A conditional unique constraint is silently left out on MySQL and MariaDB;
    # a column that is null for cancelled visits does the same everywhere.
    live = models.GeneratedField(
        expression=Case(When(status=Status.CANCELLED, then=None), default=True),
        output_field=models.BooleanField(null=True),
        db_persist=True,
    )

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        indexes = [
            # What the desk's list is ordered and leafed through by.
            models.Index(name="appointment_start", fields=["date", "time"]),
            # The other orders that each side may have its list in; by day, the constraints'.
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

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.full_clean(validate_unique=False, validate_constraints=False)
        if kwargs.get("update_fields") is not None:
            if not _ticked(kwargs["update_fields"]):
                super().save(*args, **kwargs)
                return
            # The ticks follow all of these together, so they are written together.
            kwargs["update_fields"] = TICKED_FIELDS.union(kwargs["update_fields"])
        using = kwargs.get("using") or router.db_for_write(Appointment, instance=self)
        # Without a savepoint, which costs every booking two statements: who catches an
        # IntegrityError inside a transaction of their own sets one.
        with transaction.atomic(using=using, savepoint=False):
            _lock_people(self.people, using)
            is_new = self.pk is None
            super().save(*args, **kwargs)
            BusyTick.objects.db_manager(using).occupy(
                self.pk, self.people, self.slot if self.is_live else None, is_new=is_new
            )

    def clean(self) -> None:
        """Refuse what could be no visit at any time, whoever asks for it."""
        if self.doctor_id and self.patient_id and self.doctor.user_id == self.patient.user_id:
            raise booking_error(BookingErrorCode.OWN_APPOINTMENT)
        if None in (self.date, self.time, self.duration_minutes):
            return
        if problem := slot_violation(self.slot, clock.zone()):
            raise booking_error(problem.code, problem.field, problem.message)

    def clean_fields(self, exclude: Iterable[str] | None = None) -> None:
        # The database checks the references, and computes `live`.
        computed = {"doctor", "patient", "booked_by", "live"}
        super().clean_fields(exclude={*(exclude or ()), *computed})

    @property
    def slot(self) -> Slot:
        """Where it stands on the clinic's wall clock."""
        return Slot(self.date, self.time, self.duration_minutes)

    @property
    def starts_at(self) -> dt.datetime:
        return self.slot.starts_at(clock.zone())

    @property
    def ends_at(self) -> dt.datetime:
        return self.slot.ends_at(clock.zone())

    @property
    def is_live(self) -> bool:
        """Whether it occupies time."""
        return self.status != Status.CANCELLED

    def can_be_moved(self, now: dt.datetime, *, by_patient: bool) -> bool:
        """Whether it is open, and, for its patient, still to start."""
        return self.status in OPEN_STATUSES and not (by_patient and has_started(self.slot, now))

    @property
    def people(self) -> tuple[int, int]:
        """The user ids of both sides, in the order in which they are locked."""
        low, high = sorted((self.doctor.user_id, self.patient.user_id))
        return low, high
