"""The command ``prune_ticks`` deletes 10,000 ticks without making concurrent bookings wait.

The bookings are made while the command holds all of its locks. PostgreSQL's ``lock_timeout`` turns
waiting for one of them into an error.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import islice
from threading import Event, Thread

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction

from clinic.models import Appointment, BusyTick, Doctor, Patient, Status
from clinic.slots import GRID_MINUTES, first_tick, time_of
from tests.support.booking import TUESDAY

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="lock_timeout is a PostgreSQL setting"
    ),
]

TICKS_A_DAY = 10_000
BOOKINGS = 20
WAIT_SECONDS = 120


def prune() -> None:
    call_command("prune_ticks", verbosity=0)


def prune_under_table_lock() -> None:
    """Negative control: prune while a lock on the table blocks all writes to it."""
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
def _lock_timeout() -> Iterator[None]:
    """Make statements of this connection fail that wait longer than 5 seconds for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
    yield
    connection.close()


@pytest.fixture
def _past(ann: Patient, dora: Doctor) -> None:
    """10,000 past ticks. They all belong to one appointment, to keep the set-up short."""
    appointment = next(book_on(ann, dora))
    BusyTick.objects.bulk_create(
        BusyTick(appointment=appointment, person=ann.user, tick=first_tick(TUESDAY) - 30_000 + n)
        for n in range(TICKS_A_DAY)
    )


def book_on(patient: Patient, doctor: Doctor) -> Iterator[Appointment]:
    """Yield 5-minute appointments, created one after the other, without end."""
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


def book_while(work: Callable[[], None], patient: Patient, doctor: Doctor) -> None:
    """Run ``work`` in another connection, and book before its transaction ends."""
    done, booked = Event(), Event()

    def work_and_wait() -> None:
        with transaction.atomic():
            work()
            done.set()
            booked.wait(WAIT_SECONDS)

    thread = in_the_background(work_and_wait)
    try:
        assert done.wait(WAIT_SECONDS)
        list(islice(book_on(patient, doctor), BOOKINGS))
    finally:
        booked.set()
        thread.join()


@pytest.mark.usefixtures("_past", "_lock_timeout")
def test_prune_ticks_does_not_block_bookings(ben: Patient, emil: Doctor) -> None:
    book_while(prune, ben, emil)
    assert BusyTick.objects.filter(tick__lt=first_tick(TUESDAY)).count() == 0
    assert Appointment.objects.filter(patient=ben).count() == BOOKINGS


@pytest.mark.usefixtures("_past", "_lock_timeout")
def test_lock_timeout_detects_pruning_under_table_lock(ben: Patient, emil: Doctor) -> None:
    with pytest.raises(OperationalError, match="lock timeout"):
        book_while(prune_under_table_lock, ben, emil)
