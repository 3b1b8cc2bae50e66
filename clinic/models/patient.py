"""The patient's profile."""

import datetime as dt
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from clinic import clock
from clinic.models.doctor import NONE, Doctor, acts_for_doctor
from clinic.models.record_access import gives_record_access, gives_registration_access
from users.changed_fields import ChangedFieldsModel
from users.common.any_user import AnyUser, Viewer
from users.common.prepared_queries import Parameter, PreparedQuery
from users.fields import NameField, PhoneNumberField
from users.models import User
from users.querysets import QuerySet, first_or_none
from users.staff import can_act_as_staff
from users.text import multiline_text

MAX_AGE_YEARS = 130
VIEW_PATIENT = "clinic.view_patient"
READABLE = models.Value(value=True, output_field=models.BooleanField())


def earliest_birth_date() -> dt.date:
    """Return the earliest valid date of birth: today, ``MAX_AGE_YEARS`` years ago."""
    today = clock.today()
    # 1 March replaces 29 February, which may not exist in that year.
    year = today.year - MAX_AGE_YEARS
    return dt.date(year, 3, 1) if (today.month, today.day) == (2, 29) else today.replace(year=year)


def acts_for_patient(user: Viewer, path: str = "patient") -> models.Q:
    """Return the condition that ``user`` acts for the patient at ``path``, a foreign key.

    These are the user's own profile, if the account has the role, and the user's dependants. Takes
    one query if the user is a guardian, none otherwise.
    """
    # See acts_for_doctor().
    own = Patient.objects.filter(user=user).values("pk")[:1]
    condition = models.Q(**{path: models.Subquery(own)}) if user.is_patient else NONE
    if dependants := dependants_of(user):
        condition |= models.Q(**{f"{path}__in": dependants})
    return condition


def dependants_of(user: Viewer) -> list[int]:
    """Return the primary keys of the user's dependants; no query for most users."""
    if isinstance(user, AnyUser) or not user.acts_for_patients:
        return []
    return list(user.dependants.values_list("patient", flat=True))


def _treated_for(user: Viewer) -> "PatientQuerySet":
    """Return the patients with an appointment that gives ``user`` access, once per appointment."""
    if user.acts_for_doctors:
        doctor = acts_for_doctor(user, "appointments__doctor")
    else:
        # With the subquery instead of this join PostgreSQL reads all patients to list some.
        doctor = models.Q(appointments__doctor__user=user) if user.is_doctor else NONE
    return Patient.objects.filter(gives_record_access("appointments__"), doctor)


class PatientQuerySet(QuerySet["Patient"]):
    """Patients."""

    def acted_for_by(self, user: User) -> Self:
        """Patients for whom ``user`` acts: the user's own profile, and the user's dependants."""
        return self.filter(acts_for_patient(user, "pk"))

    def of_doctor(self, user: User) -> Self:
        """Patients whose record ``user`` can read as a doctor, or as an assistant.

        These are the patients with an appointment that gives access (``gives_record_access()``),
        and those who were registered for the doctor.
        """
        treated = models.Q(pk__in=_treated_for(user).values("pk"))
        # Few, and usually none: without them in the query, it reads only the doctor's patients.
        registered = list(Patient.objects.registered_for(user).values_list("pk", flat=True))
        own = treated | models.Q(pk__in=registered) if registered else treated
        return self.filter(own).annotate(record_readable=READABLE)

    def registered_for(self, user: Viewer) -> Self:
        """Patients who were registered for the doctor ``user``, or one whom the user assists."""
        registered = acts_for_doctor(user, "registering_doctor")
        return self.filter(gives_registration_access(), registered)

    def treated_by(self, doctor: int | models.OuterRef) -> Self:
        """Patients with an appointment that gives the doctor access, once per appointment."""
        return self.filter(gives_record_access("appointments__"), appointments__doctor=doctor)

    def registered_by(self, doctor: int | models.OuterRef) -> Self:
        """Patients who were registered for the doctor, and whose record the doctor can read."""
        return self.filter(gives_registration_access(), registering_doctor=doctor)

    def readable_for(self, doctor: int, *, user: int) -> Self:
        """Patients whose record the doctor can read, and the doctor's own profile.

        ``doctor`` and ``user`` are the primary keys of the doctor and of the doctor's account.
        """
        return self.filter(
            models.Q(user=user)
            | _is_among(Patient.objects.treated_by(doctor))
            | _is_among(Patient.objects.registered_by(doctor))
        )

    def visible_to(self, user: Viewer) -> Self:
        """Patients whose profile ``user`` can read.

        Staff with the permission can read all. Others the profiles of those for whom they act, and
        of their patients as a doctor or an assistant.
        """
        if can_act_as_staff(user, VIEW_PATIENT):
            return self.annotate(record_readable=READABLE)
        # EXISTS rather than IN: beside an OR, PostgreSQL would read the whole list of an IN.
        return self.filter(
            models.Q(user=user)
            | models.Q(pk__in=dependants_of(user))
            | _is_among(_treated_for(user))
            | _is_among(Patient.objects.registered_for(user))
        ).annotate(record_readable=READABLE)

    def listed_for_guardian(self, user: User) -> Self:
        """Patients for whom ``user`` acts: the user's own profile first, the others by name."""
        own_first = models.Case(models.When(user=user, then=0), default=1)
        return (
            self.filter(acts_for_patient(user, "pk"))
            .annotate(record_readable=READABLE)
            .order_by(own_first, "user__last_name_folded", "user__first_name_folded", "pk")
        )

    def of_account(self, user: User) -> Self:
        """The profile of ``user``, for the owner of the account."""
        return self.filter(user=user).annotate(record_readable=READABLE)


def _is_among(patients: PatientQuerySet) -> models.Exists:
    return models.Exists(patients.filter(pk=models.OuterRef("pk")))


class Patient(ChangedFieldsModel):
    """A patient's profile."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="patient")
    date_of_birth = models.DateField(
        validators=[MinValueValidator(earliest_birth_date), MaxValueValidator(clock.today)]
    )
    phone_number = PhoneNumberField(blank=True)
    address = models.CharField(max_length=300, blank=True, validators=[multiline_text])
    emergency_contact_name = NameField(max_length=150, blank=True)
    emergency_contact_phone = PhoneNumberField(blank=True)
    # The doctor for whom the patient was registered, and who can read the record without an
    # appointment; null if the patient or staff created the profile.
    registering_doctor = models.ForeignKey(
        Doctor,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    registered_on = models.DateField(null=True, blank=True, editable=False)

    # Not a column: whether the reader of this row can read more than the name; None if unknown.
    record_readable: bool | None = None

    objects = PatientQuerySet.as_manager()

    class Meta:
        permissions = (("merge_patients", "Can merge the records of two patients"),)
        # Reception finds patients, and likely duplicates of a new one, by these.
        indexes = [
            models.Index(name="patient_date_of_birth", fields=["date_of_birth"]),
            models.Index(name="patient_phone_number", fields=["phone_number"]),
        ]

    def __str__(self) -> str:
        return str(self.user)


PATIENT_OF_USER = PreparedQuery(
    lambda: Patient.objects.filter(user=Parameter("user", models.BigIntegerField()))
)


def find_own_patient(user: User) -> Patient | None:
    """Return the patient profile of ``user``, or None if it is not filled in yet.

    ``patient.user`` is ``user`` itself, so reading it takes no query.
    """
    patient: Patient | None = first_or_none(PATIENT_OF_USER.instances(user=user.pk))
    if patient is not None:
        patient.user = user
    return patient
