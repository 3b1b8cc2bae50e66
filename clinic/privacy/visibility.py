"""Which users can see another user's contact details and name: it depends on appointments."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from clinic.models import Appointment, Doctor
from users.models import User


@dataclass(frozen=True, slots=True)
class ContactVisibility:
    """Whose contact details the user ``me`` can see. All values are user ids.

    ``doctors`` are the doctors of the user's appointments as a patient, ``patients`` the
    patients of the user's appointments as a doctor. Appointments of any status count.
    """

    me: int
    doctors: frozenset[int]
    patients: frozenset[int]

    def can_see_contact_details(self, user_id: int) -> bool:
        return user_id == self.me or user_id in self.doctors or user_id in self.patients


def contact_visibility_for(user: User) -> ContactVisibility:
    """Load the visibility in one query."""
    pairs = Appointment.objects.visible_to(user).order_by()
    user_ids = set(pairs.values_list("doctor__user_id", "patient__user_id").distinct())
    return ContactVisibility(
        me=user.pk,
        doctors=frozenset(doctor for doctor, patient in user_ids if patient == user.pk),
        patients=frozenset(patient for doctor, patient in user_ids if doctor == user.pk),
    )


def visible_users(user: User) -> QuerySet[User]:
    """Return the users whose names ``user`` can see.

    These are the user, the doctors and patients of the user's appointments, and all
    bookable doctors.
    """
    appointments, other = Appointment.objects, OuterRef("pk")
    return User.objects.filter(
        # Correlated subqueries instead of id lists: callers look up a single user, and a
        # doctor can have many patients.
        Q(pk=user.pk)
        | Exists(appointments.as_patient(user).filter(doctor__user=other))
        | Exists(appointments.as_doctor(user).filter(patient__user=other))
        | Exists(Doctor.objects.bookable().filter(user=other))
    )
