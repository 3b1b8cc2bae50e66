"""Which appointments a user can see and change."""

from typing import Self

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, Subquery, When

from clinic.models.doctor import Doctor
from clinic.models.patient import Patient
from clinic.models.record_access import gives_record_access
from clinic.rules import Status
from users.models import User
from users.querysets import M_co, QuerySet


def _profile(model: type[Doctor | Patient], user: User) -> Subquery:
    """Return the primary key of the profile of ``user``, for a condition that uses an index.

    With a join instead, the database sorts all appointments to return one page.
    """
    return Subquery(model.objects.filter(user=user).values("pk")[:1])


def _as_patient(user: User) -> Q:
    return Q(patient=_profile(Patient, user)) if user.is_patient else Q(pk__in=())


def _as_doctor(user: User) -> Q:
    return Q(doctor=_profile(Doctor, user)) if user.is_doctor else Q(pk__in=())


class AppointmentAccessQuerySet(QuerySet[M_co]):
    """Appointments by the user who sees or changes them."""

    def visible_to(self, user: User) -> Self:
        """Appointments of which ``user`` is the doctor or the patient."""
        return self.filter(_as_patient(user) | _as_doctor(user)).with_record_access()

    def with_record_access(self) -> Self:
        """Set ``record_readable``, for a reader who is the doctor or the patient.

        True if the appointment itself lets its doctor read the patient's record. None if that
        depends on other appointments: ``readable_patients()`` then decides.
        """
        readable = Case(When(gives_record_access(), then=True), output_field=BooleanField())
        return self.annotate(record_readable=readable)

    def changeable_by(self, user: User) -> Self:
        """Appointments that ``user`` can change: as their patient, or as their doctor.

        A doctor needs access to the patient's record. Otherwise a doctor could restore an access
        that has ended, by moving an old appointment into the future. Cancelled appointments are
        included, because their status already forbids every change.
        """
        readable = Patient.objects.visible_to(user).filter(pk=OuterRef("patient"))
        as_doctor = _as_doctor(user) & (Q(status=Status.CANCELLED) | Exists(readable))
        return self.filter(_as_patient(user) | as_doctor)

    def by_role(self, user: User) -> tuple[Self, Self]:
        """Split the rows visible to ``user`` by role: as patient, as doctor.

        Two queries, each of which uses the index of its role. With a single OR condition
        PostgreSQL may scan all appointments by date until the page is full; users with few
        appointments hit the worst case.
        """
        return self.as_patient(user), self.as_doctor(user)

    def as_patient(self, user: User) -> Self:
        """Appointments of which ``user`` is the patient; none without that role."""
        return self.filter(_as_patient(user))

    def as_doctor(self, user: User) -> Self:
        """Appointments of which ``user`` is the doctor; none without that role."""
        return self.filter(_as_doctor(user))

    def of(self, user: User) -> Self:
        """Appointments of which ``user`` is the doctor or the patient.

        Includes those of a role that the account no longer has.
        """
        return self.filter(Q(patient=_profile(Patient, user)) | Q(doctor=_profile(Doctor, user)))
