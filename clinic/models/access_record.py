"""Who read or changed what of patients' records: kept, and never altered."""

from collections.abc import Iterable
from typing import Any, NoReturn, Self

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import ProtectedError, Q
from django.db.models.fields.json import DataContains
from django.db.models.signals import pre_delete
from django.db.models.sql.compiler import SQLCompiler
from django.dispatch import receiver
from django.utils import timezone
from typing_extensions import override

from clinic import clock
from clinic.models.patient import Patient
from users.models import User


class AccessAction(models.TextChoices):
    READ = "read"
    CHANGE = "change"


class PatientIds(models.JSONField):
    """Ids of patients, in a list. ``contains`` works on SQLite as well."""


@PatientIds.register_lookup
class ContainsIds(DataContains):
    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        """What other databases have an operator for."""
        ids, ids_parameters = self.process_lhs(compiler, connection)
        wanted, wanted_parameters = self.process_rhs(compiler, connection)
        missing = (
            f"SELECT 1 FROM json_each({wanted}) AS wanted "  # noqa: S608 - Django's own pieces
            f"WHERE wanted.value NOT IN (SELECT value FROM json_each({ids}))"
        )
        return f"NOT EXISTS ({missing})", [*wanted_parameters, *ids_parameters]


class AccessRecordQuerySet(models.QuerySet["AccessRecord"]):
    """Access records; they are only ever added."""

    def about(self, patients: Iterable[int]) -> Self:
        """Those in which one of these patients is named, by id."""
        named = Q(pk__in=())
        for patient in patients:
            named |= Q(patients__contains=[patient])
        return self.filter(named)

    def of(self, user: User) -> Self:
        """Those about the record of ``user`` as a patient, the latest first."""
        own = Patient.objects.filter(user=user).values_list("pk", flat=True)
        return self.about(own).order_by("-at", "-pk")

    def update(self, **_changes: Any) -> NoReturn:
        raise TypeError("The audit is not altered.")

    @override
    def bulk_create(
        self,
        objs: Iterable["AccessRecord"],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        *_args: Any,
        **_kwargs: Any,
    ) -> list["AccessRecord"]:
        if ignore_conflicts or update_conflicts:
            raise TypeError("The audit is not altered.")
        return super().bulk_create(objs, batch_size)

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("The audit is not altered.")

    def delete(self) -> NoReturn:
        raise TypeError("The audit is not erased.")


class AccessRecord(models.Model):
    """One operation's access to patients' records. It names fields, never what was in them.

    A list of patients and no table of them, so that a page of fifty leaves one row, in
    one statement. On PostgreSQL an index finds a patient in the lists.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    patients = PatientIds(help_text="Whose records.")
    action = models.CharField(max_length=8, choices=AccessAction)
    operation = models.CharField(max_length=100, blank=True, help_text="Its name, if it has one.")
    fields = models.JSONField(help_text="Such as Patient.dateOfBirth.")
    address = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True, db_index=True)

    objects = AccessRecordQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"

    def __str__(self) -> str:
        count = len(self.patients)
        whom = "1 patient" if count == 1 else f"{count} patients"
        at = self.at.astimezone(clock.zone())
        return f"{at:%Y-%m-%d %H:%M} {self.actor} {self.action} {whom}"

    @override
    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("The audit is not altered.")
        # Django would look for a row of that id to update.
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    @override
    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("The audit is not erased.")


@receiver(pre_delete, sender=Patient)
def _keep_whom_the_audit_names(instance: Patient, **_kwargs: object) -> None:
    """What a foreign key would see to, which a list cannot have."""
    if naming := AccessRecord.objects.about([instance.pk]).first():
        raise ProtectedError("The audit names this patient.", {naming})
