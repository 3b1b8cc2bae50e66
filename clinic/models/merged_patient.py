"""Patients whose record was merged into that of another one."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.models.patient import Patient
from users.models import User
from users.querysets import QuerySet


class MergedPatientQuerySet(QuerySet["MergedPatient"]):
    """Merged patients."""


class MergedPatient(models.Model):
    """A patient whose profile was merged into another one and no longer exists.

    The audit log names patients by primary key and is append-only: through this row its entries
    about the former profile are found as those of the patient who was kept. ``merged_user`` is
    the account of the former profile, emptied of its data; the audit log and histories refer to
    it. If the kept patient is merged later, the row refers to the last one.
    """

    merged_id = models.BigIntegerField(
        unique=True, help_text=_("Primary key of the former patient profile.")
    )
    merged_user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merged")
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = MergedPatientQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.patient_id}"
