"""Who lives in the demo clinic. All of them are invented.

Their addresses end in example.org, which is reserved for documentation (RFC
2606), and nobody has their telephone numbers: the Bundesnetzagentur keeps those
blocks for film and print ("Rufnummern für Medienproduktionen").
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
from clinic.demo.specialties import REASONS
from clinic.demo.weeks import slot_minutes, week
from clinic.models import Doctor, Patient
from users.models import Gender, User

FICTIONAL_NUMBERS = ("+493023125", "+496990009", "+494066969", "+492214710", "+498999998")
# How many doctors there are to one who still waits for approval.
APPROVED_IN_A_ROW = 5

Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Clinic:
    """The people of the demo. The first of each kind has the printed sign-in."""

    staff: User
    doctors: list[Doctor]
    patients: list[Patient]


def waits_for_approval(place: int) -> bool:
    """Whether the doctor at this place of the list is left for staff to approve."""
    return place % (APPROVED_IN_A_ROW + 1) == APPROVED_IN_A_ROW


def make_people(rng: Random, *, doctors: int, patients: int, progress: Progress) -> Clinic:
    """Open the accounts and fill in the profiles; ``progress`` hears of each account."""
    invent = _Inventor(rng)
    # Hashing is slow by design, so that everybody shares one hash.
    password = make_password(PASSWORD)
    accounts = [
        invent.account("staff", 0, password, is_staff=True, is_superuser=True),
        *(invent.account("doctor", n, password, is_doctor=True) for n in range(doctors)),
        *(invent.account("patient", n, password, is_patient=True) for n in range(patients)),
    ]
    for account in accounts:
        account.full_clean(validate_unique=False, validate_constraints=False)
    staff, *others = User.objects.bulk_create(accounts, batch_size=1000)
    clinic = Clinic(staff, [], [])
    for place, user in enumerate(others[:doctors]):
        clinic.doctors.append(invent.doctor(place, user))
        progress(1)
    for user in others[doctors:]:
        clinic.patients.append(invent.patient(user))
        progress(1)
    return clinic


class _Inventor:
    """Invents people, the same ones for the same random numbers."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.fake = Faker("de_DE")
        self.fake.seed_instance(rng.getrandbits(32))
        self.today = clock.today()

    def account(self, role: str, place: int, password: str, **roles: bool) -> User:
        gender = self.rng.choice((Gender.FEMALE, Gender.MALE))
        first, last = self._name(gender)
        local_part = role if place == 0 else f"{slugify(f'{first} {last}')}.{role[0]}{place}"
        return User(
            email=email_of(local_part),
            first_name=first,
            last_name=last,
            gender=gender,
            password=password,
            **roles,
        )

    def doctor(self, place: int, user: User) -> Doctor:
        specialties = list(REASONS)
        doctor = profiles.upsert_doctor(
            user,
            specialty=specialties[place % len(specialties)],
            phone_number=self._phone_number(),
            experience_years=self.rng.randint(1, 35),
            slot_minutes=slot_minutes(place),
            approved=not waits_for_approval(place),
        )
        schedules.set_working_hours(doctor, week(place))
        if place % 4 == 1:
            self._take_a_week_off(doctor)
        return doctor

    def patient(self, user: User) -> Patient:
        return profiles.upsert_patient(
            user,
            # Grown-up already at the oldest appointment of the demo.
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

    def _take_a_week_off(self, doctor: Doctor) -> None:
        first_day = self.today + dt.timedelta(days=self.rng.randint(7, 28))
        starts_at, ends_at = (
            dt.datetime.combine(day, dt.time(), clock.zone())
            for day in (first_day, first_day + dt.timedelta(days=7))
        )
        schedules.add_time_off(doctor, starts_at=starts_at, ends_at=ends_at, reason="Holiday")
