"""The patient's profile."""

import datetime as dt
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from phonenumber_field.modelfields import PhoneNumberField

from clinic import clock
from clinic.validators import storable
from users.models import User, printable

MAX_AGE_YEARS = 130


def earliest_birth_date() -> dt.date:
    today = clock.today()
    # 1 March stands in where 29 February does not exist.
    year = today.year - MAX_AGE_YEARS
    return dt.date(year, 3, 1) if (today.month, today.day) == (2, 29) else today.replace(year=year)


def _patients_of(user: User) -> "PatientQuerySet":
    """The patients of the doctor ``user``, once for each of their visits."""
    theirs = Patient.objects.filter(appointments__doctor__user=user)
    return theirs if user.is_doctor else theirs.none()


class PatientQuerySet(models.QuerySet["Patient"]):
    def of_doctor(self, user: User) -> Self:
        """The patients who have any visit, whatever its status, with the doctor ``user``."""
        return self.filter(pk__in=_patients_of(user).values("pk"))

    def visible_to(self, user: User) -> Self:
        """Patients whose profile ``user`` may read: oneself, and a doctor's own patients."""
        # Asked of the one that is looked for: of a list, PostgreSQL would read all beside an OR.
        theirs = models.Exists(_patients_of(user).filter(pk=models.OuterRef("pk")))
        return self.filter(models.Q(user=user) | theirs)


class Patient(models.Model):
    """A patient's profile."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="patient")
    date_of_birth = models.DateField(
        validators=[MinValueValidator(earliest_birth_date), MaxValueValidator(clock.today)]
    )
    address = models.CharField(max_length=300, blank=True, validators=[storable])
    emergency_contact_name = models.CharField(max_length=150, blank=True, validators=[printable])
    emergency_contact_phone = PhoneNumberField(blank=True)

    objects = PatientQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.user)
