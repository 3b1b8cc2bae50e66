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

PEOPLE_AND_VISITS = (
    "1 superuser, 6 doctors, 20 patients and 60 appointments from 2026-02-02 to 2026-03-22.\n"
)
SIGN_INS = """\
The password of all of them is open-the-demo-clinic
  doctor@example.org
  patient@example.org
  staff@example.org (for /admin/)
"""


def seed_demo(*options: str) -> str:
    out = StringIO()
    call_command("seed_demo", "--i-know-the-password-is-public", *options, stdout=out, stderr=out)
    return out.getvalue()


def test_it_says_what_it_added_and_how_to_sign_in() -> None:
    assert seed_demo() == f"Added {PEOPLE_AND_VISITS}{SIGN_INS}"
    assert Doctor.objects.count() == 6
    assert Patient.objects.count() == 20
    assert Appointment.objects.count() == 60
    assert User.objects.count() == 27


def test_its_sign_ins_work(api: Api) -> None:
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


def test_its_first_doctor_and_patient_meet_in_each_of_its_weeks() -> None:
    seed_demo()
    days = Appointment.objects.filter(
        doctor__user__email="doctor@example.org", patient__user__email="patient@example.org"
    ).values_list("date", flat=True)
    assert {(day - dt.date(2026, 2, 2)).days // 7 for day in days} == set(range(7))


def test_a_dry_run_says_the_same_and_adds_nothing() -> None:
    assert seed_demo("--dry-run") == f"Would add {PEOPLE_AND_VISITS}"
    assert not User.objects.exists()


def test_with_if_empty_it_leaves_a_clinic_with_accounts_alone() -> None:
    make_user("Olga")
    assert seed_demo("--if-empty") == "Added nothing: there are accounts already.\n"
    assert User.objects.count() == 1


def test_with_if_empty_it_tells_the_sign_ins_of_the_demo_that_is_there() -> None:
    seed_demo()
    assert seed_demo("--if-empty") == f"Added nothing: there are accounts already.\n{SIGN_INS}"
    doctor = User.objects.get(email="doctor@example.org")
    doctor.set_password("a password of their own")
    doctor.save()
    others = SIGN_INS.replace("  doctor@example.org\n", "")
    assert seed_demo("--if-empty") == f"Added nothing: there are accounts already.\n{others}"


def test_a_second_demo_is_refused() -> None:
    seed_demo()
    with pytest.raises(CommandError, match="The demo is here already"):
        seed_demo()
    assert User.objects.count() == 27


def test_in_production_it_opens_no_accounts_unless_told_twice() -> None:
    with pytest.raises(CommandError, match="password that everybody knows"):
        call_command("seed_demo")
    assert not User.objects.exists()


def test_in_development_it_needs_no_such_word(settings: Settings) -> None:
    settings.DEBUG = True
    call_command("seed_demo", appointments=1, stdout=StringIO())
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize("option", ["--doctors", "--patients", "--appointments"])
def test_a_clinic_without_one_of_its_kinds_is_refused(option: str) -> None:
    with pytest.raises(CommandError, match="must be 1 or more"):
        seed_demo(option, "0")


def test_more_appointments_than_these_people_could_have_had_are_refused() -> None:
    with pytest.raises(CommandError, match="So few people"):
        seed_demo("--doctors", "1", "--patients", "1", "--appointments", "5000")


def clinic_as_it_is() -> list[object]:
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


def test_the_same_seed_invents_the_same_clinic_and_another_another() -> None:
    clinics = []
    for seed in ("7", "7", "8"):
        seed_demo("--seed", seed)
        clinics.append(clinic_as_it_is())
        Appointment.objects.all().delete()
        User.objects.all().delete()
    assert clinics[0] == clinics[1]
    assert clinics[0] != clinics[2]


def test_everybody_in_it_is_fictional() -> None:
    seed_demo()
    assert all(user.email.endswith("@example.org") for user in User.objects.all())
    numbers = [str(doctor.phone_number) for doctor in Doctor.objects.all()]
    numbers += [str(patient.emergency_contact_phone) for patient in Patient.objects.all()]
    assert all(number.startswith(FICTIONAL_NUMBERS) for number in numbers)


def test_some_doctor_is_left_for_staff_to_approve_and_has_no_appointments() -> None:
    seed_demo()
    waiting = Doctor.objects.get(approved=False)
    assert waiting.appointments.count() == 0


@pytest.fixture
def busy_clinic(clock: time_machine.Traveller) -> list[Appointment]:
    """Two months around the end of daylight saving, at noon of a working day."""
    clock.move_to(dt.datetime(2026, 10, 21, 10, 10, tzinfo=dt.UTC))
    seed_demo("--doctors", "8", "--patients", "60", "--appointments", "1200")
    appointments = Appointment.objects.with_people().prefetch_related("history__changed_by")
    return list(appointments.order_by("date", "time"))


def test_nobody_is_in_two_appointments_at_once(busy_clinic: list[Appointment]) -> None:
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


def test_each_live_appointment_holds_the_time_of_both_people(
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


def test_appointments_keep_to_working_hours_and_time_off(busy_clinic: list[Appointment]) -> None:
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


def test_each_status_fits_the_time_of_its_appointment(busy_clinic: list[Appointment]) -> None:
    statuses: dict[str, set[str]] = {"over": set(), "running": set(), "to come": set()}
    now = clock.now()
    for appointment in busy_clinic:
        started, ended = appointment.starts_at <= now, appointment.ends_at <= now
        when = "over" if ended else "running" if started else "to come"
        statuses[when].add(appointment.status)
    assert statuses == {
        "over": {Status.COMPLETED, Status.CANCELLED, Status.CONFIRMED},
        "running": {Status.CONFIRMED},
        "to come": {Status.PENDING, Status.CONFIRMED, Status.CANCELLED},
    }


def test_each_history_leads_from_booking_to_the_status(busy_clinic: list[Appointment]) -> None:
    stories = set()
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
        stories.add("-".join(change.status for change in history))
    assert stories == {
        "pending",
        "confirmed",
        "pending-confirmed",
        "confirmed-completed",
        "pending-confirmed-completed",
        "pending-cancelled",
        "confirmed-cancelled",
    }
