"""The clinic's catalogue of appointment types, and which doctor offers which of them."""

from collections.abc import Iterable
from typing import Self

from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.models.doctor import Doctor
from clinic.rules import MAX_DURATION_MINUTES
from clinic.slots import GRID_MINUTES, MINUTES_PER_DAY
from clinic.validators import validate_minutes_on_grid
from users.changed_fields import ChangedFieldsModel
from users.fields import NameField
from users.querysets import QuerySet
from users.text import multiline_text

MAX_BUFFER_MINUTES = 480
MAX_NOTICE_MINUTES = 365 * MINUTES_PER_DAY
MAX_PER_DAY = 1_000
MAX_DESCRIPTION_LENGTH = 2_000


class Confirmation(models.TextChoices):
    """Whether an appointment that a patient books is confirmed at once or by the doctor."""

    AUTOMATIC = "automatic", _("Automatic")
    MANUAL = "manual", _("Manual")


class BookableBy(models.TextChoices):
    """Who can book an appointment of a type."""

    PATIENTS = "patients", _("Patients, doctors and staff")
    STAFF = "staff", _("Doctors and staff only")


class AppointmentTypeQuerySet(QuerySet["AppointmentType"]):
    """Appointment types."""

    def active(self) -> Self:
        """Types that can be booked."""
        return self.filter(active=True)


class AppointmentType(ChangedFieldsModel):
    """A kind of appointment: its length, buffers, and the rules by which it is booked.

    An appointment keeps the length, buffers and cancellation notice with which it was booked:
    changing a type never changes an appointment.
    """

    name = NameField(max_length=100)
    description = models.TextField(
        blank=True,
        validators=[multiline_text, MaxLengthValidator(MAX_DESCRIPTION_LENGTH)],
        help_text=_(
            "What it is and how to prepare, for patients. It is sent by email, which is not "
            "confidential."
        ),
    )
    duration_minutes = models.PositiveSmallIntegerField(
        validators=[
            MinValueValidator(GRID_MINUTES),
            MaxValueValidator(MAX_DURATION_MINUTES),
            validate_minutes_on_grid,
        ],
        help_text=_("Length in minutes, a multiple of 5."),
    )
    buffer_before_minutes = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(MAX_BUFFER_MINUTES), validate_minutes_on_grid],
        help_text=_("Minutes that the doctor needs before the start. They block only the doctor."),
    )
    buffer_after_minutes = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(MAX_BUFFER_MINUTES), validate_minutes_on_grid],
        help_text=_("Minutes that the doctor needs after the end. They block only the doctor."),
    )
    confirmation = models.CharField(
        max_length=16, choices=Confirmation, default=Confirmation.MANUAL
    )
    bookable_by = models.CharField(max_length=16, choices=BookableBy, default=BookableBy.PATIENTS)
    lead_time_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MAX_NOTICE_MINUTES)],
        help_text=_(
            "How many minutes before the start patients must book. If empty, the clinic's lead "
            "time."
        ),
    )
    cancellation_notice_minutes = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(MAX_NOTICE_MINUTES)],
        help_text=_("Until how many minutes before the start patients can cancel or reschedule."),
    )
    max_per_day = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_PER_DAY)],
        help_text=_(
            "How many appointments of this type a doctor takes on one day. If empty, any number."
        ),
    )
    active = models.BooleanField(
        default=True, help_text=_("Whether it can be booked. Existing appointments stay.")
    )

    objects = AppointmentTypeQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints = [
            models.CheckConstraint(
                name="appointment_type_duration_in_range",
                condition=models.Q(
                    duration_minutes__gte=GRID_MINUTES, duration_minutes__lte=MAX_DURATION_MINUTES
                ),
            ),
            models.CheckConstraint(
                name="appointment_type_buffers_in_range",
                condition=models.Q(
                    buffer_before_minutes__lte=MAX_BUFFER_MINUTES,
                    buffer_after_minutes__lte=MAX_BUFFER_MINUTES,
                ),
            ),
            models.CheckConstraint(
                name="appointment_type_max_per_day_positive",
                condition=models.Q(max_per_day__isnull=True) | models.Q(max_per_day__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_bookable(self, *, by_patients: bool) -> bool:
        """Return whether patients, or doctors and staff, can book appointments of this type."""
        return self.active and (not by_patients or self.bookable_by == BookableBy.PATIENTS)

    @property
    def confirms_automatically(self) -> bool:
        """Whether an appointment that a patient books needs no confirmation by the doctor."""
        return self.confirmation == Confirmation.AUTOMATIC


class OfferedTypeQuerySet(QuerySet["OfferedType"]):
    """Appointment types by doctor."""

    def of_doctors(self, doctors: Iterable[int]) -> Self:
        """Types of these doctors (primary keys), each doctor's in the doctor's own order."""
        rows = self.filter(doctor__in=list(doctors)).select_related("appointment_type")
        return rows.order_by("doctor", "position")


class OfferedType(models.Model):
    """An appointment type that a doctor offers, at a position in the doctor's order."""

    doctor = models.ForeignKey(
        Doctor, on_delete=models.CASCADE, related_name="offered_types", db_index=False
    )
    appointment_type = models.ForeignKey(
        AppointmentType, on_delete=models.PROTECT, related_name="offered_by"
    )
    position = models.PositiveSmallIntegerField()

    objects = OfferedTypeQuerySet.as_manager()

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(
                name="offered_type_once_a_doctor", fields=["doctor", "appointment_type"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.doctor}: {self.appointment_type}"
