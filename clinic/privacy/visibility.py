"""Who has a visit with whom: what decides who may read whose contact details."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from clinic.models import Appointment, Doctor
from users.models import User


@dataclass(frozen=True, slots=True)
class ContactVisibility:
    """The user ids of the doctors one has visits with, and of one's own patients.

    Any visit counts, whatever its status.
    """

    me: int
    doctors: frozenset[int]
    patients: frozenset[int]

    def can_see_contact_details(self, person: int) -> bool:
        """Whether ``person`` is oneself, one's doctor or one's patient."""
        return person == self.me or person in self.doctors or person in self.patients


def contact_visibility_for(user: User) -> ContactVisibility:
    """In one query."""
    pairs = Appointment.objects.visible_to(user).order_by()
    sides = set(pairs.values_list("doctor__user_id", "patient__user_id").distinct())
    return ContactVisibility(
        me=user.pk,
        doctors=frozenset(doctor for doctor, patient in sides if patient == user.pk),
        patients=frozenset(patient for doctor, patient in sides if doctor == user.pk),
    )


def visible_users(user: User) -> QuerySet[User]:
    """The accounts whose names ``user`` may see: oneself, one's counterparts, bookable doctors."""
    visits, them = Appointment.objects, OuterRef("pk")
    return User.objects.filter(
        # Asked of each account: one is looked for, and a doctor's patients are many.
        Q(pk=user.pk)
        | Exists(visits.as_patient(user).filter(doctor__user=them))
        | Exists(visits.as_doctor(user).filter(patient__user=them))
        | Exists(Doctor.objects.bookable().filter(user=them))
    )
