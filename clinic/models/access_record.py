"""The audit log: who read or changed which fields of patient records. Append-only."""

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
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from typing_extensions import override

from clinic import clock
from clinic.models.merged_patient import MergedPatient
from clinic.models.patient import Patient, PatientQuerySet, acts_for_patient
from users.models import User
from users.querysets import QuerySet


class AccessAction(models.TextChoices):
    """Kind of access."""

    READ = "read", _("Read")
    CHANGE = "change", _("Change")


class PatientIds(models.JSONField):
    """A list of patient primary keys. ``contains`` also works on SQLite."""


@PatientIds.register_lookup
class ContainsIds(DataContains):
    """``contains`` for ``PatientIds``."""

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        """Compare with json_each(), because SQLite has no JSON containment operator."""
        ids, ids_parameters = self.process_lhs(compiler, connection)
        wanted, wanted_parameters = self.process_rhs(compiler, connection)
        missing = (
            f"SELECT 1 FROM json_each({wanted}) AS wanted "  # noqa: S608 - Django's own pieces
            f"WHERE wanted.value NOT IN (SELECT value FROM json_each({ids}))"
        )
        return f"NOT EXISTS ({missing})", [*wanted_parameters, *ids_parameters]


class AccessRecordQuerySet(QuerySet["AccessRecord"]):
    """Access records. Forbids updates and deletion."""

    def about(self, patients: Iterable[int]) -> Self:
        """Records that name any of these patients (primary keys), or one merged into them."""
        ids = set(patients)
        merged = MergedPatient.objects.filter(patient__in=ids)  # no query for an empty set
        return self._naming(ids.union(merged.values_list("merged_id", flat=True)))

    def of(self, user: User) -> Self:
        """Records about the patient profile of ``user``, latest first."""
        return self._about_all(Patient.objects.filter(user=user)).latest_first()

    def visible_to(self, user: User) -> Self:
        """Records about the patients for whom ``user`` acts: the own profile and dependants."""
        acted_for = Patient.objects.filter(Q(user=user) | acts_for_patient(user, "pk"))
        return self._about_all(acted_for).latest_first()

    def latest_first(self) -> Self:
        return self.order_by("-at", "-pk")

    def _about_all(self, patients: PatientQuerySet) -> Self:
        """Records about the patients, also under the primary keys of merged records."""
        pairs = patients.values_list("pk", "merged__merged_id")
        return self._naming({pk for pair in pairs for pk in pair if pk is not None})

    def _naming(self, patients: Iterable[int]) -> Self:
        condition = Q(pk__in=())
        for patient in sorted(patients):
            condition |= Q(patients__contains=[patient])
        return self.filter(condition)

    def update(self, **_changes: Any) -> NoReturn:
        raise TypeError("The audit log is append-only.")

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
            raise TypeError("The audit log is append-only.")
        return super().bulk_create(objs, batch_size)

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("The audit log is append-only.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit records cannot be deleted.")


class AccessRecord(models.Model):
    """One operation's access to patient records. Stores field names, never their values.

    The patients are a JSON list rather than a related table, so that a page of fifty is
    recorded by one row in one statement. On PostgreSQL the list has an index.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("The patient or the doctor for whom a guardian or an assistant acted."),
    )
    patients = PatientIds(help_text=_("Primary keys of the patients whose records were accessed."))
    action = models.CharField(max_length=8, choices=AccessAction)
    operation = models.CharField(
        max_length=100,
        blank=True,
        help_text=_("Name of the operation; empty if it has none."),
    )
    fields = models.JSONField(
        help_text=_("Names of the accessed fields, such as Patient.dateOfBirth.")
    )
    address = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True, db_index=True)

    # Not a column: the admin's list loads the names of a whole page in one query.
    patient_names: list[str] | None = None

    objects = AccessRecordQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"

    def __str__(self) -> str:
        count = len(self.patients)
        patients = ngettext("{count} patient", "{count} patients", count).format(count=count)
        at = self.at.astimezone(clock.zone())
        return f"{at:%Y-%m-%d %H:%M} {self.actor} {self.action} {patients}"

    @override
    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("The audit log is append-only.")
        # Otherwise Django would update an existing row with the same primary key.
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    @override
    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("Audit records cannot be deleted.")


@receiver(pre_delete, sender=Patient)
def _protect_audited_patient(instance: Patient, **_kwargs: object) -> None:
    """Forbid deletion like a PROTECT foreign key, which a JSON list cannot have.

    The records about a merged patient are found by ``MergedPatient``.
    """
    if MergedPatient.objects.filter(merged_id=instance.pk).exists():
        return
    if record := AccessRecord.objects.about([instance.pk]).first():
        raise ProtectedError("The audit log names this patient.", {record})
