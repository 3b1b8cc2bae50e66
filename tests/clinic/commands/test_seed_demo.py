"""The command ``seed_demo`` and the demo data it creates."""

import datetime as dt
from io import StringIO
from itertools import pairwise

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db.models import F
from pytest_django import Settings

from clinic import clock
from clinic.demo.accounts import PASSWORD
from clinic.demo.people import FICTIONAL_NUMBERS
from clinic.models import Appointment, BusyTick, Doctor, Patient, Status, WorkingHours
from tests.support.api_client import Api
from tests.support.fixtures.people import make_user
from users.models import User

pytestmark = pytest.mark.django_db

SUMMARY = "1 superuser, 6 doctors, 20 patients and 60 appointments from 2026-02-02 to 2026-03-22.\n"
LOGINS = """\
The password of all accounts is open-the-demo-clinic
  doctor@example.org
  patient@example.org
  staff@example.org (for /admin/)
"""


def seed_demo(*options: str) -> str:
    out = StringIO()
    call_command("seed_demo", "--i-know-the-password-is-public", *options, stdout=out, stderr=out)
    return out.getvalue()


def test_seed_demo_prints_summary_and_logins() -> None:
    assert seed_demo() == f"Added {SUMMARY}{LOGINS}"
    assert Doctor.objects.count() == 6
    assert Patient.objects.count() == 20
    assert Appointment.objects.count() == 60
    assert User.objects.count() == 27


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
    assert User.objects.count() == 27


def test_seed_demo_requires_acknowledgement_without_debug() -> None:
    with pytest.raises(CommandError, match="have a published password"):
        call_command("seed_demo")
    assert not User.objects.exists()


def test_seed_demo_requires_no_acknowledgement_with_debug(settings: Settings) -> None:
    settings.DEBUG = True
    call_command("seed_demo", appointments=1, stdout=StringIO())
    assert Appointment.objects.count() == 1


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
                "date", "time", "status", "patient__user__email", "created_at"
            )
        ),
    ]


def test_seed_demo_data_depend_on_seed_only() -> None:
    results = []
    for seed in ("7", "7", "8"):
        seed_demo("--seed", seed)
        results.append(demo_data())
        Appointment.objects.all().delete()
        User.objects.all().delete()
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_create_people_uses_reserved_emails_and_numbers() -> None:
    seed_demo()
    assert all(user.email.endswith("@example.org") for user in User.objects.all())
    numbers = [str(doctor.phone_number) for doctor in Doctor.objects.all()]
    numbers += [str(patient.emergency_contact_phone) for patient in Patient.objects.all()]
    assert all(number.startswith(FICTIONAL_NUMBERS) for number in numbers)


def test_seed_demo_leaves_unapproved_doctor_without_appointments() -> None:
    seed_demo()
    waiting = Doctor.objects.get(approved=False)
    assert waiting.appointments.count() == 0


@pytest.fixture
def busy_clinic(clock: time_machine.Traveller) -> list[Appointment]:
    """Demo appointments of two months around the end of daylight saving; now is a workday noon."""
    clock.move_to(dt.datetime(2026, 10, 21, 10, 10, tzinfo=dt.UTC))
    seed_demo("--doctors", "8", "--patients", "60", "--appointments", "1200")
    appointments = Appointment.objects.with_people().prefetch_related("history__changed_by")
    return list(appointments.order_by("date", "time"))


def test_create_appointments_makes_no_double_bookings(busy_clinic: list[Appointment]) -> None:
    days: dict[int, list[Appointment]] = {}
    for appointment in busy_clinic:
        for person in appointment.people:
            if appointment.is_live:
                days.setdefault(person, []).append(appointment)
    assert all(
        earlier.ends_at <= later.starts_at
        for appointments in days.values()
        for earlier, later in pairwise(appointments)
    )


def test_create_appointments_writes_busy_ticks_of_both_parties(
    busy_clinic: list[Appointment],
) -> None:
    held = set(BusyTick.objects.values_list("appointment", "person", "tick"))
    assert held == {
        (appointment.pk, person, tick)
        for appointment in busy_clinic
        if appointment.is_live
        for person in appointment.people
        for tick in appointment.slot.ticks
    }


def test_create_appointments_respects_working_hours_and_time_off(
    busy_clinic: list[Appointment],
) -> None:
    for appointment in busy_clinic:
        length = dt.timedelta(minutes=appointment.duration_minutes)
        ends = (dt.datetime.combine(appointment.date, appointment.time) + length).time()
        assert WorkingHours.objects.filter(
            doctor=appointment.doctor,
            weekday=appointment.date.weekday(),
            start_time__lte=appointment.time,
            end_time__gte=ends,
        ).exists()
        assert appointment.duration_minutes == appointment.doctor.slot_minutes
    off = F("doctor__time_off__starts_at__date"), F("doctor__time_off__ends_at__date")
    assert not Appointment.objects.filter(date__gte=off[0], date__lt=off[1]).exists()


def test_create_appointments_chooses_status_by_time(busy_clinic: list[Appointment]) -> None:
    statuses: dict[str, set[str]] = {"past": set(), "current": set(), "future": set()}
    now = clock.now()
    for appointment in busy_clinic:
        started, ended = appointment.starts_at <= now, appointment.ends_at <= now
        when = "past" if ended else "current" if started else "future"
        statuses[when].add(appointment.status)
    assert statuses == {
        "past": {Status.COMPLETED, Status.CANCELLED, Status.CONFIRMED},
        "current": {Status.CONFIRMED},
        "future": {Status.PENDING, Status.CONFIRMED, Status.CANCELLED},
    }


def test_create_appointments_writes_history_up_to_status(busy_clinic: list[Appointment]) -> None:
    histories = set()
    for appointment in busy_clinic:
        history = list(appointment.history.all())
        first, last = history[0], history[-1]
        assert (first.changed_at, first.changed_by) == (
            appointment.created_at,
            appointment.booked_by,
        )
        assert (last.status, last.date, last.time) == (
            appointment.status,
            appointment.date,
            appointment.time,
        )
        assert last.changed_at <= clock.now()
        histories.add("-".join(change.status for change in history))
    assert histories == {
        "pending",
        "confirmed",
        "pending-confirmed",
        "confirmed-completed",
        "pending-confirmed-completed",
        "pending-cancelled",
        "confirmed-cancelled",
    }
