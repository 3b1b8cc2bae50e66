"""Who has an account."""

from django.db import models
from django_use_email_as_username.models import BaseUser, BaseUserManager


class UserManager(BaseUserManager):
    """Accounts by their e-mail address, whatever its capitals."""

    def normalize_email(self, email: str | None) -> str:
        return (email or "").strip().lower()


class Gender(models.TextChoices):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNDISCLOSED = "undisclosed"


class User(BaseUser):
    """A person who signs in, as a doctor, a patient, both, or staff."""

    is_doctor = models.BooleanField("doctor", default=False)
    is_patient = models.BooleanField("patient", default=False)
    gender = models.CharField(max_length=16, choices=Gender, default=Gender.UNDISCLOSED)
    avatar = models.ImageField(upload_to="avatars", blank=True)

    objects = UserManager()

    def __str__(self) -> str:
        return self.get_full_name() or self.email
