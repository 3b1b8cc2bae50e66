"""Notifications: one database row per email about an appointment."""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.models.appointment import Appointment
from clinic.rules import Status
from clinic.slots import Slot
from users.models import User
from users.querysets import QuerySet

# Longer than sending can take (EMAIL_TIMEOUT for each command of the SMTP dialogue), and
# shorter than the time after which the task of a dead worker returns to the queue.
CLAIM_TIMEOUT = dt.timedelta(minutes=10)


class NotificationQuerySet(QuerySet["Notification"]):
    """Notifications."""

    def waiting(self) -> Self:
        """Notifications that are neither sent nor cancelled."""
        return self.filter(sent_at__isnull=True, dropped_at__isnull=True)

    def with_appointment(self) -> Self:
        """Load the recipient, the appointment, its doctor and its patient in the same query."""
        return self.select_related(
            "recipient", "appointment__doctor__user", "appointment__patient__user"
        )


class Notification(models.Model):
    """One email about an appointment to its doctor or patient, and whether it was sent.

    ``status``, ``date`` and ``time`` (wall clock) are those of the appointment when the
    notification was enqueued. The row is written before the email is sent, and is unique,
    so that retries never send an email twice.
    """

    class Kind(models.TextChoices):
        """The event that the email reports."""

        BOOKED = "booked", _("Booked")
        CONFIRMED = "confirmed", _("Confirmed")
        MOVED = "moved", _("Moved")
        CANCELLED = "cancelled", _("Cancelled")
        REMINDER = "reminder", _("Reminder")

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="notifications")
    recipient = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind)
    status = models.CharField(
        max_length=16,
        choices=Status,
        help_text=_("Status of the appointment when the email was enqueued."),
    )
    date = models.DateField()
    time = models.TimeField()
    sequence = models.PositiveIntegerField(
        help_text=_("Index of the reported change in the appointment's history; 0 for reminders.")
    )
    created_at = models.DateTimeField(default=timezone.now)
    sending_since = models.DateTimeField(
        null=True, blank=True, help_text=_("When a worker started to send the email.")
    )
    held_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_(
            "When the email was held back, because its recipient had got many on that day. A "
            "digest reports it later."
        ),
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("When the email was cancelled because it was no longer needed."),
    )
    failures = models.PositiveSmallIntegerField(default=0)
    last_failure = models.CharField(max_length=200, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="notification_enqueued_once",
                fields=["appointment", "recipient", "kind", "date", "time", "sequence"],
            ),
            models.CheckConstraint(
                name="notification_reminder_sequence_is_zero",
                condition=~Q(kind="reminder") | Q(sequence=0),
            ),
            models.CheckConstraint(
                name="notification_not_sent_and_dropped",
                condition=Q(sent_at__isnull=True) | Q(dropped_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.recipient}: {self.date} {self.time:%H:%M}"

    @property
    def slot(self) -> Slot:
        """Date, time and duration of the appointment, on the clinic's wall clock."""
        return Slot(self.date, self.time, self.appointment.duration_minutes)

    @property
    def is_to_patient(self) -> bool:
        """Whether the recipient is the patient of the appointment."""
        return self.recipient_id == self.appointment.patient.user_id

    def claim(self, at: dt.datetime) -> bool:
        """Claim this notification for sending. Return False if another worker holds the claim.

        The claim ends with ``mark_sent()``, ``cancel()``, ``record_failure()``, or after
        ``CLAIM_TIMEOUT``, when its worker is considered dead.
        """
        unclaimed = Q(sending_since__isnull=True) | Q(sending_since__lt=at - CLAIM_TIMEOUT)
        claimed = (
            Notification.objects.waiting().filter(unclaimed, pk=self.pk).update(sending_since=at)
        )
        return claimed == 1

    def mark_sent(self, at: dt.datetime) -> None:
        """Record that the email was sent, and release the claim."""
        self._end_sending(sent_at=at, last_failure="")

    def hold(self, at: dt.datetime) -> None:
        """Hold the notification back until the digest, and release the claim."""
        self._end_sending(held_at=at)

    def cancel(self, at: dt.datetime) -> None:
        """Cancel the notification: its email is never sent."""
        self._end_sending(dropped_at=at)

    def record_failure(self, why: str) -> None:
        """Count a failed attempt and release the claim; ``why`` is cut to 200 characters."""
        self._end_sending(failures=F("failures") + 1, last_failure=why[:200])

    def _end_sending(self, **changes: object) -> None:
        Notification.objects.filter(pk=self.pk).update(sending_since=None, **changes)
