import datetime as dt

import pytest
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking import date_exceptions
from clinic.models import Appointment, Doctor, Patient
from tests.support.access_records import recorded_accesses
from tests.support.admin_client import AdminClient
from tests.support.booking import add_time_off, book_as_staff
from tests.support.fixtures.people import make_patient
from users.models import User

pytestmark = pytest.mark.django_db

LIST = "clinic/appointment/"
TUESDAY, WEDNESDAY, SATURDAY = (dt.date(2026, 3, day) for day in (3, 4, 7))
WHAT_TO_DO = (
    "The doctor does not work at these times. Reschedule or cancel each appointment, or leave it "
    "as it is if it takes place all the same."
)


@pytest.fixture
def appointments(
    clock: Traveller, sam: User, dora: Doctor, ann: Patient, ben: Patient
) -> list[Appointment]:
    """On a closure, in time off, and on a Saturday, all with Dora; and one inside her hours."""
    booked = [
        book_as_staff(sam, dora, ann, TUESDAY),
        book_as_staff(sam, dora, ann, WEDNESDAY),
        book_as_staff(sam, dora, ben, SATURDAY),
        book_as_staff(sam, dora, ben, dt.date(2026, 3, 5)),
    ]
    date_exceptions.add_closure(
        name="Staff outing", first_day=TUESDAY, last_day=TUESDAY, now=clinic_clock.now()
    )
    starts_at, ends_at = (dt.datetime(2026, 3, day, tzinfo=clinic_clock.zone()) for day in (4, 5))
    add_time_off(dora, starts_at=starts_at, ends_at=ends_at)
    return booked


def problems(admin: AdminClient, query: str) -> list[tuple[str, str]]:
    """Return date and problem of each listed appointment."""
    page = admin.open(f"{LIST}?{query}")
    return [
        (str(appointment.date), page.context["cl"].model_admin.problem(appointment))
        for appointment in page.context["cl"].result_list
    ]


CLOSED = ("2026-03-03", "The clinic is closed: Staff outing.")
OFF = ("2026-03-04", "The doctor has time off.")
OUTSIDE = ("2026-03-07", "Outside the doctor's hours.")


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("attention=any", [CLOSED, OFF, OUTSIDE]),
        ("attention=absence", [CLOSED, OFF]),
        ("attention=closure", [CLOSED]),
        ("attention=time_off", [OFF]),
        ("attention=hours", [OUTSIDE]),
        ("attention=any&q=ben", [OUTSIDE]),
        ("attention=closure&date__gte=2026-03-03&date__lte=2026-03-03", [CLOSED]),
        ("attention=closure&date__gte=2026-03-04&date__lte=2026-03-09", []),
    ],
)
def test_attention_filter_lists_appointments_with_their_problem(
    admin: AdminClient,
    appointments: list[Appointment],
    query: str,
    listed: list[tuple[str, str]],
) -> None:
    assert problems(admin, query) == listed


def test_attention_filter_says_what_to_do(
    admin: AdminClient, appointments: list[Appointment]
) -> None:
    filtered = admin.open(f"{LIST}?attention=any")
    assert [str(message) for message in filtered.context["messages"]] == [WHAT_TO_DO]
    assert WHAT_TO_DO in filtered.content.decode()
    everything = admin.open(LIST)
    assert list(everything.context["messages"]) == []


def test_attention_filter_adds_a_column(
    admin: AdminClient, appointments: list[Appointment]
) -> None:
    filtered = list(admin.open(f"{LIST}?attention=any").context["cl"].list_display)
    everything = list(admin.open(LIST).context["cl"].list_display)
    assert [name for name in filtered if name not in everything] == ["problem"]


def test_attention_filter_ignores_unknown_values(
    admin: AdminClient, appointments: list[Appointment]
) -> None:
    assert len(problems(admin, "attention=other")) == 4


def test_attention_filter_omits_past_and_cancelled_appointments(
    sam: User, appointments: list[Appointment], clock: Traveller
) -> None:
    clock.move_to(dt.datetime(2026, 3, 4, 7, tzinfo=dt.UTC))
    admin = AdminClient(sam)
    admin.run_action(LIST, "cancel", appointments[1], confirmed="1")
    assert problems(admin, "attention=any") == [OUTSIDE]


def test_attention_list_records_the_patients_it_shows(
    admin: AdminClient, appointments: list[Appointment]
) -> None:
    before = len(recorded_accesses())
    admin.open(f"{LIST}?attention=closure")
    [(actor, action, operation, patients, fields)] = recorded_accesses()[before:]
    assert (actor, action, operation, patients) == ("Sam", "read", "admin", "Ann")
    assert "Appointment.problem" in fields


@pytest.mark.parametrize("query", ["date__gte=2026-03-04&date__lte=2026-03-05"])
def test_appointment_list_accepts_a_range_of_dates(
    admin: AdminClient, appointments: list[Appointment], query: str
) -> None:
    page = admin.open(f"{LIST}?{query}")
    assert [str(row.date) for row in page.context["cl"].result_list] == ["2026-03-05", "2026-03-04"]


@pytest.mark.parametrize("number", [1, 8])
def test_attention_list_uses_a_constant_number_of_queries(
    admin: AdminClient,
    sam: User,
    dora: Doctor,
    emil: Doctor,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(number):
        patient = make_patient(f"Patient{'abcdefgh'[n]}")
        day = SATURDAY + dt.timedelta(weeks=n)
        book_as_staff(sam, dora, patient, day)
        book_as_staff(sam, emil, patient, day, dt.time(12))
    admin.open(f"{LIST}?attention=any")
    with django_assert_num_queries(15):
        assert len(problems(admin, "attention=any")) == 2 * number
