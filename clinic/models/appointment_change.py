"""The history of an appointment."""

from django.db import models

from clinic import clock
from clinic.models.appointment import Appointment
from clinic.rules import Status
from users.models import User
from users.querysets import QuerySet


class AppointmentChangeQuerySet(QuerySet["AppointmentChange"]):
    """History entries."""


class AppointmentChange(models.Model):
    """One entry of an appointment's history: its state after a change.

    Written by the booking service functions. ``date`` and ``time`` are wall clock.
    """

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="history")
    status = models.CharField(max_length=16, choices=Status)
    date = models.DateField()
    time = models.TimeField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = AppointmentChangeQuerySet.as_manager()

    class Meta:
        ordering = ("changed_at", "pk")

    def __str__(self) -> str:
        return f"{self.changed_at.astimezone(clock.zone()):%Y-%m-%d %H:%M} {self.status}"
