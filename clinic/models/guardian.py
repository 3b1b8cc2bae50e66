"""Users who act for a patient, such as the parents of a child."""

import datetime as dt
from calendar import isleap
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic.models.patient import Patient
from users.models import User
from users.querysets import QuerySet


class Relationship(models.TextChoices):
    """What a guardian is to the patient."""

    PARENT = "parent", _("Parent")
    GUARDIAN = "guardian", _("Legal guardian")
    PARTNER = "partner", _("Partner")
    CHILD = "child", _("Child")
    CARER = "carer", _("Carer")
    OTHER = "other", _("Other")


# Their right to act ends when the patient is of age; staff confirm it.
ENDING_WITH_AGE = frozenset({Relationship.PARENT, Relationship.GUARDIAN})


def latest_birth_date_of_age(today: dt.date) -> dt.date:
    """Return the last date of birth of a person who has reached ``DEPENDANT_AGE_LIMIT``.

    A person born on 29 February reaches it on 1 March of a year without that day.
    """
    year = max(today.year - settings.DEPENDANT_AGE_LIMIT, dt.MINYEAR)
    is_real = (today.month, today.day) != (2, 29) or isleap(year)
    return today.replace(year=year) if is_real else dt.date(year, 2, 28)


class GuardianQuerySet(QuerySet["Guardian"]):
    """Guardians."""

    def with_people(self) -> Self:
        """Load the users as well, ordered by name."""
        return self.select_related("user").order_by(
            "user__last_name_folded", "user__first_name_folded", "pk"
        )

    def ending_with_age(self, today: dt.date) -> Self:
        """Parents and legal guardians of patients who have reached ``DEPENDANT_AGE_LIMIT``."""
        return self.filter(
            relationship__in=ENDING_WITH_AGE,
            patient__date_of_birth__lte=latest_birth_date_of_age(today),
            patient__user__is_active=True,
        )


class Guardian(models.Model):
    """A user who books, moves, cancels and reads for a patient (FHIR: RelatedPerson).

    ``relationship`` says what the user is to the patient.
    """

    patient = models.ForeignKey(
        Patient, on_delete=models.CASCADE, related_name="guardians", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="dependants")
    relationship = models.CharField(max_length=16, choices=Relationship)
    created_at = models.DateTimeField(auto_now_add=True)
    # When the guardian was notified that the patient is of age; null before that.
    age_notified_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = GuardianQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="guardian_once_per_patient", fields=["patient", "user"]),
            models.CheckConstraint(
                name="guardian_relationship_is_known",
                condition=models.Q(relationship__in=Relationship.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_relationship_display()})"

    @override
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row, and mark the user as somebody who acts for patients."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            User.objects.filter(pk=self.user_id).update(acts_for_patients=True)
