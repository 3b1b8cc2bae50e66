"""Which appointments a user can see and change."""

from typing import Self

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, Subquery, When

from clinic.models.doctor import Doctor, acts_for_doctor
from clinic.models.patient import Patient, acts_for_patient
from clinic.models.record_access import gives_record_access
from clinic.rules import Status
from users.common.any_user import Viewer
from users.models import User
from users.querysets import M_co, QuerySet
from users.staff import can_act_as_staff

VIEW_APPOINTMENT = "clinic.view_appointment"


class AppointmentAccessQuerySet(QuerySet[M_co]):
    """Appointments by the user who sees or changes them."""

    def visible_to(self, user: Viewer) -> Self:
        """Appointments that ``user`` can see.

        Staff with the permission see all. Others see those of which they, or somebody for whom
        they act, are the patient or the doctor.
        """
        if can_act_as_staff(user, VIEW_APPOINTMENT):
            return self
        return self.filter(acts_for_patient(user) | acts_for_doctor(user)).with_record_access()

    def with_record_access(self) -> Self:
        """Set ``record_readable``, for a reader on the doctor's or the patient's side.

        True if the appointment itself lets its doctor read the patient's record. None if that
        depends on other appointments: ``readable_patients()`` then decides.
        """
        readable = Case(When(gives_record_access(), then=True), output_field=BooleanField())
        return self.annotate(record_readable=readable)

    def changeable_by(self, user: User) -> Self:
        """Appointments that ``user`` can change, on the patient's or on the doctor's side.

        The doctor needs access to the patient's record. Otherwise a doctor could restore an access
        that has ended, by moving an old appointment into the future. Cancelled appointments are
        included: their status forbids every change but reopening, which checks the doctor.
        """
        patient = Patient.objects.filter(pk=OuterRef("patient"))
        readable = Exists(patient.treated_by(OuterRef("doctor"))) | Exists(
            patient.registered_by(OuterRef("doctor"))
        )
        as_doctor = acts_for_doctor(user) & (Q(status=Status.CANCELLED) | readable)
        return self.filter(acts_for_patient(user) | as_doctor)

    def by_role(self, user: User) -> tuple[Self, Self]:
        """Split the rows visible to ``user`` by role: as patient, as doctor.

        Two queries, each of which uses the index of its role. With a single OR condition
        PostgreSQL may scan all appointments by date until the page is full; users with few
        appointments hit the worst case. Rows in which the user acts for both sides are in both.
        """
        return self.as_patient(user), self.as_doctor(user)

    def as_patient(self, user: User) -> Self:
        """Appointments of the patients for whom ``user`` acts."""
        return self.filter(acts_for_patient(user))

    def as_doctor(self, user: User) -> Self:
        """Appointments of the doctors for whom ``user`` acts."""
        return self.filter(acts_for_doctor(user))

    def of(self, user: User) -> Self:
        """Appointments of which ``user`` is the doctor or the patient.

        Includes those of a role that the account no longer has.
        """
        patient = Patient.objects.filter(user=user).values("pk")[:1]
        doctor = Doctor.objects.filter(user=user).values("pk")[:1]
        return self.filter(Q(patient=Subquery(patient)) | Q(doctor=Subquery(doctor)))
