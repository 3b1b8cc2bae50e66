"""The letters that the clinic owes people about their visits."""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from clinic.models.appointment import Appointment, Status
from clinic.slots import Slot
from users.models import User

# Longer than a mail server can be waited for (EMAIL_TIMEOUT for each line of the talk),
# and over when the task of a worker that died comes back to the queue.
CLAIM_TIMEOUT = dt.timedelta(minutes=10)


class NotificationQuerySet(models.QuerySet["Notification"]):
    def waiting(self) -> Self:
        """Those that have neither left nor become pointless."""
        return self.filter(sent_at__isnull=True, dropped_at__isnull=True)

    def with_appointment(self) -> Self:
        """Load the recipient, the visit and both its sides in the same query."""
        return self.select_related(
            "recipient", "appointment__doctor__user", "appointment__patient__user"
        )


class Notification(models.Model):
    """One letter about a visit to one of its sides; the proof that it left, and when.

    It tells of the visit as it was when the letter came to be owed. Its row comes
    first and is unique, so that nothing is told twice however often it is tried.
    """

    class Kind(models.TextChoices):
        BOOKED = "booked"
        CONFIRMED = "confirmed"
        MOVED = "moved"
        CANCELLED = "cancelled"
        REMINDER = "reminder"

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="notifications")
    recipient = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind)
    status = models.CharField(max_length=16, choices=Status, help_text="The visit's.")
    date = models.DateField()
    time = models.TimeField()
    sequence = models.PositiveIntegerField(
        help_text="Which change of the visit it tells of, from 0; of a reminder 0."
    )
    created_at = models.DateTimeField(default=timezone.now)
    sending_since = models.DateTimeField(
        null=True, blank=True, help_text="When a worker took it to the mail server."
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was found to be pointless."
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
        """Where the visit stood on the clinic's wall clock."""
        return Slot(self.date, self.time, self.appointment.duration_minutes)

    @property
    def is_to_patient(self) -> bool:
        return self.recipient_id == self.appointment.patient.user_id

    def claim(self, at: dt.datetime) -> bool:
        """Have it to oneself, until one of the three below; False if another worker has it.

        One that has had it for ``CLAIM_TIMEOUT`` is dead.
        """
        free = Q(sending_since__isnull=True) | Q(sending_since__lt=at - CLAIM_TIMEOUT)
        taken = Notification.objects.waiting().filter(free, pk=self.pk).update(sending_since=at)
        return taken == 1

    def mark_sent(self, at: dt.datetime) -> None:
        self._end_sending(sent_at=at, last_failure="")

    def cancel(self, at: dt.datetime) -> None:
        """Never send it."""
        self._end_sending(dropped_at=at)

    def record_failure(self, why: str) -> None:
        self._end_sending(failures=F("failures") + 1, last_failure=why[:200])

    def _end_sending(self, **changes: object) -> None:
        Notification.objects.filter(pk=self.pk).update(sending_since=None, **changes)
