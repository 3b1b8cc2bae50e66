"""The doctor's profile."""

from collections import Counter
from operator import itemgetter
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.rules import MAX_DURATION_MINUTES
from clinic.slots import GRID_MINUTES
from clinic.validators import validate_minutes_on_grid
from users.changed_fields import ChangedFieldsModel
from users.common.any_user import AnyUser, Viewer
from users.fields import BinaryNameField, PhoneNumberField
from users.folded_fields import EqualityKeyField, FoldedModel, SearchKeyField
from users.folding import equality_key
from users.models import User
from users.querysets import QuerySet
from users.text import clean_name

MAX_EXPERIENCE_YEARS = 80


def approved_by_default() -> bool:
    """Return whether a new doctor is bookable without approval by staff."""
    return not settings.DOCTOR_APPROVAL_REQUIRED


NONE = models.Q(pk__in=())
# A correlated subquery by primary key. With a join PostgreSQL may read all accounts in key
# order, patients included, to find the few that are doctors.
ACTIVE_DOCTOR = models.Subquery(
    User.objects.filter(pk=models.OuterRef("user"), is_active=True, is_doctor=True).values("pk")
)
# Inactive and unapproved doctors are both hidden and not bookable.
BOOKABLE = models.Q(approved=True, user=ACTIVE_DOCTOR)


def acts_for_doctor(user: Viewer, path: str = "doctor") -> models.Q:
    """Return the condition that ``user`` acts for the doctor at ``path``, a foreign key.

    These are the user's own profile, if the account has the role, and the doctors whom the user
    assists. Takes one query if the user is an assistant, none otherwise.
    """
    # A subquery that the database evaluates once. With a join instead, it sorts all appointments to
    # return one page.
    own = Doctor.objects.filter(user=user).values("pk")[:1]
    condition = models.Q(**{path: models.Subquery(own)}) if user.is_doctor else NONE
    if assisted := assisted_doctors(user):
        condition |= models.Q(**{f"{path}__in": assisted})
    return condition


def assisted_doctors(user: Viewer) -> list[int]:
    """Return the primary keys of the doctors whom ``user`` assists; no query for most users.

    Without those whose account is disabled or has lost the role: nobody acts for them.
    """
    if isinstance(user, AnyUser) or not user.acts_for_doctors:
        return []
    active = user.assisted_doctors.filter(
        doctor__user__is_active=True, doctor__user__is_doctor=True
    )
    return list(active.values_list("doctor", flat=True))


class DoctorQuerySet(QuerySet["Doctor"]):
    """Doctors."""

    def for_user(self, user: User) -> "Doctor | None":
        """Return the profile of ``user``, or None if it is not filled in yet.

        ``doctor.user`` is ``user`` itself, so reading it takes no query.
        """
        doctor = self.filter(user=user).get_or_none()
        if doctor is not None:
            doctor.user = user
        return doctor

    def bookable(self) -> Self:
        """Doctors that patients can find and book."""
        return self.filter(BOOKABLE)

    def practising(self) -> Self:
        """Doctors with an active account and its role, whether approved or not."""
        return self.filter(user=ACTIVE_DOCTOR)

    def visible_to(self, user: Viewer) -> Self:
        """Doctors that ``user`` can look up: bookable ones, and those for whom the user acts."""
        assisted = models.Q(pk__in=assisted_doctors(user))
        return self.filter(BOOKABLE | models.Q(user=user) | assisted)

    def acted_for_by(self, user: User) -> Self:
        """Doctors for whom ``user`` acts: the user's own profile, and those the user assists."""
        return self.filter(acts_for_doctor(user, "pk"))

    def of_specialty(self, specialty: str) -> Self:
        """Doctors of a specialty, however it is spelt (``folding.equality_key``)."""
        return self.filter(specialty_key=equality_key(specialty))

    def by_name(self) -> Self:
        """Doctors in the order of their last and first names."""
        return self.order_by("user__last_name_folded", "user__first_name_folded", "pk")

    def specialties(self) -> list[str]:
        """Return the specialties of these doctors, each in its commonest spelling (NFC), sorted.

        Of spellings that are equally common, that of the doctor who was added first.
        """
        rows = self.order_by().values_list("specialty_folded", "specialty_key", "specialty")
        spellings: dict[tuple[str, str], Counter[str]] = {}
        for folded, key, specialty, count, _first in sorted(
            rows.annotate(doctors=models.Count("pk"), first=models.Min("pk")),
            key=itemgetter(-1),
        ):
            spellings.setdefault((folded, key), Counter())[clean_name(specialty)] += count
        return [counts.most_common(1)[0][0] for _, counts in sorted(spellings.items())]


class Doctor(FoldedModel, ChangedFieldsModel):
    """A doctor's profile (FHIR: Practitioner)."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="doctor")
    specialty = BinaryNameField(max_length=100, db_index=True)
    specialty_key = EqualityKeyField("specialty")
    specialty_folded = SearchKeyField("specialty")
    phone_number = PhoneNumberField()
    experience_years = models.PositiveSmallIntegerField(
        validators=[MaxValueValidator(MAX_EXPERIENCE_YEARS)]
    )
    slot_minutes = models.PositiveSmallIntegerField(
        default=30,
        validators=[
            MinValueValidator(GRID_MINUTES),
            MaxValueValidator(MAX_DURATION_MINUTES),
            validate_minutes_on_grid,
        ],
        help_text=_("Length of one bookable slot, in minutes."),
    )
    approved = models.BooleanField(
        default=approved_by_default, help_text=_("Whether patients can find and book this doctor.")
    )

    objects = DoctorQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="doctor_specialty_key", fields=["specialty_key"])]
        constraints = [
            models.CheckConstraint(
                name="doctor_experience_years_in_range",
                condition=models.Q(experience_years__lte=MAX_EXPERIENCE_YEARS),
            ),
            models.CheckConstraint(
                name="doctor_slot_minutes_in_range",
                condition=models.Q(
                    slot_minutes__gte=GRID_MINUTES, slot_minutes__lte=MAX_DURATION_MINUTES
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.specialty})"

    @property
    def is_bookable(self) -> bool:
        """Whether patients can find and book this doctor; same condition as ``bookable()``."""
        return self.approved and self.user.is_active and self.user.is_doctor

    def is_visible_to(self, user: User) -> bool:
        """Whether ``user`` can look up this doctor; same condition as ``visible_to()``."""
        return self.is_bookable or self.user_id == user.pk or self.is_assisted_by(user)

    def is_assisted_by(self, user: User) -> bool:
        """Return whether ``user`` is an assistant of this doctor; no query for most users."""
        return self.pk in assisted_doctors(user)
