"""The command ``prune_ticks``."""

import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from clinic import clock
from clinic.booking import status_changes
from clinic.models import Appointment, BusyTick, Doctor, Patient, Status
from clinic.slots import TICKS_PER_DAY
from users.models import User

pytestmark = pytest.mark.django_db

TEN = dt.time(10)


def prune_ticks(*options: str) -> str:
    out = StringIO()
    call_command("prune_ticks", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def appointments(ann: Patient, dora: Doctor) -> list[Appointment]:
    """Appointments of 30 minutes, so 12 ticks, on four days in March."""
    days = [dt.date(2026, 3, day) for day in (3, 4, 5, 12)]
    appointments = [
        Appointment(
            doctor=dora, patient=ann, date=day, time=TEN, duration_minutes=30, status="confirmed"
        )
        for day in days
    ]
    Appointment.objects.create_many(appointments)
    return appointments


@pytest.fixture(autouse=True)
def later(appointments: list[Appointment], clock: time_machine.Traveller) -> None:
    """Set the clock to 12 March, the day of the last appointment."""
    clock.move_to(dt.datetime(2026, 3, 12, 7, tzinfo=dt.UTC))


def days_with_ticks() -> list[dt.date]:
    ticks = BusyTick.objects.values_list("appointment__date", flat=True)
    return sorted(set(ticks))


def test_prune_ticks_deletes_ticks_older_than_a_week() -> None:
    assert prune_ticks() == "Deleted 24 ticks of days before 2026-03-05.\n"
    assert days_with_ticks() == [dt.date(2026, 3, 5), dt.date(2026, 3, 12)]
    assert Appointment.objects.count() == 4


def test_prune_ticks_before_0_keeps_today_and_future() -> None:
    assert prune_ticks("--before", "0") == "Deleted 36 ticks of days before 2026-03-12.\n"
    assert days_with_ticks() == [dt.date(2026, 3, 12)]


def test_prune_ticks_dry_run_counts_without_deleting() -> None:
    expected = "Would delete 24 ticks of days before 2026-03-05.\n"
    assert prune_ticks("--dry-run") == expected
    assert BusyTick.objects.count() == 48


@pytest.mark.parametrize("size", ["7", "12", "24"])
def test_prune_ticks_deletes_all_in_small_batches(size: str) -> None:
    output = prune_ticks("--batch-size", size)
    assert output == "Deleted 24 ticks of days before 2026-03-05.\n"
    assert BusyTick.objects.count() == 24


def test_prune_ticks_second_run_deletes_nothing() -> None:
    prune_ticks()
    assert prune_ticks() == "Deleted 0 ticks of days before 2026-03-05.\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--before", "-1"), "--before must be 0 or more."),
        (("--batch-size", "0"), "--batch-size must be 1 or more."),
    ],
)
def test_prune_ticks_rejects_invalid_options(options: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError) as rejected:
        prune_ticks(*options)
    assert str(rejected.value) == message
    assert BusyTick.objects.count() == 48


def test_prune_ticks_leaves_past_appointment_completable(
    appointments: list[Appointment], sam: User
) -> None:
    prune_ticks()
    done = status_changes.complete(
        actor=sam, appointment_id=appointments[0].pk, now=clock.now(), as_staff=True
    )
    assert done.status == Status.COMPLETED


MARCH_12 = dt.date(2026, 3, 12)


def ticks_by_day(appointment: Appointment) -> dict[str, int]:
    """Return how many of its ticks the doctor has on each day; buffers belong to the doctor."""
    ticks = BusyTick.objects.filter(appointment=appointment, person=appointment.doctor.user)
    days = [
        dt.date.fromordinal(tick // TICKS_PER_DAY) for tick in ticks.values_list("tick", flat=True)
    ]
    return {f"{day:%d %b}": days.count(day) for day in sorted(set(days))}


def with_buffers(doctor: Doctor, patient: Patient, time: dt.time, day: dt.date) -> Appointment:
    """Store a confirmed appointment of 30 minutes with buffers of 30 minutes on each side."""
    appointment = Appointment(
        doctor=doctor,
        patient=patient,
        date=day,
        time=time,
        duration_minutes=30,
        buffer_before_minutes=30,
        buffer_after_minutes=30,
        status=Status.CONFIRMED,
    )
    appointment.save()
    return appointment


def test_prune_ticks_keeps_the_part_of_a_buffer_after_midnight(ben: Patient, emil: Doctor) -> None:
    """Nothing before the first kept day can be booked; the rest of each buffer still blocks."""
    late = with_buffers(emil, ben, dt.time(23, 30), MARCH_12 - dt.timedelta(days=1))
    early = with_buffers(emil, ben, dt.time(1), MARCH_12)
    before_midnight = with_buffers(emil, ben, dt.time(0), MARCH_12 + dt.timedelta(days=1))
    prune_ticks("--before", "0")
    assert [ticks_by_day(appointment) for appointment in (late, early, before_midnight)] == [
        {"12 Mar": 6},
        {"12 Mar": 18},
        {"12 Mar": 6, "13 Mar": 12},
    ]


def test_prune_ticks_removes_a_buffer_that_completing_writes_again(
    ben: Patient, emil: Doctor, sam: User
) -> None:
    midnight = with_buffers(emil, ben, dt.time(0), MARCH_12)
    prune_ticks("--before", "0")
    pruned = ticks_by_day(midnight)
    status_changes.complete(actor=sam, appointment_id=midnight.pk, now=clock.now(), as_staff=True)
    completed = ticks_by_day(midnight)
    prune_ticks("--before", "0")
    assert [pruned, completed, ticks_by_day(midnight)] == [
        {"12 Mar": 12},
        {"11 Mar": 6, "12 Mar": 12},
        {"12 Mar": 12},
    ]
