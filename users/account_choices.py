"""Roles and genders of accounts."""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    """A role of an account. An account can have both."""

    DOCTOR = "doctor"
    PATIENT = "patient"


class Gender(TextChoices):
    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Other")
    UNDISCLOSED = "undisclosed", _("Undisclosed")
