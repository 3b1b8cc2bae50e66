"""Notifications: one database row per email about an appointment."""

import datetime as dt
from functools import cached_property
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.models.appointment import Appointment
from clinic.models.appointment_change import AppointmentChange
from clinic.models.doctor import Doctor
from clinic.models.guardian import Guardian
from clinic.rules import OPEN_STATUSES, Status, has_started
from clinic.slots import Slot
from users.models import User
from users.querysets import QuerySet, first_or_none

# Longer than sending can take (EMAIL_TIMEOUT for each command of the SMTP dialogue), and
# shorter than the time after which the task of a dead worker returns to the queue.
CLAIM_TIMEOUT = dt.timedelta(minutes=10)


class NotificationQuerySet(QuerySet["Notification"]):
    """Notifications."""

    def waiting(self) -> Self:
        """Notifications that are neither sent nor cancelled."""
        return self.filter(sent_at__isnull=True, dropped_at__isnull=True)

    def with_appointment(self) -> Self:
        """Load the recipient and the appointment with its people and type in the same query."""
        return self.select_related(
            "recipient",
            "appointment__doctor__user",
            "appointment__patient__user",
            "appointment__appointment_type",
        )


class Notification(models.Model):
    """One email about an appointment to its doctor, patient or a guardian, and whether it was sent.

    ``status``, ``date`` and ``time`` (wall clock) are those of the appointment after the reported
    change. For a doctor from whom it was taken they are CANCELLED and the time before that. The row
    is written before the email is sent, and is unique, so that retries never send an email twice.
    """

    class Kind(models.TextChoices):
        """The event that the email reports."""

        BOOKED = "booked", _("Booked")
        CONFIRMED = "confirmed", _("Confirmed")
        MOVED = "moved", _("Moved")
        AMENDED = "amended", _("Amended")
        REASSIGNED = "reassigned", _("Reassigned")
        REOPENED = "reopened", _("Reopened")
        CANCELLED = "cancelled", _("Cancelled")
        LAPSED = "lapsed", _("Lapsed")
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

    @cached_property
    def change(self) -> AppointmentChange | None:
        """The reported entry of the appointment's history; None for a reminder."""
        return None if self.kind == self.Kind.REMINDER else self._history_entry(self.sequence)

    @cached_property
    def previous_change(self) -> AppointmentChange | None:
        """The entry before the reported one; None for a reminder and for a new appointment."""
        return self._history_entry(self.sequence - 1) if self.sequence else None

    def _history_entry(self, index: int) -> AppointmentChange | None:
        history = self.appointment.history.select_related(
            "doctor__user", "appointment_type"
        ).order_by("pk")
        return first_or_none(history[index : index + 1])

    @property
    def slot(self) -> Slot:
        """Date, time and duration that the email reports, on the clinic's wall clock.

        The duration is that after the reported change: the appointment can have another one when
        an email is sent late.
        """
        change = self.previous_change if self.is_to_former_doctor else self.change
        minutes = change and change.duration_minutes
        return Slot(self.date, self.time, minutes or self.appointment.duration_minutes)

    @property
    def doctor(self) -> Doctor:
        """The doctor of the appointment after the reported change, which can be another one now."""
        return (self.change and self.change.doctor) or self.appointment.doctor

    @property
    def is_to_former_doctor(self) -> bool:
        """Whether the recipient is the doctor from whom the appointment was taken.

        That doctor is notified of a cancellation, though the appointment was not cancelled.
        """
        is_cancellation = self.kind == self.Kind.CANCELLED
        return bool(is_cancellation and self.change and self.change.status != Status.CANCELLED)

    @property
    def is_to_patient(self) -> bool:
        """Whether the recipient is on the patient's side: the patient or a guardian."""
        if self.kind == self.Kind.REMINDER:
            return True
        is_to_doctor = self.is_to_former_doctor or self.recipient_id == self.doctor.user_id
        return not is_to_doctor

    @property
    def is_to_guardian(self) -> bool:
        """Whether the recipient is a guardian of the patient, or was one."""
        return self.is_to_patient and self.recipient_id != self.appointment.patient.user_id

    def is_current(self, now: dt.datetime) -> bool:
        """Return whether the email is still correct and useful to its recipient at ``now``."""
        if has_started(self.slot, now) or not self.recipient.is_active:
            return False
        # Before the owner has verified the address, emails about appointments can reach a stranger.
        if self.recipient.notification_email is None:
            return False
        if self.is_to_guardian and not self.has_guardian_as_recipient():
            return False
        if self.kind == self.Kind.REMINDER:
            return self.appointment.status in OPEN_STATUSES and self.appointment.slot == self.slot
        # A notification delayed by retries must not arrive after one about a later change.
        sent = Notification.objects.filter(sent_at__isnull=False, recipient=self.recipient)
        later = sent.filter(appointment=self.appointment, sequence__gt=self.sequence)
        return not later.exists()

    def has_guardian_as_recipient(self) -> bool:
        """Return whether the recipient is a guardian of the patient now."""
        guardians = Guardian.objects.filter(patient=self.appointment.patient_id)
        return guardians.filter(user=self.recipient_id).exists()

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
