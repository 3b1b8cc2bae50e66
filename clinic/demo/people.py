"""The fictional people of the demo clinic.

Their email addresses end in example.org, which is reserved for documentation (RFC 2606).
Their telephone numbers are never assigned: the Bundesnetzagentur reserves these blocks
for film and print ("Rufnummern für Medienproduktionen").
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from django.contrib.auth.hashers import make_password
from django.utils.text import slugify
from faker import Faker

from clinic import clock, profiles
from clinic.booking import schedules
from clinic.demo.accounts import PASSWORD, email_of
from clinic.demo.catalogue import create_types, offer_types
from clinic.demo.specialties import REASONS
from clinic.demo.working_hours import slot_minutes, weekly_hours
from clinic.models import Doctor, Patient
from users.models import Gender, User

FICTIONAL_NUMBERS = ("+493023125", "+496990009", "+494066969", "+492214710", "+498999998")
# After this many approved doctors, one is left for staff to approve.
APPROVED_IN_A_ROW = 5

# Called with the number of objects created since the previous call.
Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class DemoPeople:
    """The accounts and profiles. ``seed_demo`` prints the email of the first of each role."""

    staff: User
    doctors: list[Doctor]
    patients: list[Patient]


def is_left_unapproved(doctor_index: int) -> bool:
    """Whether the doctor with this index is left for staff to approve."""
    return doctor_index % (APPROVED_IN_A_ROW + 1) == APPROVED_IN_A_ROW


def create_people(rng: Random, *, doctors: int, patients: int, progress: Progress) -> DemoPeople:
    """Create one superuser and the given numbers of doctors and patients, with profiles.

    Also creates the appointment types that the doctors offer.
    """
    factory = _PersonFactory(rng)
    # Hashed once for all accounts, because hashing is slow by design.
    password_hash = make_password(PASSWORD)
    accounts = [
        factory.user("staff", 0, password_hash, is_staff=True, is_superuser=True),
        *(factory.user("doctor", n, password_hash, is_doctor=True) for n in range(doctors)),
        *(factory.user("patient", n, password_hash, is_patient=True) for n in range(patients)),
    ]
    for account in accounts:
        account.full_clean(validate_unique=False, validate_constraints=False)
    staff, *others = User.objects.bulk_create(accounts, batch_size=1000)
    people = DemoPeople(staff, [], [])
    types = create_types()
    for index, user in enumerate(others[:doctors]):
        people.doctors.append(factory.create_doctor(index, user))
        offer_types(people.doctors[-1], index, types)
        progress(1)
    for user in others[doctors:]:
        people.patients.append(factory.create_patient(user))
        progress(1)
    return people


class _PersonFactory:
    """Makes random people; the same random numbers give the same people."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.fake = Faker("de_DE")
        self.fake.seed_instance(rng.getrandbits(32))
        self.today = clock.today()

    def user(self, role: str, index: int, password_hash: str, **roles: bool) -> User:
        """Return an unsaved account. The first of a role has the role as its local part."""
        gender = self.rng.choice((Gender.FEMALE, Gender.MALE))
        first, last = self._name(gender)
        local_part = role if index == 0 else f"{slugify(f'{first} {last}')}.{role[0]}{index}"
        return User(
            email=email_of(local_part),
            first_name=first,
            last_name=last,
            gender=gender,
            password=password_hash,
            email_verified_at=clock.now(),
            **roles,
        )

    def create_doctor(self, index: int, user: User) -> Doctor:
        specialties = list(REASONS)
        doctor = profiles.upsert_doctor(
            user,
            specialty=specialties[index % len(specialties)],
            phone_number=self._phone_number(),
            experience_years=self.rng.randint(1, 35),
            slot_minutes=slot_minutes(index),
            approved=not is_left_unapproved(index),
        )
        schedules.set_working_hours(doctor, weekly_hours(index))
        if index % 4 == 1:
            self._add_week_off(doctor)
        return doctor

    def create_patient(self, user: User) -> Patient:
        return profiles.upsert_patient(
            user,
            # An adult even at the earliest possible appointment of the demo.
            date_of_birth=self.today - dt.timedelta(days=self.rng.randint(30 * 365, 95 * 365)),
            address=self.fake.address().replace("\n", ", "),
            emergency_contact_name=" ".join(self._name(Gender.OTHER)),
            emergency_contact_phone=self._phone_number(),
        )

    def _name(self, gender: Gender) -> tuple[str, str]:
        if gender is Gender.FEMALE:
            return self.fake.first_name_female(), self.fake.last_name()
        if gender is Gender.MALE:
            return self.fake.first_name_male(), self.fake.last_name()
        return self.fake.first_name(), self.fake.last_name()

    def _phone_number(self) -> str:
        return f"{self.rng.choice(FICTIONAL_NUMBERS)}{self.rng.randrange(1000):03}"

    def _add_week_off(self, doctor: Doctor) -> None:
        first_day = self.today + dt.timedelta(days=self.rng.randint(7, 28))
        starts_at, ends_at = (
            dt.datetime.combine(day, dt.time(), clock.zone())
            for day in (first_day, first_day + dt.timedelta(days=7))
        )
        schedules.add_time_off(
            doctor, starts_at=starts_at, ends_at=ends_at, reason="Holiday", now=clock.now()
        )
