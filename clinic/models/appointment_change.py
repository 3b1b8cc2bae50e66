"""The history of an appointment."""

from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic import clock
from clinic.models.appointment import MAX_TEXT_LENGTH, Appointment
from clinic.models.appointment_type import AppointmentType
from clinic.models.doctor import Doctor
from clinic.rules import Status
from users.models import User
from users.querysets import QuerySet
from users.text import multiline_text


class AppointmentChangeQuerySet(QuerySet["AppointmentChange"]):
    """History entries."""


class AppointmentChange(models.Model):
    """One entry of an appointment's history: its state after a change.

    Written by the booking service functions. ``date`` and ``time`` are wall clock.
    ``doctor`` and ``duration_minutes`` are null in entries of releases that did not store them.
    ``appointment_type`` is null in entries of an appointment without a type, and in those that a
    process of an earlier release wrote. ``changed_by`` is null if no user made the change, but the
    passing of time.
    """

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="history")
    status = models.CharField(max_length=16, choices=Status)
    date = models.DateField()
    time = models.TimeField()
    duration_minutes = models.PositiveSmallIntegerField(null=True)
    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, null=True, related_name="+")
    appointment_type = models.ForeignKey(
        AppointmentType, on_delete=models.PROTECT, null=True, related_name="+"
    )
    outside_availability = models.BooleanField(
        default=False,
        help_text=_("Whether the doctor did not offer this time: a doctor or staff chose it."),
    )
    reason = models.TextField(
        blank=True,
        validators=[multiline_text, MaxLengthValidator(MAX_TEXT_LENGTH)],
        help_text=_("Why the appointment was cancelled or reopened."),
    )
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    on_behalf_of = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("The patient or the doctor for whom a guardian or an assistant acted."),
    )

    objects = AppointmentChangeQuerySet.as_manager()

    class Meta:
        ordering = ("changed_at", "pk")

    def __str__(self) -> str:
        return f"{self.changed_at.astimezone(clock.zone()):%Y-%m-%d %H:%M} {self.status}"

    def has_other_type(self, previous: "AppointmentChange") -> bool:
        """Return whether the appointment has another type, or none, than after ``previous``."""
        return self.appointment_type_id != previous.appointment_type_id
