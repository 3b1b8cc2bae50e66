"""Who read or changed what of a patient's record: kept, and never altered."""

from typing import Any, NoReturn, Self

from django.db import models
from django.utils import timezone

from clinic.models.people import Patient
from users.models import User


class AccessAction(models.TextChoices):
    READ = "read"
    CHANGE = "change"


class AccessRecordQuerySet(models.QuerySet["AccessRecord"]):
    """Access records; they are only ever added."""

    def of(self, user: User) -> Self:
        """Those about the record of ``user`` as a patient, the latest first."""
        return self.filter(patient__user=user).order_by("-at", "-pk")

    def update(self, **_changes: Any) -> NoReturn:
        raise TypeError("The audit is not altered.")

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("The audit is not altered.")

    def delete(self) -> NoReturn:
        raise TypeError("The audit is not erased.")


class AccessRecord(models.Model):
    """One operation's access to one patient's record. It names fields, never what was in them.

    The rows of an operation on many patients share its ``request_id`` and are written
    by one statement, so that a page of them costs one more. One row with a list of
    patients could not be searched by an index on every database; one with its patients
    in a second table would take two statements.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="access_records")
    action = models.CharField(max_length=8, choices=AccessAction)
    operation = models.CharField(max_length=100, blank=True, help_text="Its name, if it has one.")
    fields = models.JSONField(help_text="Such as Patient.dateOfBirth.")
    address = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True, db_index=True)

    objects = AccessRecordQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["patient", "at"], name="access_of_patient")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action} {self.patient}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("The audit is not altered.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("The audit is not erased.")
