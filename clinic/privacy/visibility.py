"""Visibility of users and of patients' records, which depends on appointments."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value

from clinic.models import Appointment, Doctor, Patient
from clinic.models.patient import VIEW_PATIENT
from clinic.models.record_access import gives_record_access, record_access_start
from users.common.any_user import AnyUser, Viewer, any_user_like
from users.common.prepared_queries import Keys, PreparedQuery, Variants
from users.models import Role, User
from users.staff import can_act_as_staff

# Every list of a doctor asks it.
READABLE_QUERIES = Variants[PreparedQuery](limit=8)


def readable_patients(user: User, patient_ids: Iterable[int]) -> set[int]:
    """Return which of these patients (primary keys) have a record that ``user`` can read.

    No query for staff who can read every record.
    """
    if can_act_as_staff(user, VIEW_PATIENT):
        return set(patient_ids)
    if anybody := any_user_like(user):
        # The date is a constant of the conditions.
        query = READABLE_QUERIES.get(
            (anybody, record_access_start()), lambda: _prepare_readable(anybody)
        )
        return {pk for (pk,) in query.rows(user=user.pk, patients=patient_ids)}
    return set(_readable(user, set(patient_ids)).values_list("pk", flat=True))


def _readable(user: Viewer, patient_ids: Collection[int] | Keys) -> QuerySet[Patient]:
    return Patient.objects.visible_to(user).filter(pk__in=patient_ids)


def _prepare_readable(user: AnyUser) -> PreparedQuery:
    return PreparedQuery(lambda: _readable(user, Keys("patients")).values_list("pk"))


@dataclass(frozen=True, slots=True)
class ContactVisibility:
    """Whose contact details the user ``me`` can see. All values are user ids.

    ``doctors`` are the doctors of the user's appointments as a patient or as a guardian, of any
    status, and the doctors whom the user assists. ``patients`` are the dependants, and the patients
    whose record the user can read as a doctor or an assistant. ``named_only`` are the other
    patients of such appointments, of whom the user sees only the name, unless they are bookable
    doctors, whose picture is public.
    ``public_patients`` is None except for staff who cannot read every record: of all other
    patients, they see only the names of those who are not in it. ``everybody``: whether the user
    is staff who can read every record.
    """

    me: int
    doctors: frozenset[int]
    patients: frozenset[int]
    named_only: frozenset[int]
    public_patients: frozenset[int] | None = None
    everybody: bool = False

    def can_see_contact_details(self, user_id: int) -> bool:
        known = user_id == self.me or user_id in self.doctors or user_id in self.patients
        return known or self.everybody

    def can_see_picture(self, user_id: int) -> bool:
        """Return whether the user sees the picture of this person, who has the patient role."""
        if self.public_patients is None:
            return user_id not in self.named_only
        return user_id in self.public_patients or self.can_see_contact_details(user_id)


def contact_visibility_for(user: User) -> ContactVisibility:
    """Load the visibility: one query for each role of the user, and one for public pictures.

    The latter only for staff, and for doctors with patients whose record they cannot read. Two
    more for a guardian.
    """
    reads_every_record = can_act_as_staff(user, VIEW_PATIENT)
    treating = Appointment.objects.order_by().as_patient(user).values_list("doctor__user_id")
    doctors = {doctor for (doctor,) in treating.distinct()}
    if user.acts_for_doctors:
        doctors.update(Doctor.objects.acted_for_by(user).values_list("user_id", flat=True))
    readable, named_only = _patients_of_practice(user)
    if user.acts_for_patients:
        dependants = Patient.objects.acted_for_by(user).values_list("user_id", flat=True)
        readable.update(dependants)
        named_only.difference_update(readable)
    if reads_every_record:
        named_only.clear()
    is_restricted_staff = user.is_staff and not reads_every_record
    # Not an IN with these ids, of which there can be many: doctors who are patients are few.
    public = Doctor.objects.bookable().filter(user__is_patient=True)
    public_patients: frozenset[int] = frozenset()
    if named_only or is_restricted_staff:
        public_patients = frozenset(public.values_list("user_id", flat=True))
    return ContactVisibility(
        me=user.pk,
        doctors=frozenset(doctors),
        patients=frozenset(readable),
        named_only=frozenset(named_only - public_patients),
        public_patients=public_patients if is_restricted_staff else None,
        everybody=reads_every_record,
    )


def _patients_of_practice(user: User) -> tuple[set[int], set[int]]:
    """Return the patients of a doctor or an assistant: whose record is readable, and the others.

    User ids. One query, none for other users.
    """
    if not user.acts_as(Role.DOCTOR):
        return set(), set()
    treated = Appointment.objects.order_by().as_doctor(user).values_list("patient__user_id")
    registered = Patient.objects.registered_for(user).values_list("user_id", Value(1))
    rows = treated.annotate(access=Count("pk", filter=gives_record_access())).union(registered)
    readable, known = set(), set()
    for patient, access in rows:
        known.add(patient)
        if access:
            readable.add(patient)
    return readable, known - readable


def visible_users(user: User) -> QuerySet[User]:
    """Return the users whose names ``user`` can see.

    These are the user, the doctors of the user's appointments, the patients whose profile the user
    can read, and all bookable doctors. A list of appointments shows more names.
    """
    other = OuterRef("pk")
    return User.objects.filter(
        # Correlated subqueries instead of id lists: callers look up a single user, and a
        # doctor can have many patients.
        Q(pk=user.pk)
        | Exists(Appointment.objects.as_patient(user).filter(doctor__user=other))
        | Exists(Patient.objects.visible_to(user).filter(user=other))
        | Exists(Doctor.objects.visible_to(user).filter(user=other))
    )
