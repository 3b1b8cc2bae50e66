"""People of the demo clinic who act for others, and patients without an account.

A parent with two children, an aged patient with an adult child as guardian, a walk-in without an
address, two assistants, a receptionist and a manager. Their names are fixed, and they are added
after all others, so that the random data do not depend on them.
"""

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from clinic import profiles
from clinic.booking.availability import open_slots
from clinic.booking.criteria import criteria_for_booking
from clinic.booking.terms import apply_terms, terms_by_doctor
from clinic.demo.accounts import PASSWORD, email_of
from clinic.demo.people import DemoPeople
from clinic.models import Appointment, AppointmentChange, Assistant, Doctor, Guardian, Patient
from clinic.models.guardian import Relationship
from clinic.rules import Status
from users.models import User

# Days ahead of the appointments. The demo has appointments of others in the weeks before them.
DAYS_AHEAD = 21
SEARCHED_DAYS = 14
BOOKED_BEFORE = dt.timedelta(hours=2)
WALK_IN_PHONE = "+493023125042"
STAFF = {"reception": ("Rita", "Sommer", "Reception"), "manager": ("Max", "Brandt", "Manager")}


def add_families(people: DemoPeople, now: dt.datetime) -> None:
    """Add these people and one appointment of each patient who does not act alone."""
    _Families(people, now, make_password(PASSWORD)).add()


@dataclass(frozen=True, slots=True)
class _Families:
    people: DemoPeople
    now: dt.datetime
    password_hash: str

    def add(self) -> None:
        doctors = [doctor for doctor in self.people.doctors if doctor.approved]
        assistant = self._add_assistant("assistant", "Alina", "Berg", doctors[:2])
        self._add_assistant("assistant2", "Tobias", "Lang", doctors[:1])
        for role, (first_name, last_name, group) in STAFF.items():
            user = self._add_user(first_name, last_name, role, is_staff=True)
            user.groups.set(Group.objects.filter(name=group))
        parent = self._add_patient("Petra", "Winter", 38, "parent")
        children = [
            self._add_patient(name, "Winter", age) for name, age in (("Emma", 9), ("Jan", 5))
        ]
        for child in children:
            self._add_guardian(child, parent.user, Relationship.PARENT)
        carer = self._add_patient("Carla", "Vogt", 52, "carer")
        aged = self._add_patient("Gerda", "Vogt", 84)
        self._add_guardian(aged, carer.user, Relationship.CHILD)
        walk_in = self._add_patient("Walter", "Kern", 61)
        Patient.objects.filter(pk=walk_in.pk).update(phone_number=WALK_IN_PHONE)
        self._book(children[0], doctors[-1], parent.user, children[0].user)
        self._book(aged, doctors[0], assistant, doctors[0].user)
        self._book(walk_in, doctors[0], self.people.staff, None)

    def _add_user(self, first_name: str, last_name: str, role: str = "", **roles: bool) -> User:
        """Add an account with the published password, or without a ``role`` a person without."""
        user = User(first_name=first_name, last_name=last_name, **roles)
        user.set_unusable_password()
        if role:
            user.email, user.password = email_of(role), self.password_hash
            user.email_verified_at = self.now
        user.full_clean(validate_unique=False, validate_constraints=False)
        user.save()
        return user

    def _add_patient(self, first_name: str, last_name: str, age: int, role: str = "") -> Patient:
        user = self._add_user(first_name, last_name, role, is_patient=True)
        return profiles.upsert_patient(user, date_of_birth=dt.date(self.now.year - age, 1, 15))

    def _add_guardian(self, patient: Patient, user: User, relationship: Relationship) -> None:
        Guardian.objects.create(patient=patient, user=user, relationship=relationship)

    def _add_assistant(
        self, role: str, first_name: str, last_name: str, doctors: list[Doctor]
    ) -> User:
        user = self._add_user(first_name, last_name, role)
        for doctor in doctors:
            Assistant.objects.create(doctor=doctor, user=user)
        return user

    def _book(
        self, patient: Patient, doctor: Doctor, actor: User, on_behalf_of: User | None
    ) -> None:
        """Add an appointment, which ``actor`` has just booked, at the first open slot."""
        criteria = criteria_for_booking(patient.user, self.now)
        terms = terms_by_doctor([doctor]).get(doctor.pk)
        start = self.now.date() + dt.timedelta(days=DAYS_AHEAD)
        slots = open_slots([doctor], criteria, start, SEARCHED_DAYS).get(doctor.pk, [])
        if terms is None or not slots:
            return
        slot, by_patient = slots[0], on_behalf_of == patient.user
        booked_at = self.now - BOOKED_BEFORE
        needs_answer = by_patient and not terms.confirms_automatically
        appointment = Appointment(
            doctor=doctor,
            patient=patient,
            date=slot.date,
            time=slot.time,
            status=Status.PENDING if needs_answer else Status.CONFIRMED,
            booked_by=actor,
            booked_by_patient=by_patient,
            created_at=booked_at,
            pending_since=booked_at if needs_answer else None,
        )
        apply_terms(appointment, terms)
        Appointment.objects.create_many([appointment])
        AppointmentChange.objects.create(
            appointment=appointment,
            status=appointment.status,
            date=slot.date,
            time=slot.time,
            duration_minutes=appointment.duration_minutes,
            doctor=doctor,
            appointment_type=appointment.appointment_type,
            changed_at=booked_at,
            changed_by=actor,
            on_behalf_of=on_behalf_of,
        )
