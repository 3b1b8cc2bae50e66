"""The patient's profile."""

import datetime as dt
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from clinic import clock
from clinic.models.record_access import gives_record_access
from users.changed_fields import ChangedFieldsModel
from users.fields import NameField, PhoneNumberField
from users.models import User
from users.querysets import QuerySet
from users.text import multiline_text

MAX_AGE_YEARS = 130
READABLE = models.Value(value=True, output_field=models.BooleanField())


def earliest_birth_date() -> dt.date:
    """Return the earliest valid date of birth: today, ``MAX_AGE_YEARS`` years ago."""
    today = clock.today()
    # 1 March replaces 29 February, which may not exist in that year.
    year = today.year - MAX_AGE_YEARS
    return dt.date(year, 3, 1) if (today.month, today.day) == (2, 29) else today.replace(year=year)


def _patients_of(user: User) -> "PatientQuerySet":
    """Return the patients whose record the doctor ``user`` can read, once per appointment."""
    patients = Patient.objects.filter(
        gives_record_access("appointments__"), appointments__doctor__user=user
    )
    return patients if user.is_doctor else patients.none()


class PatientQuerySet(QuerySet["Patient"]):
    """Patients."""

    def for_user(self, user: User) -> "Patient | None":
        """Return the profile of ``user``, or None if it is not filled in yet.

        ``patient.user`` is ``user`` itself, so reading it takes no query.
        """
        patient = self.filter(user=user).get_or_none()
        if patient is not None:
            patient.user = user
        return patient

    def of_doctor(self, user: User) -> Self:
        """Patients whose record the doctor ``user`` can read (see ``gives_record_access()``)."""
        return self.filter(pk__in=_patients_of(user).values("pk")).annotate(
            record_readable=READABLE
        )

    def visible_to(self, user: User) -> Self:
        """Patients whose profile ``user`` can read: the user's own, and a doctor's patients."""
        # EXISTS rather than IN: beside an OR, PostgreSQL would read the whole list of an IN.
        is_own_patient = models.Exists(_patients_of(user).filter(pk=models.OuterRef("pk")))
        return self.filter(models.Q(user=user) | is_own_patient).annotate(record_readable=READABLE)

    def of_account(self, user: User) -> Self:
        """The profile of ``user``, for the owner of the account."""
        return self.filter(user=user).annotate(record_readable=READABLE)


class Patient(ChangedFieldsModel):
    """A patient's profile."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="patient")
    date_of_birth = models.DateField(
        validators=[MinValueValidator(earliest_birth_date), MaxValueValidator(clock.today)]
    )
    address = models.CharField(max_length=300, blank=True, validators=[multiline_text])
    emergency_contact_name = NameField(max_length=150, blank=True)
    emergency_contact_phone = PhoneNumberField(blank=True)

    # Not a column: whether the reader of this row can read more than the name; None if unknown.
    record_readable: bool | None = None

    objects = PatientQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.user)
