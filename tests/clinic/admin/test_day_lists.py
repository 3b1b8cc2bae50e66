"""The lists for the day: what each contains, the counts on the first page, and who sees them."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from django.utils.html import strip_tags
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking import date_exceptions
from clinic.booking.lapses import lapse_unanswered_requests
from clinic.models import Appointment, Doctor, Notification, Patient
from tests.support.access_records import recorded_accesses
from tests.support.admin_client import AdminClient, staff_with_permissions
from tests.support.booking import add_time_off, book_as_patient, book_as_staff, write
from tests.support.fixtures.people import make_patient, make_user
from users.models import User

pytestmark = pytest.mark.django_db

LIST = "clinic/appointment/"
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (dt.date(2026, 3, day) for day in (2, 3, 4, 5))
NOTHING = {
    "Waiting room": 0,
    "Requests to confirm": 0,
    "Requests that lapse today": 0,
    "During time off or a closure": 0,
    "Emails that failed": 0,
}
URLS = {
    "Waiting room": "/admin/clinic/appointment/?list=waiting",
    "Requests to confirm": "/admin/clinic/appointment/?list=requests",
    "Requests that lapse today": "/admin/clinic/appointment/?list=lapsing",
    "During time off or a closure": "/admin/clinic/appointment/?attention=absence",
    "Emails that failed": "/admin/clinic/notification/?state=failed",
}


def first_page(admin: AdminClient) -> Any:
    """Return the page to which staff are redirected: the calendar, or all records."""
    response: Any = admin.client.get("/admin/", follow=True)
    assert response.status_code == 200
    return response


def counts(admin: AdminClient) -> dict[str, int]:
    """Return the count of each list on the first page."""
    context = first_page(admin).context
    return {str(row.label): row.number for row in context["day_lists"]}


def listed(admin: AdminClient, url: str) -> list[int]:
    return [row.pk for row in admin.open(url.removeprefix("/admin/")).context["cl"].result_list]


def arrive(appointment: Appointment, hour: int, minute: int) -> None:
    at = dt.datetime(2026, 3, 2, hour, minute, tzinfo=clinic_clock.zone())
    write(appointment, status="confirmed", arrived_at=at)


def ask(patient: Patient, doctor: Doctor, date: dt.date, hour: int, days_ago: int) -> Appointment:
    """Make a request that has been pending for ``days_ago`` days."""
    request = book_as_patient(patient, doctor, date, dt.time(hour))
    write(request, pending_since=timezone.now() - dt.timedelta(days=days_ago))
    return request


@pytest.fixture
def lists(
    sam: User, dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> dict[str, list[int]]:
    """Rows for each list, as primary keys in the order of the list."""
    late, early, seen = (
        book_as_staff(sam, dora, ann, MONDAY, dt.time(9)),
        book_as_staff(sam, dora, ben, MONDAY, dt.time(10)),
        book_as_staff(sam, emil, ben, MONDAY, dt.time(11)),
    )
    arrive(late, 7, 50)
    arrive(early, 7, 40)
    arrive(seen, 7, 30)
    write(seen, status="completed")
    fresh = ask(ann, dora, THURSDAY, 9, 0)
    # Made on a Wednesday: Dora has worked on Thursday and on Friday, and the third day is today.
    due = ask(ben, dora, THURSDAY, 10, 5)
    ask(ben, dora, THURSDAY, 11, 4)
    closed = book_as_staff(sam, dora, ann, WEDNESDAY, dt.time(12))
    off = book_as_staff(sam, emil, ben, TUESDAY, dt.time(12))
    saturday = book_as_staff(sam, dora, ben, dt.date(2026, 3, 7), dt.time(12))
    date_exceptions.add_closure(
        name="Staff outing", first_day=WEDNESDAY, last_day=WEDNESDAY, now=clinic_clock.now()
    )
    starts_at, ends_at = (dt.datetime(2026, 3, day, tzinfo=clinic_clock.zone()) for day in (3, 4))
    add_time_off(emil, starts_at=starts_at, ends_at=ends_at)
    Notification.objects.all().delete()
    notification = Notification.objects.create(
        appointment=saturday,
        recipient=ben.user,
        kind="booked",
        failures=2,
        date=saturday.date,
        time=saturday.time,
        status="confirmed",
        sequence=0,
    )
    requests = Appointment.objects.filter(status="pending").order_by("date", "time")
    assert fresh.pk in [row.pk for row in requests]
    return {
        "Waiting room": [early.pk, late.pk],
        "Requests to confirm": [row.pk for row in requests],
        "Requests that lapse today": [due.pk],
        "During time off or a closure": [off.pk, closed.pk],
        "Emails that failed": [notification.pk],
    }


def test_first_page_links_to_each_list_with_its_count(
    admin: AdminClient, lists: dict[str, list[int]]
) -> None:
    assert counts(admin) == {name: len(rows) for name, rows in lists.items()}
    assert {name: listed(admin, url) for name, url in URLS.items()} == lists
    page = first_page(admin)
    assert {str(row.label): row.url for row in page.context["day_lists"]} == URLS
    bar = page.content.decode().split('<nav class="day-lists"')[1].split("</nav>")[0]
    assert " ".join(strip_tags(f"<nav{bar}").split()) == (
        "2 Waiting room 3 Requests to confirm 1 Requests that lapse today "
        "2 During time off or a closure 1 Emails that failed"
    )


def test_request_that_counts_as_lapsing_lapses_at_the_end_of_the_day(
    admin: AdminClient, lists: dict[str, list[int]], clock: Traveller
) -> None:
    clock.move_to(dt.datetime(2026, 3, 2, 23, 59, tzinfo=clinic_clock.zone()))
    assert lapse_unanswered_requests(clinic_clock.now()) == 0
    clock.move_to(dt.datetime(2026, 3, 3, 0, 0, tzinfo=clinic_clock.zone()))
    assert lapse_unanswered_requests(clinic_clock.now()) == 1
    [lapsed] = Appointment.objects.filter(status="cancelled")
    assert [lapsed.pk] == lists["Requests that lapse today"]


@pytest.mark.parametrize(
    ("permission", "names"),
    [
        ("view_appointment", [name for name in NOTHING if name != "Emails that failed"]),
        ("view_notification", ["Emails that failed"]),
        ("view_doctor", []),
    ],
)
def test_first_page_shows_the_lists_that_the_viewer_can_open(
    lists: dict[str, list[int]], permission: str, names: list[str]
) -> None:
    viewer = AdminClient(staff_with_permissions(make_user("Vic"), permission))
    assert counts(viewer) == {name: len(lists[name]) for name in names}
    assert ('class="day-lists"' in first_page(viewer).content.decode()) == bool(names)
    statuses = {name: viewer.client.get(url).status_code for name, url in URLS.items()}
    assert statuses == {name: 200 if name in names else 403 for name in URLS}


def test_counts_of_an_empty_day_are_zero(admin: AdminClient) -> None:
    assert counts(admin) == NOTHING


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("list=waiting", "Nobody is waiting."),
        ("list=requests", "All requests are answered."),
        ("list=lapsing", "No request lapses at the end of today."),
        ("attention=absence", "No appointment matches."),
        ("list=waiting&status__exact=pending", "No appointment matches."),
    ],
)
def test_empty_list_says_so(admin: AdminClient, query: str, text: str) -> None:
    page = admin.open(f"{LIST}?{query}")
    assert page.context["empty_text"] == text
    assert f'<p class="empty-list">{text}</p>' in page.content.decode()


def test_list_with_rows_has_no_text_for_an_empty_one(
    admin: AdminClient, lists: dict[str, list[int]]
) -> None:
    assert "empty_text" not in admin.open(f"{LIST}?list=waiting").context


def test_waiting_room_shows_how_long_each_patient_has_waited(
    admin: AdminClient, lists: dict[str, list[int]]
) -> None:
    context = admin.open(f"{LIST}?list=waiting").context
    model_admin = context["cl"].model_admin
    assert [model_admin.waiting(row) for row in context["cl"].result_list] == [
        "20 minutes",
        "10 minutes",
    ]
    assert "waiting" not in admin.open(LIST).context["cl"].list_display


def test_unknown_list_shows_all_appointments(
    admin: AdminClient, lists: dict[str, list[int]]
) -> None:
    page = admin.open(f"{LIST}?list=other")
    assert page.context["cl"].result_count == Appointment.objects.count()


def test_first_page_reads_no_record_and_a_list_is_recorded(
    admin: AdminClient, lists: dict[str, list[int]]
) -> None:
    before = len(recorded_accesses())
    first_page(admin)
    assert recorded_accesses()[before:] == []
    admin.open(f"{LIST}?list=waiting")
    [(actor, action, operation, patients, fields)] = recorded_accesses()[before:]
    assert (actor, action, operation, patients) == ("Sam", "read", "admin", "Ann Ben")
    assert "Appointment.waiting" in fields


@pytest.mark.parametrize("number", [1, 8])
def test_first_page_uses_a_constant_number_of_queries(
    admin: AdminClient,
    sam: User,
    dora: Doctor,
    emil: Doctor,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(number):
        patient = make_patient(f"Patient{'abcdefgh'[n]}")
        arrive(book_as_staff(sam, dora, patient, MONDAY, dt.time(9 + n // 2, n % 2 * 30)), 7, 30)
        ask(patient, dora, THURSDAY, 9 + n, 5)
        book_as_staff(sam, emil, patient, TUESDAY, dt.time(9 + n))
    starts_at, ends_at = (dt.datetime(2026, 3, day, tzinfo=clinic_clock.zone()) for day in (3, 4))
    add_time_off(emil, starts_at=starts_at, ends_at=ends_at)
    assert counts(admin) == NOTHING | {
        "Waiting room": number,
        "Requests to confirm": number,
        "Requests that lapse today": number,
        "During time off or a closure": number,
    }
    with django_assert_num_queries(14):
        admin.open("records/")
    with django_assert_num_queries(15):
        admin.open("clinic/appointment/calendar/")
