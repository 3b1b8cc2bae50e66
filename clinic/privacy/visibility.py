"""Visibility of users and of patients' records, which depends on appointments."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from clinic.models import Appointment, Doctor, Patient
from clinic.models.record_access import gives_record_access
from users.models import User


def readable_patients(user: User, patient_ids: Iterable[int]) -> set[int]:
    """Return which of these patients (primary keys) have a record that ``user`` can read."""
    patients = Patient.objects.visible_to(user).filter(pk__in=set(patient_ids))
    return set(patients.values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class ContactVisibility:
    """Whose contact details the user ``me`` can see. All values are user ids.

    ``doctors`` are the doctors of the user's appointments as a patient, of any status.
    ``patients`` are the patients whose record the user can read as a doctor, and
    ``named_only`` the other patients of the user's appointments as a doctor, of whom the user
    sees only the name, unless they are bookable doctors, whose picture is public.
    """

    me: int
    doctors: frozenset[int]
    patients: frozenset[int]
    named_only: frozenset[int]

    def can_see_contact_details(self, user_id: int) -> bool:
        return user_id == self.me or user_id in self.doctors or user_id in self.patients


def contact_visibility_for(user: User) -> ContactVisibility:
    """Load the visibility in one query for each role of the user, and one for ``named_only``."""
    own = Appointment.objects.order_by()
    doctors = own.as_patient(user).values_list("doctor__user_id", flat=True).distinct()
    patients = own.as_doctor(user).values_list("patient__user_id")
    access = dict(patients.annotate(giving_access=Count("pk", filter=gives_record_access())))
    named_only = {patient for patient, count in access.items() if not count}
    if named_only:
        # Not an IN with these ids, of which there can be many: doctors who are patients are few.
        public = Doctor.objects.bookable().filter(user__is_patient=True)
        named_only -= set(public.values_list("user_id", flat=True))
    return ContactVisibility(
        me=user.pk,
        doctors=frozenset(doctors),
        patients=frozenset(patient for patient, count in access.items() if count),
        named_only=frozenset(named_only),
    )


def visible_users(user: User) -> QuerySet[User]:
    """Return the users whose names ``user`` can see.

    These are the user, the doctors of the user's appointments, the patients whose record the
    user can read, and all bookable doctors. A list of appointments shows more names.
    """
    appointments, other = Appointment.objects, OuterRef("pk")
    return User.objects.filter(
        # Correlated subqueries instead of id lists: callers look up a single user, and a
        # doctor can have many patients.
        Q(pk=user.pk)
        | Exists(appointments.as_patient(user).filter(doctor__user=other))
        | Exists(appointments.as_doctor(user).filter(gives_record_access(), patient__user=other))
        | Exists(Doctor.objects.bookable().filter(user=other))
    )
