import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from clinic import clock
from clinic.booking import services as booking
from clinic.models import Appointment, BusyTick, Doctor, Patient, Status
from users.models import User

pytestmark = pytest.mark.django_db

TEN = dt.time(10)


def prune_ticks(*options: str) -> str:
    out = StringIO()
    call_command("prune_ticks", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def appointments(ann: Patient, dora: Doctor) -> list[Appointment]:
    """Half an hour, so twelve ticks, on each of four days; the clock says 12 March."""
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
    clock.move_to(dt.datetime(2026, 3, 12, 7, tzinfo=dt.UTC))


def days_with_ticks() -> list[dt.date]:
    ticks = BusyTick.objects.values_list("appointment__date", flat=True)
    return sorted(set(ticks))


def test_it_deletes_what_is_over_a_week_old_and_says_so() -> None:
    assert prune_ticks() == "Deleted 24 ticks of days before 2026-03-05.\n"
    assert days_with_ticks() == [dt.date(2026, 3, 5), dt.date(2026, 3, 12)]
    assert Appointment.objects.count() == 4


def test_before_0_leaves_today_and_what_is_to_come() -> None:
    assert prune_ticks("--before", "0") == "Deleted 36 ticks of days before 2026-03-12.\n"
    assert days_with_ticks() == [dt.date(2026, 3, 12)]


def test_a_dry_run_counts_and_deletes_nothing() -> None:
    said = "Would delete 24 ticks of days before 2026-03-05.\n"
    assert prune_ticks("--dry-run") == said
    assert BusyTick.objects.count() == 48


@pytest.mark.parametrize("size", ["7", "12", "24"])
def test_small_batches_add_up(size: str) -> None:
    said = prune_ticks("--batch-size", size)
    assert said == "Deleted 24 ticks of days before 2026-03-05.\n"
    assert BusyTick.objects.count() == 24


def test_a_second_run_finds_nothing() -> None:
    prune_ticks()
    assert prune_ticks() == "Deleted 0 ticks of days before 2026-03-05.\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--before", "-1"), "--before counts days into the past: 0 or more."),
        (("--batch-size", "0"), "--batch-size must be 1 or more."),
    ],
)
def test_nonsense_is_refused(options: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError) as refused:
        prune_ticks(*options)
    assert str(refused.value) == message
    assert BusyTick.objects.count() == 48


def test_a_pruned_appointment_can_still_be_completed(
    appointments: list[Appointment], sam: User
) -> None:
    prune_ticks()
    done = booking.complete(
        actor=sam, appointment_id=appointments[0].pk, now=clock.now(), as_staff=True
    )
    assert done.status == Status.COMPLETED
