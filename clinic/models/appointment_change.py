"""How an appointment came to be as it is."""

from django.db import models

from clinic import clock
from clinic.models.appointment import Appointment, Status
from users.models import User


class AppointmentChange(models.Model):
    """One line of an appointment's history, written by the booking verbs."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="history")
    status = models.CharField(max_length=16, choices=Status)
    date = models.DateField()
    time = models.TimeField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("changed_at", "pk")

    def __str__(self) -> str:
        return f"{self.changed_at.astimezone(clock.zone()):%Y-%m-%d %H:%M} {self.status}"
