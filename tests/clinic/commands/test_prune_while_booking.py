"""Ten thousand ticks go, and whoever books meanwhile waits for none of it.

PostgreSQL's ``lock_timeout`` makes an error of every wait that could be felt.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction

from clinic.models import Appointment, BusyTick, Doctor, Patient, Status
from clinic.slots import GRID_MINUTES, first_tick, time_of
from tests.support.booking import TUESDAY

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="a setting of PostgreSQL's"),
]

TICKS_A_DAY = 10_000


def prune() -> None:
    call_command("prune_ticks", verbosity=0)


def prune_at_one_go() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE clinic_busytick IN SHARE ROW EXCLUSIVE MODE")
        prune()


def in_the_background(work: Callable[[], None]) -> Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


@pytest.fixture
def _impatient() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    yield
    connection.close()


@pytest.fixture
def _past(ann: Patient, dora: Doctor) -> None:
    """What a busy day leaves: its ticks, all of one appointment for short."""
    appointment = next(book_on(ann, dora))
    BusyTick.objects.bulk_create(
        BusyTick(appointment=appointment, person=ann.user, tick=first_tick(TUESDAY) - 30_000 + n)
        for n in range(TICKS_A_DAY)
    )


def book_on(patient: Patient, doctor: Doctor) -> Iterator[Appointment]:
    """One appointment after the other, all day long and on the next."""
    for day in range(365):
        for minute in range(0, 24 * 60, GRID_MINUTES):
            yield Appointment.objects.create(
                patient=patient,
                doctor=doctor,
                date=TUESDAY + dt.timedelta(days=day),
                time=time_of(minute),
                duration_minutes=GRID_MINUTES,
                status=Status.CONFIRMED,
            )


def book_while(work: Callable[[], None], patient: Patient, doctor: Doctor) -> int:
    """How many appointments were made while ``work`` went on in another connection."""
    made, thread = 0, in_the_background(work)
    try:
        for _appointment in book_on(patient, doctor):
            made += 1
            if not thread.is_alive():
                break
    finally:
        thread.join()
    return made


@pytest.mark.usefixtures("_past", "_impatient")
def test_nobody_waits_for_pruning(ben: Patient, emil: Doctor) -> None:
    assert book_while(prune, ben, emil) > 1
    assert BusyTick.objects.filter(tick__lt=first_tick(TUESDAY)).count() == 0


@pytest.mark.usefixtures("_past", "_impatient")
def test_with_a_lock_on_all_of_it_the_wait_is_seen(ben: Patient, emil: Doctor) -> None:
    with pytest.raises(OperationalError, match="lock timeout"):
        book_while(prune_at_one_go, ben, emil)
