"""The command ``seed_demo`` and the demo data it creates."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from clinic import clock
from clinic.booking.conflicts import upcoming_conflicts
from clinic.demo.accounts import PASSWORD
from clinic.demo.people import FICTIONAL_NUMBERS
from clinic.models import (
    Appointment,
    AppointmentType,
    Assistant,
    Closure,
    Doctor,
    Guardian,
    Patient,
    SpecialHours,
)
from tests.support.api_client import Api
from tests.support.fixtures.people import make_user
from users.models import User

pytestmark = pytest.mark.django_db

SUMMARY = (
    "1 superuser, 6 doctors, 20 patients and 60 appointments from 2026-02-02 to 2026-03-22; as "
    "well as a parent with two children, an aged patient with a guardian, a walk-in, two "
    "assistants, reception and a manager.\n"
)
LOGINS = """\
The password of all accounts is open-the-demo-clinic
  doctor@example.org
  patient@example.org
  staff@example.org (for /admin/)
  parent@example.org (of two children)
  carer@example.org (of an aged parent)
  assistant@example.org (of two doctors)
  assistant2@example.org (of one of them)
  reception@example.org (staff of the group Reception, for /admin/)
  manager@example.org (staff of the group Manager, for /admin/)
"""


def seed_demo(*options: str) -> str:
    out = StringIO()
    call_command("seed_demo", "--i-know-the-password-is-public", *options, stdout=out, stderr=out)
    return out.getvalue()


def test_seed_demo_prints_summary_and_logins() -> None:
    assert seed_demo() == f"Added {SUMMARY}{LOGINS}"
    assert Doctor.objects.count() == 6
    assert Patient.objects.count() == 20 + 6
    assert Appointment.objects.count() == 60 + 3
    assert User.objects.count() == 27 + 10


def test_seed_demo_logins_work(api: Api) -> None:
    seed_demo()
    roles = {}
    for name in ("doctor", "patient", "staff"):
        answer = api("TokenAuth", {"email": f"{name}@example.org", "password": PASSWORD})
        user = answer["data"]["tokenAuth"]["user"]
        roles[name] = (user["isDoctor"], user["isPatient"])
    assert roles == {
        "doctor": (True, False),
        "patient": (False, True),
        "staff": (False, False),
    }
    assert User.objects.get(is_superuser=True).email == "staff@example.org"


def test_seed_demo_books_first_patient_with_first_doctor_every_week() -> None:
    seed_demo()
    days = Appointment.objects.filter(
        doctor__user__email="doctor@example.org", patient__user__email="patient@example.org"
    ).values_list("date", flat=True)
    assert {(day - dt.date(2026, 2, 2)).days // 7 for day in days} == set(range(7))


def test_seed_demo_dry_run_prints_summary_and_adds_nothing() -> None:
    assert seed_demo("--dry-run") == f"Would add {SUMMARY}"
    assert not User.objects.exists()


def test_seed_demo_if_empty_changes_nothing_if_accounts_exist() -> None:
    make_user("Olga")
    assert seed_demo("--if-empty") == "Nothing added: there are accounts already.\n"
    assert User.objects.count() == 1


def test_seed_demo_if_empty_prints_logins_with_published_password() -> None:
    seed_demo()
    assert seed_demo("--if-empty") == f"Nothing added: there are accounts already.\n{LOGINS}"
    doctor = User.objects.get(email="doctor@example.org")
    doctor.set_password("a password of my own")
    doctor.save()
    others = LOGINS.replace("  doctor@example.org\n", "")
    assert seed_demo("--if-empty") == f"Nothing added: there are accounts already.\n{others}"


def test_seed_demo_rejects_database_with_demo_data() -> None:
    seed_demo()
    with pytest.raises(CommandError, match="contains the demo data already"):
        seed_demo()
    assert User.objects.count() == 37


def test_seed_demo_requires_acknowledgement_without_debug() -> None:
    with pytest.raises(CommandError, match="have a published password"):
        call_command("seed_demo")
    assert not User.objects.exists()


def test_seed_demo_requires_no_acknowledgement_with_debug(settings: Settings) -> None:
    settings.DEBUG = True
    call_command("seed_demo", appointments=1, stdout=StringIO())
    assert Appointment.objects.count() == 1 + 3


@pytest.mark.parametrize("option", ["--doctors", "--patients", "--appointments"])
def test_seed_demo_rejects_counts_below_1(option: str) -> None:
    with pytest.raises(CommandError, match="must be 1 or more"):
        seed_demo(option, "0")


def test_make_plan_rejects_too_many_appointments() -> None:
    with pytest.raises(CommandError, match="do not fit into ten years"):
        seed_demo("--doctors", "1", "--patients", "1", "--appointments", "5000")


def demo_data() -> list[object]:
    return [
        list(User.objects.order_by("pk").values_list("email", "first_name", "gender")),
        list(Patient.objects.order_by("pk").values_list("date_of_birth", "address")),
        list(Doctor.objects.order_by("pk").values_list("phone_number", "experience_years")),
        list(
            Appointment.objects.order_by("pk").values_list(
                *("date", "time", "status", "patient__user__email", "created_at", "arrived_at"),
                *("duration_minutes", "appointment_type__name"),
            )
        ),
        list(Closure.objects.values_list("name", "first_day", "last_day")),
        list(SpecialHours.objects.values_list("doctor__user__email", "date")),
    ]


def test_seed_demo_data_depend_on_seed_only() -> None:
    results = []
    for seed in ("7", "7", "8"):
        seed_demo("--seed", seed)
        results.append(demo_data())
        for model in (Appointment, User, AppointmentType, Closure):
            model.objects.all().delete()
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_create_people_uses_reserved_emails_and_numbers() -> None:
    seed_demo()
    emails = User.objects.filter(email__isnull=False).values_list("email", flat=True)
    assert all(email.endswith("@example.org") for email in emails)
    numbers = [str(doctor.phone_number) for doctor in Doctor.objects.all()]
    patients = Patient.objects.all()
    numbers += [
        str(patient.emergency_contact_phone or patient.phone_number) for patient in patients
    ]
    numbers = list(filter(None, numbers))
    assert all(number.startswith(FICTIONAL_NUMBERS) for number in numbers)


def test_seed_demo_adds_people_who_act_for_others() -> None:
    seed_demo()
    assert [
        (row.user.email, row.patient.user.first_name, row.relationship)
        for row in Guardian.objects.order_by("pk")
    ] == [
        ("parent@example.org", "Emma", "parent"),
        ("parent@example.org", "Jan", "parent"),
        ("carer@example.org", "Gerda", "child"),
    ]
    doctors = list(Doctor.objects.filter(approved=True).order_by("pk"))
    assert [(row.user.email, row.doctor) for row in Assistant.objects.order_by("pk")] == [
        ("assistant@example.org", doctors[0]),
        ("assistant@example.org", doctors[1]),
        ("assistant2@example.org", doctors[0]),
    ]
    without_account = User.objects.filter(email=None).order_by("pk")
    assert [(user.first_name, user.can_sign_in) for user in without_account] == [
        (name, False) for name in ("Emma", "Jan", "Gerda", "Walter")
    ]


def test_seed_demo_books_for_patients_without_an_account() -> None:
    seed_demo()
    appointments = Appointment.objects.filter(patient__user__email=None).order_by("pk")
    assert [
        (
            appointment.patient.user.first_name,
            appointment.status,
            appointment.booked_by and appointment.booked_by.email,
            appointment.booked_by_patient,
            appointment.history.get().on_behalf_of,
        )
        for appointment in appointments.with_people()
    ] == [
        (
            "Emma",
            "pending",
            "parent@example.org",
            True,
            User.objects.get(first_name="Emma", email=None),
        ),
        (
            *("Gerda", "confirmed", "assistant@example.org", False),
            User.objects.get(email="doctor@example.org"),
        ),
        ("Walter", "confirmed", "staff@example.org", False, None),
    ]


def test_seed_demo_marks_appointments_that_patients_booked() -> None:
    seed_demo()
    booked = Appointment.objects.filter(patient__user__email__isnull=False).with_people()
    assert all(
        appointment.booked_by_patient == (appointment.booked_by == appointment.patient.user)
        for appointment in booked.select_related("booked_by")
    )


def test_seed_demo_leaves_unapproved_doctor_without_appointments() -> None:
    seed_demo()
    waiting = Doctor.objects.get(approved=False)
    assert waiting.appointments.count() == 0


def test_seed_demo_closes_the_clinic_twice() -> None:
    seed_demo()
    assert [str(closure) for closure in Closure.objects.all()] == [
        "Staff training (2026-03-11)",
        "Renovation (2026-04-09 - 2026-04-10)",
    ]
    assert len(upcoming_conflicts(clock.today())) > 0
    [special] = SpecialHours.objects.all()
    assert (str(special.date), [str(interval) for interval in special.intervals.all()]) == (
        "2026-03-14",
        ["09:00-12:00", "13:00-15:00"],
    )
